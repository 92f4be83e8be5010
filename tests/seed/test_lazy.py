"""What the page says about lazy outputs."""

from __future__ import annotations

import gc
import weakref

import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import JsonCacher, PickleCacher


class Large:
    """A value whose life in memory can be watched."""

    alive: weakref.WeakSet = weakref.WeakSet()

    def __new__(cls) -> Large:
        # called for what is unpickled, too
        self = super().__new__(cls)
        cls.alive.add(self)
        return self


def in_memory() -> int:
    """How many there are now."""
    gc.collect()
    return len(Large.alive)


@pytest.fixture(autouse=True)
def _none_is_left_over():
    Large.alive.clear()


class CountingCacher(PickleCacher):
    """Counts how often something is loaded."""

    loads = 0

    def load(self):
        type(self).loads += 1
        return super().load()


@pytest.fixture(autouse=True)
def _nothing_was_loaded():
    CountingCacher.loads = 0


@pytest.fixture
def make(lab):
    """The page's stage: a small output, and a large one that is lazy."""

    @stage(
        outputs=["small_object", Lazy("large-object")],
        cachers=[JsonCacher, CountingCacher],
    )
    def make(record):
        lab.ran(record)
        return 1, Large()

    return make


def new_record(lab, **options) -> Record:
    return Record(lab.manager(**options), lab.Params("one"))


def test_what_no_running_stage_uses_is_not_even_loaded(lab, make, mode):
    """When later stages are cached, what only they used never comes into memory."""

    @stage(["small_object"], ["sum"], [JsonCacher])
    def add(record, small_object):
        lab.ran(record)
        return small_object + 1

    def run(param_sets, manager):
        return add(make(Record(manager, param_sets[0]))).state["sum"]

    for executed in ({"make one": 1, "add one": 1}, {}):
        assert lab.run(run, lab.Params("one"), mode=mode) == 2
        assert lab.executed() == executed
        assert (CountingCacher.loads, in_memory()) == (0, 0)


def test_a_lazy_output_is_saved_and_leaves_memory_as_soon_as_its_stage_is_done(lab, make):
    """It is on disk at once, and no longer in memory."""
    record = make(new_record(lab))
    assert lab.file("_large-object.pkl").exists()
    assert in_memory() == 0
    assert record.state["small_object"] == 1


def test_an_output_that_is_not_lazy_stays_in_memory(lab):
    """Only outputs that ask for it are dropped."""

    @stage(outputs=["large"], cachers=[CountingCacher])
    def make(record):
        return Large()

    record = make(new_record(lab))
    assert in_memory() == 1
    assert record.state["large"] is record.state["large"]


def test_state_holds_a_lazy_instance_in_its_place(lab, make):
    """What is inserted under the name is the `Lazy`, which state shows when told not to resolve."""
    record = make(new_record(lab))
    record.state.resolve = False
    held = record.state["large-object"]
    assert isinstance(held, Lazy)
    assert held.name == "large-object"
    assert CountingCacher.loads == 0


def test_each_access_loads_the_value_through_its_cacher(lab, make):
    """Asking state for the name brings the value back, anew every time."""
    record = make(new_record(lab))
    for loads in (1, 2):
        assert isinstance(record.state["large-object"], Large)
        assert CountingCacher.loads == loads


def test_state_keeps_the_lazy_and_not_what_was_loaded(lab, make):
    """Once nobody refers to the value, it is out of memory again."""
    record = make(new_record(lab))
    value = record.state["large-object"]
    assert in_memory() == 1
    del value
    assert in_memory() == 0
    record.state.resolve = False
    assert isinstance(record.state["large-object"], Lazy)


def test_the_value_is_in_memory_only_while_a_stage_uses_it(lab, mode):
    """A stage is passed the value; after the stage, it is gone."""

    @stage(outputs=[Lazy("large")], cachers=[CountingCacher])
    def make(record):
        return Large()

    @stage(["large"], ["during"], [JsonCacher])
    def use(record, large):
        assert isinstance(large, Large)
        return in_memory()

    def run(param_sets, manager):
        record = use(make(Record(manager, param_sets[0])))
        return record.state["during"], in_memory()

    assert lab.run(run, lab.Params("one"), mode=mode) == (1, 0)


def test_without_cachers_a_lazy_output_gets_a_pickle_cacher(lab, mode):
    """Something has to load it."""

    @stage(outputs=[Lazy("large")])
    def make(record):
        lab.ran(record)
        return Large()

    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        return type(record.stage_cachers[0]), type(record.state["large"]), in_memory()

    for _ in range(2):
        assert lab.run(run, lab.Params("one"), mode=mode) == (PickleCacher, Large, 0)
    assert lab.executed() == {"make one": 1}
    assert lab.file("_large.pkl").exists()


def test_the_second_time_only_a_lazy_is_put_into_state(lab, make, mode):
    """The files are found, and stay where they are until somebody asks."""

    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        assert record.state["small_object"] == 1
        return record

    lab.run(run, lab.Params("one"), mode=mode)
    record = lab.run(run, lab.Params("one"), mode=mode)
    assert lab.executed() == {"make one": 1}
    assert (CountingCacher.loads, in_memory()) == (0, 0)
    assert isinstance(record.state["large-object"], Large)
    assert CountingCacher.loads == 1


def test_the_second_time_its_files_are_looked_for_as_ever(lab, make):
    """Being lazy does not mean being believed: if the file is gone, the stage runs."""
    make(new_record(lab))
    lab.file("_large-object.pkl").unlink()
    make(new_record(lab))
    assert lab.executed() == {"make one": 2}
