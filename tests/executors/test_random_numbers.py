"""Random numbers in other processes: the same as in one, or the stage stays where they are."""

from __future__ import annotations

import json

import pytest

EXPERIMENT = """\
    import os
    import random

    from counting import ran
    from curifactory import ExperimentParameters, Record, aggregate, stage
    from curifactory.caching import JsonCacher
    from experiments import helper

    @stage(outputs=["drawn"])
    def draw(record):
        ran("draw", record)
        import numpy
        return [random.random(), float(numpy.random.rand())]

    @stage(["drawn"], ["kept"], [JsonCacher])
    def keep(record, drawn):
        ran("keep", record)
        return [*drawn, random.random() if os.environ.get("KEEP_DRAWS") else None]

    @aggregate(["kept"], ["all"], [JsonCacher])
    def gather(record, records, kept):
        ran("gather", record)
        return {one.params.name: value for one, value in kept.items()}

    def get_params():
        return [ExperimentParameters(f"p{n}", hash=f"hash{n}") for n in range(3)]

    def run(param_sets, manager):
        for params in param_sets:
            if os.environ.get("RUN_SEEDS"):
                random.seed(params.name)
                import numpy
                numpy.random.seed(3)
            record = draw(Record(manager, params))
            if os.environ.get("RUN_SEEDS_LATER"):
                random.seed(3)
            keep(record)
        gather(Record(manager, None))
    """

LOCAL = """\
    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher
    from experiments import helper

    def get_params():
        return [ExperimentParameters(f"p{n}", hash=f"hash{n}") for n in range(3)]

    def run(param_sets, manager):
        for number, params in enumerate(param_sets):
            helper.FACTOR = 10 * number

            @stage(outputs=["scaled"], cachers=[JsonCacher])
            def scale(record):
                ran("scale", record)
                return [number, helper.scaled(1)]

            scale(Record(manager, params))
    """


@pytest.fixture
def drawing(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/helper.py", "FACTOR = 1\ndef scaled(x):\n    return FACTOR * x\n")
    project.write("experiments/drawing.py", EXPERIMENT)
    project.write("experiments/local.py", LOCAL)
    return project


def made(project) -> dict[str, object]:
    """What was made, with the seed and how random numbers came into it; nothing is left."""
    found = {}
    for path in sorted(project.cache.glob("*_metadata.json")):
        metadata = json.loads(path.read_text())
        artifact = path.with_name(path.name.replace("_metadata", ""))
        facts = (json.loads(artifact.read_text()), metadata["seed"], metadata["recipe"]["random"])
        found[f"{metadata['artifact_name']} {metadata['params_name']}"] = facts
        path.unlink(), artifact.unlink()
    assert len(found) > 2
    return found


def test_seeded_stages_draw_the_same_in_any_process(drawing):
    drawing.succeed("drawing", "--seed", "step")
    alone = made(drawing)
    said = drawing.succeed("drawing", "--seed", "step", "--parallel", "2", RUN_SEEDS="1")
    assert "note" not in said
    assert made(drawing) == alone
    assert {random for _, _, random in alone.values()} == {"step"}


def test_where_run_seeds_stages_stay_and_one_notice_says_why(drawing):
    drawing.succeed("drawing", RUN_SEEDS="1", KEEP_DRAWS="1")
    alone = made(drawing)
    said = drawing.succeed("drawing", "--parallel", "2", RUN_SEEDS="1", KEEP_DRAWS="1")
    assert made(drawing) == alone
    assert "`run` used or seeded the global random generator of random" in " ".join(said.split())


def test_what_workers_drew_without_a_seed_is_made_anew_once_stages_are_seeded(drawing):
    drawing.succeed("drawing", "--parallel", "2")
    drawing.executed()
    drawing.succeed("drawing", "--parallel", "2", "--seed", "step")
    again = drawing.executed()
    assert again == {f"{name} p{n}": 1 for name in ("draw", "keep") for n in range(3)} | {
        "gather all": 1
    }
    assert {random for _, _, random in made(drawing).values()} == {"step"}


def test_what_is_made_here_of_what_a_worker_drew_is_unseeded_too(drawing):
    """`run` seeds between the two, so only the first stage goes to a worker."""
    said = drawing.succeed("drawing", "-n", "p0", "--parallel", "2", RUN_SEEDS_LATER="1")
    assert "`run` used or seeded" in " ".join(said.split())
    path = drawing.file("keep_kept_metadata.json")
    assert json.loads(path.read_text())["recipe"]["random"] == "unseeded"


def test_a_stage_that_is_pickled_sees_the_globals_of_functions_that_it_calls(drawing):
    drawing.succeed("local")
    alone = made(drawing)
    drawing.succeed("local", "--parallel", "2")
    assert made(drawing) == alone
    assert [value for value, _, _ in alone.values()] == [[0, 0], [1, 10], [2, 20]]
