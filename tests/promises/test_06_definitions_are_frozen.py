"""Promise 6: a run changes no definition and no global state."""

from __future__ import annotations

import copy
import logging
import os
import random
import signal
import sys
import threading
import warnings

import numpy as np
import pytest

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher

CACHER = JsonCacher(subdir="here", prefix="mine")
LAZY = Lazy("numbers")


@pytest.fixture
def stages(lab):
    @stage(outputs=[LAZY], cachers=[CACHER])
    def make(record, add=0):
        record.stage_cachers[0].extra_metadata["seen"] = record.params.name
        return list(range(record.params.size))

    @stage(["numbers"], ["total"], [PickleCacher])
    def add(record, numbers):
        return sum(numbers)

    @aggregate(["total"], ["best"], [CACHER])
    def best(record, records, total):
        return max(total.values())

    return make, add, best


@pytest.fixture
def run(stages):
    make, add, best = stages

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))
        best(Record(manager, None))

    return run


def snapshot_of(*things):
    return [copy.deepcopy(vars(thing)) for thing in things]


def test_cachers_lazies_and_classes_stay_as_they_are(lab, run, mode):
    things = (CACHER, LAZY)
    classes = (lab.Params, JsonCacher, PickleCacher)
    for cls in classes:
        copy.copy(cls())  # Python itself notes something in a class whose instance is copied
    before = snapshot_of(*things), [dict(vars(cls)) for cls in classes]
    for _ in range(2):
        lab.run(run, lab.Params("a"), lab.Params("b", size=5), mode=mode)
    assert (snapshot_of(*things), [dict(vars(cls)) for cls in classes]) == before


def test_stages_stay_as_they_are(lab, run, stages, mode):
    def facts(function):
        inner = function.__wrapped__
        return {**vars(function), "code": inner.__code__, "defaults": inner.__defaults__}

    before = [facts(function) for function in stages]
    lab.run(run, lab.Params("a"), mode=mode)
    assert [facts(function) for function in stages] == before
    assert [function.__name__ for function in stages] == ["make", "add", "best"]


def test_a_cacher_may_serve_several_outputs_and_stages(lab, mode):
    shared = JsonCacher()

    @stage(outputs=["one", "two"], cachers=[shared, shared])
    def make(record):
        return 1, 2

    @stage(["one"], ["three"], [shared])
    def more(record, one):
        return one + 2

    def run(param_sets, manager):
        state = more(make(Record(manager, param_sets[0]))).state
        return None if manager.map_mode else (state["one"], state["two"], state["three"])

    for _ in range(2):
        assert lab.run(run, lab.Params("a"), mode=mode) == (1, 2, 3)


def global_state():
    root = logging.getLogger()
    return {
        "folder": os.getcwd(),
        "path": list(sys.path),
        "environment": dict(os.environ),
        "root logger": (root.level, list(root.handlers), list(root.filters), root.disabled),
        "loggers": {
            name: (logger.level, list(logger.handlers), logger.disabled, logger.propagate)
            for name, logger in logging.root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger)
        },
        "logging": logging.root.manager.disable,
        "random": random.getstate(),
        "numpy": repr(np.random.get_state()),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook, sys.gettrace()),
        "output": (sys.stdout, sys.stderr),
        "warnings": list(warnings.filters),
        "threads": threading.active_count(),
        "umask": os.umask(os.umask(0o022)),
    }


def test_the_process_is_afterwards_as_it_was(lab, run, mode):
    lab.run(run, lab.Params("a"), mode=mode)  # what is imported at first use may add loggers
    before = global_state()
    for size in (3, 4, 4):
        lab.run(run, lab.Params("b", size=size), mode=mode)
    assert global_state() == before


def test_the_process_is_as_it_was_after_a_failure_too(lab, run, mode):
    def fail(param_sets, manager):
        run(param_sets, manager)
        raise ZeroDivisionError

    lab.run(run, lab.Params("a"), mode=mode)
    before = global_state()
    with pytest.raises(ZeroDivisionError):
        lab.run(fail, lab.Params("b", size=7), mode=mode)
    assert global_state() == before


def test_the_plan_pass_takes_back_what_run_did_to_the_process(lab, run):
    seen = []

    def wild(param_sets, manager):
        seen.append((os.environ.get("WILD"), os.getcwd(), "wild" in sys.path, random.random()))
        os.environ["WILD"] = "yes"
        os.mkdir("wild") if not os.path.isdir("wild") else None
        os.chdir("wild")
        sys.path.append("wild")
        np.random.seed(1)

    before = global_state()
    random.seed(4)
    lab.run(wild, lab.Params("a"))
    assert seen[0] == seen[1]
    os.chdir(before["folder"])
    del os.environ["WILD"]
    sys.path.remove("wild")


def test_parameter_sets_of_the_caller_stay_as_they_are(lab, run):
    def change(param_sets, manager):
        run(param_sets, manager)
        param_sets[0].size = 99

    params = lab.Params("a")
    lab.run(change, params)
    assert (params.size, params.hash) == (3, None)
