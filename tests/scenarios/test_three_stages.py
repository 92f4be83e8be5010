"""Three stages in a row, each of which counts its executions."""

from __future__ import annotations

import pytest

from curifactory import Record, stage
from curifactory.caching import JsonCacher
from laboratory import MODES


@pytest.fixture
def run(lab):
    """An experiment of three stages; gives the total of each parameter set."""

    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return list(range(record.params.size))

    @stage(["numbers"], ["scaled"], [JsonCacher])
    def scale(record, numbers):
        lab.ran(record)
        return [number * record.params.factor for number in numbers]

    @stage(["scaled"], ["total"], [JsonCacher])
    def add(record, scaled):
        lab.ran(record)
        return sum(scaled)

    def run(param_sets, manager):
        records = [add(scale(make(Record(manager, params)))) for params in param_sets]
        return [record.state["total"] for record in records]

    return run


@pytest.fixture
def two(lab):
    return [lab.Params("small", size=3), lab.Params("large", size=5)]


@pytest.fixture(autouse=True)
def cold(lab, run, two, mode):
    """Everything was computed once."""
    assert lab.run(run, *two, mode=mode) == [6, 20]
    stages = ("make", "scale", "add")
    assert lab.executed() == {f"{s} {p}": 1 for s in stages for p in ("small", "large")}


def hash_of(lab, **fields):
    return lab.Params("any", **fields).params_hash()


def remove(lab, hash_, artifact):
    for path in lab.cache.glob(f"*{hash_}*_{artifact}*"):
        path.unlink()


def test_a_warm_cache_executes_nothing(lab, run, two, mode):
    assert lab.run(run, *two, mode=mode) == [6, 20]
    assert lab.executed() == {}


def test_an_intermediate_that_is_gone_is_made_again_only_where_it_is_looked_at(lab, run, two, mode):
    remove(lab, hash_of(lab, size=3), "make_numbers")
    assert lab.run(run, *two, mode=mode) == [6, 20]
    # with a plan, nothing needs it; stage by stage, each one is looked at
    assert lab.executed() == ({} if mode == "plan" else {"make small": 1})


def test_a_final_artifact_that_is_gone_runs_its_own_stage_only(lab, run, two, mode):
    remove(lab, hash_of(lab, size=5), "add_total")
    assert lab.run(run, *two, mode=mode) == [6, 20]
    assert lab.executed() == {"add large": 1}


def test_two_in_a_row_that_are_gone_are_both_made(lab, run, two, mode):
    remove(lab, hash_of(lab, size=5), "scale_scaled")
    remove(lab, hash_of(lab, size=5), "add_total")
    assert lab.run(run, *two, mode=mode) == [6, 20]
    assert lab.executed() == {"scale large": 1, "add large": 1}


def test_a_stage_that_is_overwritten_takes_along_what_depends_on_it(lab, run, two, mode):
    assert lab.run(run, *two, mode=mode, overwrite_stages=["scale"]) == [6, 20]
    assert lab.executed() == {"scale small": 1, "add small": 1, "scale large": 1, "add large": 1}
    assert lab.run(run, *two, mode=mode) == [6, 20]
    assert lab.executed() == {}


def test_overwriting_all_runs_everything_once(lab, run, two, mode):
    assert lab.run(run, *two, mode=mode, overwrite=True) == [6, 20]
    assert set(lab.executed().values()) == {1}


def test_a_parameter_set_that_asks_for_it_is_computed_anew(lab, run, two, mode):
    two[0].overwrite = True
    assert lab.run(run, *two, mode=mode) == [6, 20]
    assert lab.executed() == {"make small": 1, "scale small": 1, "add small": 1}


def test_a_changed_parameter_computes_its_own_set_only(lab, run, two, mode):
    changed = lab.Params("small", size=3, factor=10)
    assert lab.run(run, changed, two[1], mode=mode) == [30, 20]
    assert lab.executed() == {"make small": 1, "scale small": 1, "add small": 1}


def test_another_name_alone_is_not_another_parameter_set(lab, run, two, mode):
    assert lab.run(run, lab.Params("tiny", size=3), mode=mode) == [6]
    assert lab.executed() == {}


def test_what_one_mode_made_another_one_reuses(lab, run, two, mode):
    for other in MODES:
        assert lab.run(run, *two, mode=other) == [6, 20]
    assert lab.executed() == {}
