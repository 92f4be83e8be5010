"""Promise 1: a stage whose artifacts are there for this parameter set is loaded, not executed."""

from __future__ import annotations

import os
import shutil

import pytest

from curifactory import Lazy, Procedure, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher


@pytest.fixture
def run(lab):
    """Two outputs, one of them lazy, then an aggregate over all records."""

    @stage(outputs=["numbers", Lazy("blob")], cachers=[JsonCacher, PickleCacher])
    def make(record):
        lab.ran(record)
        return list(range(record.params.size)), b"x" * record.params.size

    @aggregate(["numbers"], ["longest"], [JsonCacher])
    def longest(record, records, numbers):
        lab.ran(record)
        return max(len(one) for one in numbers.values())

    def run(param_sets, manager):
        first = Procedure([make], manager)
        for params in param_sets:
            first.run(params)
        last = Procedure([longest], manager, previous_proc=first).run(None)
        return last.state["longest"], [len(record.state["blob"]) for record in first.records]

    return run


def test_the_second_run_executes_nothing(lab, run, mode):
    sets = [lab.Params("small", size=2), lab.Params("large", size=4)]
    assert lab.run(run, *sets, mode=mode) == (4, [2, 4])
    assert lab.executed() == {"make small": 1, "make large": 1, "longest all": 1}
    assert lab.run(run, *sets, mode=mode) == (4, [2, 4])
    assert lab.executed() == {}


def test_a_further_parameter_set_is_all_that_is_computed(lab, run, mode):
    small = lab.Params("small", size=2)
    lab.run(run, small, mode=mode)
    lab.executed()
    assert lab.run(run, small, lab.Params("large", size=4), mode=mode) == (4, [2, 4])
    assert lab.executed() == {"make large": 1, "longest all": 1}


def test_the_name_of_a_parameter_set_does_not_count(lab, run, mode):
    lab.run(run, lab.Params("small", size=2), mode=mode)
    lab.executed()
    lab.run(run, lab.Params("another name", size=2), mode=mode)
    assert "make another name" not in lab.executed()


def test_a_cache_folder_that_was_moved_or_copied_is_as_good(lab, run, mode):
    sets = [lab.Params("small", size=2), lab.Params("large", size=4)]
    lab.run(run, *sets, mode=mode)
    lab.executed()
    moved = lab.root / "a" / "new place"
    shutil.copytree(lab.cache, moved)
    shutil.rmtree(lab.cache)
    # modification times say nothing
    for path in moved.iterdir():
        os.utime(path, (1, 1))
    assert lab.run(run, *sets, mode=mode, cache_path=moved) == (4, [2, 4])
    assert lab.executed() == {}


def test_two_calls_with_equal_parameters_in_one_run_are_one_computation(lab, run, mode):
    twins = [lab.Params("one", size=2), lab.Params("two", size=2)]
    assert lab.run(run, *twins, mode=mode) == (2, [2, 2])
    assert lab.executed() == {"make one": 1, "longest all": 1}
