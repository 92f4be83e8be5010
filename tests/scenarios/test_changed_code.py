"""Code that changed since artifacts were made: what runs, what is said, and what can be asked."""

from __future__ import annotations

import json

import pytest

EXPERIMENT = """\
    from dataclasses import dataclass
    from counting import ran
    from curifactory import ExperimentParameters, Record, aggregate, stage
    from curifactory.caching import Cacheable, JsonCacher
    from src import data

    @dataclass
    class P(ExperimentParameters):
        lr: float = 0.5

    def get_params():
        return [P("low", lr=0.5), P("high", lr=2.0)]

    SETTING = None

    class TextCacher(Cacheable):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, extension=".txt", **kwargs)

        def save(self, obj):
            with open(self.get_path(), "w") as file:
                file.write(str(obj))

        def load(self):
            with open(self.get_path()) as file:
                return float(file.read())

    @stage(outputs=["rows"], cachers=[JsonCacher])
    def load(record):
        ran("load", record)
        return data.clean([1, None, 2])

    @stage(["rows"], ["scaled"])
    def scale(record, rows):
        ran("scale", record)
        return [row * record.params.lr for row in rows]

    @stage(["scaled"], ["total"], cachers=[TextCacher])
    def add(record, scaled):
        ran("add", record)
        return float(sum(scaled))

    @aggregate(["total"], ["best"], cachers=[JsonCacher])
    def best(record, records, total):
        ran("best", record)
        return max(total.values())

    def run(param_sets, manager):
        for params in param_sets:
            add(scale(load(Record(manager, params))))
        best(Record(manager, None))
    """
EVERYTHING = {
    **{f"{stage} {name}": 1 for stage in ("load", "scale", "add") for name in ("low", "high")},
    "best all": 1,
}


@pytest.fixture
def sums(project):
    """The experiment has run once."""
    project.write("src/__init__.py", "")
    project.write("src/deep.py", "FACTOR = 2\n\ndef grow(x):\n    return x * FACTOR\n")
    project.write(
        "src/data.py",
        "from src import deep\n\ndef clean(rows):\n"
        "    return [deep.grow(row) for row in rows if row is not None]\n",
    )
    project.write("experiments/sums.py", EXPERIMENT)
    project.succeed("sums")
    assert project.executed() == EVERYTHING
    return project


def edit(project, name, old, new):
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def ask(project, *arguments):
    return project.succeed(*arguments, program="curifactory")


