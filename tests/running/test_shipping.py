"""A step sees in another process what it would see here: in processes that import all anew."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from textwrap import dedent

import pytest

from curifactory.experiment.passes import plan
from curifactory.running.unpacking import differing_here, unpacked

PROJECT = """\
    import os
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher
    import {name}_tools as tools

    SETTING = None
    TABLE = {{"rate": 1}}
    MEMO = {{}}

    class Options:
        depth = 1

    @stage(outputs=["seen"], cachers=[JsonCacher])
    def see(record):
        MEMO[record.params.size] = True
        return [SETTING, TABLE["rate"], Options.depth, tools.scaled(1), os.environ.get("SIZE")]

    def run_local(param_sets, manager):
        global SETTING
        for one in param_sets:
            SETTING, size = one.size + 1, [one.size]

            @stage(outputs=["seen"], cachers=[JsonCacher])
            def see_local(record):
                return [size[0], SETTING]

            see_local(Record(manager, one))
            size[0] = SETTING = None
    """
TOOLS = "FACTOR = 10\ndef scaled(x):\n    return FACTOR * x\n"


def look(shipment: bytes, module: str) -> tuple:
    """In another process: what the stage sees before, with, and after what was sent along."""
    shipped = pickle.loads(shipment)
    imported = importlib.import_module(module)

    class Record:
        class params:
            size = 0

    function = pickle.loads(shipped.function) if shipped.function else imported.see.__wrapped__
    if shipped.function:
        with unpacked(shipped):
            return function(Record)
    before = function(Record)
    with unpacked(shipped):
        seen = function(Record)
    return before, seen, function(Record), sorted(differing_here(shipped.variables))


def import_from(folder: str) -> None:
    sys.path.insert(0, folder)


@pytest.fixture(scope="module")
def elsewhere():
    """A process that was started anew and imports what it needs by itself."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def module(lab, monkeypatch, request, elsewhere):
    """A project's module, imported here; the other process can import it, too."""
    name = "shipped_" + request.node.name.split("[")[0]
    (lab.root / f"{name}.py").write_text(dedent(PROJECT.format(name=name)))
    (lab.root / f"{name}_tools.py").write_text(TOOLS)
    monkeypatch.syspath_prepend(str(lab.root))
    elsewhere.submit(import_from, str(lab.root)).result()
    yield importlib.import_module(name)
    sys.modules.pop(name), sys.modules.pop(name + "_tools")


def shipments(lab, run, *param_sets):
    """What goes along with each step of a plan."""
    manager = lab.manager("plan")
    manager.session.ships_steps = True
    plan(run, list(param_sets), manager)
    assert manager.session.plan.ended_early is None
    return [entry.step.shipment for entry in manager.session.plan.entries]


def params(lab):
    return [lab.Params(f"size {size}", size=size) for size in (2, 3)]


def test_each_step_sees_what_run_had_set_at_its_call_and_nothing_stays(lab, module, elsewhere):
    def run(param_sets, manager):
        for one in param_sets:
            module.SETTING = [one.size]
            module.TABLE["rate"] = one.size / 2
            module.Options.depth = one.size + 1
            module.tools.FACTOR = -one.size
            os.environ["SIZE"] = str(one.size)
            module.see(module.Record(manager, one))

    found = shipments(lab, run, *params(lab))
    fresh = [None, 1, 1, 10, None]
    for size, shipment in zip((2, 3), found, strict=True):
        assert shipment.cause_to_stay(seeded=False) is None
        before, seen, after, differing = elsewhere.submit(
            look, pickle.dumps(shipment), module.__name__
        ).result()
        assert (before, after) == (fresh, fresh)
        assert seen == [[size], size / 2, size + 1, -size, str(size)]
        tools = module.tools.__name__
        names = ["Options.depth", "SETTING", "TABLE"]
        assert differing == [*((module.__name__, name) for name in names), (tools, "FACTOR")]


def test_what_is_as_it_was_imported_is_not_sent(lab, module):
    def run(param_sets, manager):
        module.see(module.Record(manager, param_sets[0]))

    (shipment,) = shipments(lab, run, *params(lab)[:1])
    assert (shipment.variables, shipment.function) == ({}, None)


def test_equal_values_are_pickled_once(lab, module):
    def run(param_sets, manager):
        module.SETTING = ["same"]
        for one in param_sets:
            module.see(module.Record(manager, one))

    one, other = shipments(lab, run, *params(lab))
    (packed,) = one.variables.values()
    assert list(other.variables.values()) == [packed]
    assert next(iter(other.variables.values())) is packed


def test_what_cannot_be_pickled_is_an_obstacle_that_is_named(lab, module):
    def run(param_sets, manager):
        module.SETTING = threading.Lock()
        module.see(module.Record(manager, param_sets[0]))

    (shipment,) = shipments(lab, run, *params(lab)[:1])
    cause = shipment.cause_to_stay(seeded=True)
    assert f"the value of {module.__name__}.SETTING cannot be sent to another process (" in cause


def test_a_local_stage_goes_with_what_it_closes_over_at_its_call(lab, module, elsewhere):
    found = shipments(lab, module.run_local, *params(lab))
    seen = [elsewhere.submit(look, pickle.dumps(one), module.__name__).result() for one in found]
    assert seen == [[2, 3], [3, 4]]


def test_a_local_stage_that_closes_over_the_manager_stays(lab, module):
    def run(param_sets, manager):
        @module.stage(outputs=["seen"], cachers=[module.JsonCacher])
        def see(record):
            return manager.experiment_name

        see(module.Record(manager, param_sets[0]))

    (shipment,) = shipments(lab, run, *params(lab)[:1])
    assert "the function of stage 'see' cannot be sent to another process" in shipment.obstacle


def test_stages_of_a_script_go_with_the_globals_they_name(project):
    project.write(
        "script.py",
        """\
        import pickle, subprocess, sys
        from curifactory import ArtifactManager, ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher
        from curifactory.experiment.passes import plan

        SCALE = None

        @stage(outputs=["seen"], cachers=[JsonCacher])
        def see(record):
            return SCALE

        def run(param_sets, manager):
            global SCALE
            for SCALE in (1.5, 2.5):
                see(Record(manager, ExperimentParameters(str(SCALE), hash=str(SCALE))))

        manager = ArtifactManager("script", status_override="running", dry=True)
        manager.session.ships_steps = True
        plan(run, [], manager)
        manager.close()
        for entry in manager.session.plan.entries:
            shipment = entry.step.shipment
            assert shipment.variables == {}
            code = "import pickle, sys; print(pickle.load(sys.stdin.buffer)(None))"
            subprocess.run([sys.executable, "-c", code], input=shipment.function, check=True)
        """,
    )
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=project.root, capture_output=True, text=True
    )
    assert (done.stdout.split(), done.stderr) == (["1.5", "2.5"], "")
