"""``seed = "step"``: each stage has its own random numbers, whatever ran before it."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys

import numpy
import pytest

from curifactory import Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.errors import ConfigurationError
from curifactory.experiment.passes import plan
from curifactory.running import generators
from curifactory.running.seeding import RandomCall, seed_from


@pytest.fixture(autouse=True)
def _generators_put_back():
    states = generators.states()
    yield
    generators.put_back(states)


@pytest.fixture
def seeded(lab):
    (lab.root / "curifactory_config.json").write_text('{"seed": "step"}')
    return lab


@stage(outputs=["drawn"], cachers=[JsonCacher])
def draw(record):
    record.manager.lab.ran(record)
    return [random.random(), float(numpy.random.rand())]


@stage(["drawn"], ["sums"], [JsonCacher])
def add(record, drawn):
    record.manager.lab.ran(record)
    return sum(drawn) + random.random()


@aggregate(["sums"], ["all_sums"], [JsonCacher])
def collect(record, records, sums):
    record.manager.lab.ran(record)
    return sorted([*sums.values(), random.random()])


def experiment(lab, between=lambda: None):
    """Draws, adds, collects; `between` is done before each call."""

    def run(param_sets, manager):
        manager.lab = lab
        records = [Record(manager, params) for params in param_sets]
        for made in (draw, add):
            for record in records:
                between()
                made(record)
        between()
        total = collect(Record(manager, None), records)
        return [record.state["drawn"] for record in records], total.state["all_sums"]

    return run


def sets(lab):
    return [lab.Params(f"size {size}", size=size) for size in range(3)]


def test_artifacts_are_equal_in_any_order_and_whatever_was_drawn_before(seeded, mode):
    found = []
    for order in itertools.permutations(sets(seeded)):
        drawn, total = seeded.run(experiment(seeded, random.random), *order, mode=mode)
        found.append((sorted(drawn), total))
        seeded.run(experiment(seeded), *order, mode=mode, overwrite=True)
    assert all(one == found[0] for one in found)
    first, *others = found[0][0]
    assert first not in others


def test_artifacts_are_equal_whether_stages_before_were_loaded_or_run(seeded, mode):
    run, all_sets = experiment(seeded), sets(seeded)
    first = seeded.run(run, *all_sets, mode=mode)
    for name in ("draw_drawn.json", "add_sums.json", "collect_all_sums.json"):
        for path in list(seeded.cache.glob(f"*{name}")):
            path.unlink()
            seeded.executed()
            assert seeded.run(run, *all_sets, mode=mode) == first
            # a plan leaves out what nobody needs
            assert seeded.executed() or mode == "plan"


def test_the_generators_are_as_if_no_stage_had_run(seeded, mode):
    def run(param_sets, manager):
        random.seed(1), numpy.random.seed(1)
        experiment(seeded)(param_sets, manager)
        return random.random(), numpy.random.rand()

    found = [seeded.run(run, *sets(seeded), mode=mode) for _ in range(2)]
    random.seed(1), numpy.random.seed(1)
    assert found == [(random.random(), numpy.random.rand())] * 2


def test_a_stage_that_raises_leaves_the_generators_as_they_were(seeded, mode):
    @stage(outputs=["never"], cachers=[JsonCacher])
    def fail(record):
        random.random()
        raise ValueError("no")

    states = generators.states()
    with pytest.raises(ValueError, match="no"):
        seeded.run(lambda s, m: fail(Record(m, *s)), seeded.Params("one"), mode=mode)
    assert generators.changed_since(states) == ()


def test_a_nested_stage_has_its_own_numbers_and_disturbs_none(seeded):
    """Whether the inner stage runs or is loaded, the outer one goes on with the same numbers."""

    @stage(outputs=["outer"], cachers=[JsonCacher])
    def outer(record):
        first = random.random()
        inner = Record(record.manager, seeded.Params("inner", size=9), hide=True)
        return [first, draw(inner).state["drawn"], random.random()]

    def run(param_sets, manager):
        manager.lab = seeded
        return outer(Record(manager, *param_sets)).state["outer"]

    both_run = seeded.run(run, seeded.Params("one"))
    seeded.file("outer_outer.json").unlink()
    assert seeded.run(run, seeded.Params("one")) == both_run
    assert seeded.executed() == {"draw inner": 1}


def test_the_seed_is_in_the_metadata_and_makes_the_same_by_hand(seeded, mode):
    seeded.run(experiment(seeded), seeded.Params("one"), mode=mode)
    path = seeded.file("draw_drawn.json")
    metadata = json.loads(path.with_name(path.stem + "_metadata.json").read_text())
    seed = metadata["seed"]
    assert seed == seed_from("lab", metadata["params_hash"], "draw")
    random.seed(seed), numpy.random.seed(seed)
    assert json.loads(path.read_text()) == [random.random(), numpy.random.rand()]


def test_seeds_depend_on_experiment_parameters_and_stage():
    seeds = [seed_from(e, h, s) for e in "ab" for h in ("a", "b", None) for s in "ab"]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_seeds_stay_as_they_are_in_every_version_and_process():
    assert seed_from("tides", "e5d931a2432c42a82499001754c71743", "measure") == 1860156595


def test_a_file_without_parameters_in_its_name_has_none_in_its_seed(seeded, mode):
    @stage(outputs=["table"], cachers=[JsonCacher(str(seeded.root / "table.json"))])
    def tabulate(record):
        return random.random()

    def run(param_sets, manager):
        return [tabulate(Record(manager, params)).state["table"] for params in param_sets]

    one = seeded.run(run, *sets(seeded), mode=mode)
    (seeded.root / "table.json").unlink()
    assert seeded.run(run, *reversed(sets(seeded)), mode=mode) == one


def test_saving_draws_from_the_stages_numbers_too(seeded):
    class Noisy(JsonCacher):
        def save(self, obj):
            super().save([obj, random.random()])

    @stage(outputs=["noisy"], cachers=[Noisy])
    def make(record):
        return random.random()

    def run(param_sets, manager):
        random.random()
        make(Record(manager, *param_sets))
        return json.loads(seeded.file("noisy.json").read_text()) if not manager.map_mode else None

    first = seeded.run(run, seeded.Params("one"), mode="no plan")
    assert seeded.run(run, seeded.Params("one"), mode="no plan", overwrite=True) == first


def test_a_dry_run_draws_the_same(seeded, mode):
    dry = seeded.run(experiment(seeded), *sets(seeded), mode=mode, dry=True)
    assert seeded.run(experiment(seeded), *sets(seeded), mode=mode) == dry


# ------------------------------------------------------- generators of one's own


@stage(outputs=["own"], cachers=[PickleCacher])
def with_own(record):
    return numpy.random.default_rng(record.get_seed()).random()


@stage(outputs=["seed"], cachers=[JsonCacher])
def tell_seed(record):
    return record.get_seed()


@pytest.mark.parametrize("setting", ["off", "step"])
def test_a_stage_can_ask_for_its_seed_in_any_case(lab, mode, setting):
    record = lab.run(
        lambda s, m: tell_seed(Record(m, *s)), lab.Params("one"), mode=mode, seed=setting
    )
    assert record.state["seed"] == seed_from("lab", record.get_hash(), "tell_seed")
    assert record.get_seed() == record.state["seed"]


# ------------------------------------------------------------ switching it on


def test_only_what_unseeded_numbers_have_a_part_in_runs_when_seeding_is_switched_on(lab, mode):
    @stage(outputs=["plain"], cachers=[JsonCacher])
    def plain(record):
        lab.ran(record)
        return record.params.size

    @stage(["plain", "sums"], ["both"], [JsonCacher])
    def both(record, plain, sums):
        lab.ran(record)
        return 1

    def run(param_sets, manager):
        manager.lab = lab
        for params in param_sets:
            both(plain(add(draw(Record(manager, params)))))

    def runs(**options):
        lab.run(run, lab.Params("one"), mode=mode, **options)
        return sorted(lab.executed())

    assert runs() == ["add one", "both one", "draw one", "plain one"]
    assert runs() == []
    assert runs(seed="step") == ["add one", "both one", "draw one"]
    assert runs(seed="step") == []
    assert runs() == []


def test_what_is_made_from_an_unseeded_value_counts_although_that_value_is_gone(lab):
    @stage(outputs=["value"])
    def uncached(record):
        lab.ran(record)
        return random.random()

    @stage(["value"], ["kept"], [JsonCacher])
    def keep(record, value):
        lab.ran(record)
        return value

    def runs(**options):
        lab.run(lambda s, m: keep(uncached(Record(m, *s))), lab.Params("one"), **options)
        return sorted(lab.executed())

    assert "keep one" in runs()
    assert "keep one" not in runs()
    assert "keep one" in runs(seed="step")
    assert "keep one" not in runs(seed="step")


def test_what_is_made_from_a_loaded_unseeded_value_is_unseeded_too(lab, mode):
    @stage(["drawn"], ["kept"], [JsonCacher])
    def keep(record, drawn):
        return drawn

    def run(param_sets, manager):
        manager.lab = lab
        keep(draw(Record(manager, *param_sets)))

    for _ in range(2):
        lab.run(run, lab.Params("one"), mode=mode)
        path = lab.file("kept_metadata.json")
        assert json.loads(path.read_text())["recipe"]["random"] == "unseeded"
        path.unlink()
    assert lab.executed() == {"draw one": 1}


def test_the_reason_is_said(lab):
    lab.run(experiment(lab), lab.Params("one"))
    manager = lab.manager("plan", seed="step")
    plan(experiment(lab), [lab.Params("one")], manager)
    entry = manager.session.plan.entries[0]
    assert entry.planned.decision.reason.kind == "seed"
    assert "random numbers that nobody seeded" in str(entry.planned.decision.reason)


def test_metadata_says_how_random_numbers_came_into_it(lab, mode):
    def found():
        paths = [lab.file(f"{name}_metadata.json") for name in ("drawn", "sums", "own")]
        return [json.loads(path.read_text())["recipe"]["random"] for path in paths]

    def run(param_sets, manager):
        manager.lab = lab
        with_own(add(draw(Record(manager, *param_sets))))

    lab.run(run, lab.Params("one"), mode=mode)
    assert found() == ["unseeded", "unseeded", None]
    lab.run(run, lab.Params("one"), mode=mode, seed="step", overwrite=True)
    assert found() == ["step", "step", "step"]


def test_without_it_stages_draw_from_the_common_generators(lab, mode):
    def run(param_sets, manager):
        manager.lab = lab
        random.seed(1)
        draw(Record(manager, *param_sets))
        return random.random()

    after = lab.run(run, lab.Params("one"), mode=mode)
    random.seed(1)
    random.random()
    assert after == random.random()


# --------------------------------------------------- libraries imported only then

IMPORTS_INSIDE = """\
    import sys
    from curifactory import ArtifactManager, ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @stage(outputs=["drawn"], cachers=[JsonCacher])
    def draw(record):
        import numpy as np
        assert type(np.__spec__.loader) is type(np.__loader__), np.__spec__
        return float(np.random.rand())

    @stage(outputs=["indirect"], cachers=[JsonCacher])
    def draw_indirectly(record):
        from library import uniform
        return uniform()

    manager = ArtifactManager("inside", dry=True)
    manager.seed = "step"
    assert "numpy" not in sys.modules
    finders = list(sys.meta_path)
    for name in sys.argv[1:]:
        function = draw if name.startswith("direct") else draw_indirectly
        record = function(Record(manager, ExperimentParameters(name, hash=name)))
        print(name, record.output)
    assert sys.meta_path == finders
    import numpy
    print("free", numpy.random.rand())
    """


def test_numpy_is_seeded_if_the_stage_is_the_first_to_import_it(project):
    project.write("script.py", IMPORTS_INSIDE)
    project.write("library.py", "import numpy\ndef uniform(): return float(numpy.random.rand())\n")

    def run(*names):
        done = subprocess.run(
            [sys.executable, "script.py", *names], cwd=project.root, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return dict(line.split() for line in done.stdout.splitlines())

    one, other, third = run("direct", "indirect"), run("indirect", "direct"), run("direct")
    assert one["direct"] == other["direct"] == third["direct"] != one["indirect"]
    assert one["indirect"] == other["indirect"]
    numpy.random.seed(seed_from("inside", "direct", "draw"))
    assert float(one["direct"]) == numpy.random.rand()
    # what was seeded for the stage is not what comes after it
    assert len({one["free"], other["free"], third["free"]}) == 3


def test_another_bit_generator_is_seeded_and_put_back():
    before = numpy.random.get_bit_generator()
    numpy.random.set_bit_generator(numpy.random.PCG64(1))
    try:
        states, found = generators.states(), []
        for _ in range(2):
            with RandomCall(3) as call:
                call.begin()
                found.append(numpy.random.rand())
            assert generators.changed_since(states) == ()
            numpy.random.rand()
            states = generators.states()
        assert found[0] == found[1]
    finally:
        numpy.random.set_bit_generator(before)


# ------------------------------------------------------------------- settings


@pytest.mark.parametrize("value", ["Step", "42", 42, True, None])
def test_another_value_is_an_error_that_says_which_there_are(lab, value):
    with pytest.raises(ConfigurationError, match="must be one of off, step"):
        lab.manager().seed = value


def test_it_can_be_asked_for_on_the_command_line_and_in_the_environment(project):
    project.write(
        "experiments/drawing.py",
        """\
        import random
        from curifactory import ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher

        @stage(outputs=["drawn"], cachers=[JsonCacher])
        def draw(record):
            return random.random()

        def get_params():
            return [ExperimentParameters("one")]

        def run(param_sets, manager):
            draw(Record(manager, param_sets[0]))
        """,
    )
    project.succeed("drawing", "--seed", "step")
    first = project.file("draw_drawn.json").read_text()
    project.succeed("drawing", "--overwrite", CURIFACTORY_SEED="step")
    assert project.file("draw_drawn.json").read_text() == first
    project.succeed("drawing", "--overwrite")
    assert project.file("draw_drawn.json").read_text() != first
    assert "RUN" in project.succeed("plan", "drawing", "--seed", "step", program="curifactory")
    text = project.succeed("why", "drawing", "--seed", "step", program="curifactory")
    assert "seed: it was made with random numbers that nobody seeded" in text
    refused = project.command("drawing", "--seed", "42")
    assert refused.returncode == 2
    assert "'42' is not one of 'off', 'step'" in refused.stderr
