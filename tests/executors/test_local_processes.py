"""Processes on this machine: what they make, and how a run with them ends."""

from __future__ import annotations

import json
import signal

from executors.waiting import until_executed

ALL_ONCE = {
    "load shared": 1,
    **{f"{stage} p{n}": 1 for stage in ("prepare", "finish", "look") for n in range(4)},
    "gather all": 1,
}


def artifacts(project):
    return {
        path.name: path.read_bytes()
        for path in project.cache.iterdir()
        if not path.name.endswith("_metadata.json")
    }


def test_each_step_runs_once_and_sees_globals_and_environment_of_its_call(chains):
    chains.succeed("chains")
    assert chains.executed() == ALL_ONCE
    alone = artifacts(chains)
    for path in chains.cache.iterdir():
        path.unlink()

    said = chains.succeed("chains", "--parallel", "2")

    assert chains.executed() == ALL_ONCE
    assert "14 executed, 0 from cache, 0 skipped" in said
    assert "note" not in said
    assert artifacts(chains) == alone
    assert json.loads(chains.file("_gather_all.json").read_text()) == {
        f"p{n}": [7, n, 10 * n, f"p{n}", 700] for n in range(4)
    }
    assert [path.name for path in chains.cache.glob(".*")] == []


def test_a_failure_stops_what_depends_on_it_and_nothing_else(chains):
    done = chains.command("chains", "--parallel", "2", BREAK="p1")

    assert done.returncode == 1
    executed = chains.executed()
    assert executed["finish p1"] == 1
    assert {name for name in ALL_ONCE if name not in executed} == {"look p1", "gather all"}
    assert "ValueError: p1 is broken" in done.stderr
    assert "experiments/chains.py" in done.stderr
    assert "of record 'p1_" in done.stderr
    assert len(list(chains.cache.glob("*_finish_end.json"))) == 3


def test_the_first_failure_ends_the_run_if_asked(chains):
    done = chains.command("chains", "--parallel", "2", "--fail-fast", BREAK="p0")
    assert done.returncode == 1
    assert "ValueError: p0 is broken" in done.stderr
    assert "gather all" not in chains.executed()


def test_a_worker_that_dies_is_tried_elsewhere_once_and_reported_as_what_it_was(chains):
    done = chains.command("chains", "--parallel", "2", KILL="p2")

    assert done.returncode == 1
    executed = chains.executed()
    assert executed["finish p2"] == 2
    assert {name for name in ALL_ONCE if name not in executed} == {"look p2", "gather all"}
    assert "SIGKILL" in done.stderr
    assert "'finish' of record 'p2'" in done.stderr or "'prepare' of record 'p2'" in done.stderr


def test_a_module_that_workers_cannot_import_is_named_with_the_places(chains):
    chains.write(
        "experiments/ghost.py",
        """\
        import sys, types
        from curifactory import ExperimentParameters, Record
        ghost = sys.modules["ghost"] = types.ModuleType("ghost")
        exec(
            "from curifactory import stage\\n"
            "@stage(outputs=['x'])\\n"
            "def haunt(record): return 1\\n",
            vars(ghost),
        )

        def get_params():
            return [ExperimentParameters("p")]

        def run(param_sets, manager):
            ghost.haunt(Record(manager, param_sets[0]))
        """,
    )
    done = chains.command("ghost", "--parallel", "2")
    assert done.returncode == 1
    assert "cannot import module 'ghost'" in done.stderr
    assert f"it looked in {chains.root}" in done.stderr


def test_an_interrupt_ends_the_workers_and_keeps_what_is_finished(chains):
    process = chains.start("chains", "--parallel", "2", HANG="p3")
    until_executed(chains, "finish p3", process)
    process.send_signal(signal.SIGINT)
    # the stage takes an hour; how soon the rest of the run is over depends on the machine
    process.communicate(timeout=300)

    assert process.returncode == 130
    assert len(list(chains.cache.glob("*_load_base.json"))) == 1
    assert list(chains.cache.glob("*_finish_end.json")) != []
    assert [path.name for path in chains.cache.glob(".*")] == []


def test_two_runs_with_workers_at_the_same_time_compute_each_artifact_once(chains):
    runs = [chains.start("chains", "--parallel", "2") for _ in range(2)]
    for process in runs:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
    kept = {name: count for name, count in chains.executed().items() if "prepare" not in name}
    # what no cacher keeps is made by each run for itself
    assert {name for name, count in kept.items() if count > 1} <= {f"look p{n}" for n in range(4)}


def test_a_script_without_a_guard_is_executed_once(chains):
    chains.write(
        "script.py",
        """\
        from curifactory.experiment import run_experiment
        print("executed")
        result, manager = run_experiment("chains", parallel=2, quiet=True)
        print(manager.journal.counts()["RUN"])
        """,
    )
    said = chains.succeed("script.py", program="python")
    assert said.split() == ["executed", "14"]


def test_lazy_outputs_do_not_pile_up_in_a_worker(project):
    project.write("experiments/__init__.py", "")
    project.write(
        "experiments/large.py",
        """\
        import resource
        from curifactory import ExperimentParameters, Lazy, Record, stage
        from curifactory.caching import JsonCacher, PickleCacher

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

        BEFORE, SIZE = peak(), 48_000_000

        @stage(outputs=[Lazy("blob")], cachers=[PickleCacher])
        def make(record):
            return bytes(SIZE)

        @stage(["blob"], ["used"], [JsonCacher])
        def measure(record, blob):
            return (peak() - BEFORE) / len(blob)

        def get_params():
            return [ExperimentParameters(f"p{n}", hash=f"hash{n}") for n in range(6)]

        def run(param_sets, manager):
            for params in param_sets:
                measure(make(Record(manager, params)))
        """,
    )
    project.succeed("large", "--parallel", "2")
    used = [json.loads(path.read_text()) for path in project.cache.glob("*_measure_used.json")]
    assert len(used) == 6
    assert max(used) < 2