def test_by_default_what_changed_is_said_and_artifacts_are_used(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    said = " ".join(sums.succeed("sums").split())
    assert sums.executed() == {}
    assert "grow() in src/deep.py:3 changed" in said
    assert "experiment sums --overwrite-stage load" in said
    assert "curifactory accept sums --stage load" in said


def test_if_asked_exactly_what_depends_on_it_runs(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == EVERYTHING
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {}


def test_a_comment_changes_nothing(sums):
    edit(sums, "src/deep.py", "def grow(x):", "# twice\n\ndef grow(x):  # here")
    said = sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {}
    assert "changed" not in said


def test_an_edit_with_an_equal_result_stops_there(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "FACTOR * x")
    sums.succeed("sums", "--on-code-change", "rerun")
    # `scale` has no cacher: when its turn comes nobody can know yet that `add` will not need it
    assert sums.executed() == {step: 1 for step in EVERYTHING if step[:4] in ("load", "scal")}
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {}
    # what is known to be equal counts even when the input is gone
    for path in sums.cache.glob("*_load_rows*"):
        path.unlink()
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {}


def test_code_of_a_stage_without_cacher_counts_for_what_reads_it(sums):
    edit(sums, "experiments/sums.py", "row * record.params.lr", "record.params.lr * row")
    told = ask(sums, "why", "sums", "add")
    assert "code of stage 'scale', which has a part in input 'scaled', changed" in told
    assert "+    return [record.params.lr * row for row in rows]" in told
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {"scale low": 1, "scale high": 1}


def test_code_of_a_projects_own_cacher_counts(sums):
    edit(sums, "experiments/sums.py", "file.write(str(obj))", "file.write(repr(obj))")
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {"scale low": 1, "scale high": 1, "add low": 1, "add high": 1}


def test_an_error_comes_before_anything_runs(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    done = sums.command("sums", "--on-code-change", "error")
    assert done.returncode == 1
    assert "stage 'load': grow() in src/deep.py:3" in done.stderr
    assert "Traceback" not in done.stderr
    assert sums.executed() == {}


def test_artifacts_without_recorded_code_are_unknown_and_not_changed(sums):
    from curifactory.store.metadata import parse, render

    for path in sums.cache.glob("*_metadata.json"):
        document = parse(path.read_bytes())
        document["recipe"]["code"] = None
        path.write_bytes(render(document))
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    sums.succeed("sums", "--on-code-change", "rerun")
    assert not any(step.startswith("load") for step in sums.executed())


def test_why_names_function_file_and_line_and_shows_the_diff(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    told = ask(sums, "why", "sums", "load", "-n", "low", "--on-code-change", "rerun")
    assert told.startswith("load of low would run: its code changed\n")
    assert "  code: its code changed: grow() in src/deep.py:3\n" in told
    assert "-    return x * FACTOR\n" in told
    assert "+    return x * FACTOR + 1\n" in told
    (sums.root / "sums").mkdir()
    assert ask(sums, "why", "sums", "load", "-n", "low", "--on-code-change", "rerun") == told
    path = next(sums.cache.glob("*_load_rows.json"))
    assert "grow() in src/deep.py:3" in ask(sums, "why", str(path))


def test_why_an_input_changed_names_where_it_begins(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    told = ask(sums, "why", "sums", "best", "--on-code-change", "rerun")
    assert "  because of load of low: its code changed: grow() in src/deep.py:3\n" in told
    assert "  because of load of high: " in told
    assert told.count("because of") == 2


def test_why_an_artifact_is_missing_names_the_nearest_one(sums):
    edit(sums, "experiments/sums.py", '"low", lr=0.5', '"low", lr=0.25')
    told = ask(sums, "why", "sums", "add", "-n", "low")
    assert "'total' is not in the cache" in told
    assert "parameter lr: 0.5 -> 0.25" in told


def test_an_accepted_edit_counts_as_no_change(sums):
    before = {path.name: path.read_bytes() for path in sums.cache.iterdir()}
    edit(sums, "src/deep.py", "x * FACTOR", "FACTOR * x")
    assert "2 steps would be accepted" in ask(sums, "accept", "sums", "--dry-run")
    ask(sums, "accept", "sums", "--sample", "1", "--yes")
    assert sums.executed() == {"load low": 1}
    assert {path.name: path.read_bytes() for path in sums.cache.iterdir()} == before
    assert "changed" not in sums.succeed("sums")
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == {}
    assert "grow() in src/deep.py:3 (accepted by " in ask(sums, "why", "sums", "load", "-n", "low")


def test_an_edit_that_makes_a_difference_is_not_accepted_by_a_sample(sums):
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    done = sums.command("accept", "sums", "--sample", "2", "--yes", program="curifactory")
    assert done.returncode == 1
    assert "gives another content for 'rows'" in done.stderr
    sums.executed()
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == EVERYTHING


def test_a_plan_can_be_asked_for_what_if(sums):
    plan = json.loads(ask(sums, "plan", "sums", "--if", "lr=3.5", "-n", "low", "--json"))
    assert {row["decision"] for row in plan["steps"]} == {"RUN"}
    # how long these stages take is known of other parameters
    assert plan["estimated_seconds"] > 0
    assert plan["totals"]["RUN"] == {"steps": len(plan["steps"]), "bytes": 0}
    plan = json.loads(ask(sums, "plan", "sums", "--if-changed", "src/deep.py", "--json"))
    kinds = {(row["stage"], row["kind"]) for row in plan["steps"]}
    assert ("load", "code") in kinds
    assert plan["estimated_seconds"] >= 0
    assert sums.executed() == {}
    assert sums.command("plan", "sums", "--check", program="curifactory").returncode == 0
    done = sums.command("plan", "sums", "--if", "rate=1", program="curifactory")
    assert (done.returncode, "no parameter 'rate'" in done.stderr) == (2, True)
    done = sums.command("plan", "sums", "--if", "lr=fast", program="curifactory")
    assert (done.returncode, "'fast' is no number" in done.stderr) == (2, True)
    # the artifacts of 2.0 are there, only not an aggregate over them alone
    plan = json.loads(ask(sums, "plan", "sums", "--if", "lr=2", "-n", "high", "--json"))
    assert {row["stage"] for row in plan["steps"] if row["decision"] == "RUN"} == {"best"}


def test_two_artifacts_and_two_stores_can_be_compared(sums):
    low, high = sorted(sums.cache.glob("*_add_total.txt"))
    told = ask(sums, "diff", str(low), str(high))
    assert "parameter lr:" in told
    sums.succeed("sums", "--store-full")
    edit(sums, "src/deep.py", "x * FACTOR", "x * FACTOR + 1")
    sums.succeed("sums", "--store-full", "--overwrite")
    first, second = sorted((sums.root / "data" / "runs").iterdir())
    told = ask(sums, "diff", str(first), str(second))
    assert told.startswith("rows of stage 'load' of record 'low")
    assert "grow() in src/deep.py:3" in told
    assert ask(sums, "diff", first.name, second.name) == told
    assert ask(sums, "diff", "sums_2", "latest") == told
    # one artifact with the same one of a run, of a store, and of the folder: even once it is gone
    told = ask(sums, "diff", str(low), "sums_2")
    assert told.startswith("total of stage 'add' of record '")
    assert "input 'scaled' has another content" in told
    assert ask(sums, "diff", str(low), str(first)) == told
    assert ask(sums, "diff", "latest", str(low)) == "No difference.\n"
    sums.succeed("cache", "rm", str(low), "--yes", program="curifactory")
    assert ask(sums, "diff", str(low), str(first)) == told
    done = sums.command("diff", str(high), "logs", program="curifactory")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    done = sums.command("diff", first.name, "nowhere", program="curifactory")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_runs_whose_parameters_differ_are_compared_by_the_names_of_the_sets(sums):
    edit(sums, "experiments/sums.py", '"low", lr=0.5', '"low", lr=0.25')
    edit(sums, "experiments/sums.py", '"high", lr=2.0)', '"high", lr=2.0), P("more", lr=9.0)')
    sums.succeed("sums")
    told = ask(sums, "diff", "sums_1", "latest")
    assert "  parameters: parameter lr: 0.5 -> 0.25\n" in told
    # that of the unchanged set was made by the first run, and used by the second
    assert "'high_" not in told.split("only in")[0]
    assert "only in latest: total of stage 'add' of record 'more_" in told
    done = sums.command("diff", "sums_1", "elsewhere", program="curifactory")
    assert (done.returncode, "There is no run 'elsewhere'" in done.stderr) == (2, True)


def test_artifacts_that_differ_although_made_from_the_same_are_told_apart(sums):
    text = "import random\n\ndef clean(rows):\n    return [random.random()]\n"
    sums.write("src/data.py", text)
    for folder in ("one", "other"):
        sums.succeed("sums", "-n", "low", "--cache", f"data/{folder}")
    told = ask(sums, "diff", "data/one", "data/other")
    first = told.splitlines()[:2]
    assert first[0].startswith("rows of stage 'load' of record 'low_")
    assert "the stage does not repeat itself" in first[1]


def test_a_global_that_run_sets_counts_by_value(sums):
    edit(sums, "experiments/sums.py", "data.clean([1, None, 2])", "data.clean([1, SETTING, 2])")
    edit(
        sums,
        "experiments/sums.py",
        "def run(param_sets, manager):\n",
        "def run(param_sets, manager):\n    global SETTING\n    SETTING = 7\n",
    )
    sums.succeed("sums", "--on-code-change", "rerun")
    sums.executed()
    edit(sums, "experiments/sums.py", "    SETTING = 7\n", "    SETTING = 8\n")
    assert "variable 'SETTING'" in sums.succeed("sums")
    assert sums.executed() == {}
    sums.succeed("sums", "--on-code-change", "rerun")
    assert sums.executed() == EVERYTHING


def test_a_manager_shows_the_plan_of_its_run(lab):
    from curifactory import Record, stage
    from curifactory.caching import JsonCacher

    @stage(outputs=["<b>"], cachers=[JsonCacher])
    def make(record):
        return record.params.size

    seen = []

    def run(param_sets, manager):
        seen.append(manager.plan())
        for params in param_sets:
            make(Record(manager, params))

    lab.run(run, lab.Params("one"))
    assert lab.manager().plan() is None
    plan = seen[1]
    assert repr(plan).startswith("RUN   one  make  (")
    assert "1 to run, 0 from cache" in repr(plan)
    assert plan.steps[0].kind == "missing"
    assert "<td>RUN</td>" in plan._repr_html_()
    assert "<b>" not in plan._repr_html_()


def test_a_record_shows_itself_in_a_notebook(lab):
    from curifactory import Record

    record = Record(lab.manager(), lab.Params("<i>"))
    record.state["number"] = 1
    shown = record._repr_html_()
    assert record.get_hash() in shown
    assert "<td>number</td>" in shown
    assert "<i>" not in shown
