"""Mistakes that are easily made, and that would otherwise end in a wrong result or no word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from curifactory import ExperimentParameters, Lazy, Record, aggregate, stage
from curifactory.caching import Cacheable, JsonCacher, PickleCacher
from curifactory.errors import ArtifactSaveError, ConfigurationError, DefinitionError
from curifactory.events import Planned
from curifactory.planning.other_records import how_records_differ


def test_parameters_without_the_dataclass_decorator(lab):
    class Forgotten(ExperimentParameters):
        rate: float = 0.1

    with pytest.raises(DefinitionError, match=r"Forgotten .* 'rate' .*@dataclass"):
        Record(lab.manager(), Forgotten("a"))


def test_a_parameter_class_that_only_adds_methods_needs_no_decorator(lab):
    @dataclass
    class Base(ExperimentParameters):
        rate: float = 0.1

    class WithMethod(Base):
        def doubled(self):
            return self.rate * 2

    assert Record(lab.manager(), WithMethod("a")).params.doubled() == 0.2


@pytest.mark.parametrize("decorator", [stage, aggregate])
def test_a_bare_decorator(decorator):
    with pytest.raises(DefinitionError, match=rf"@{decorator.__name__}\("):

        @decorator
        def one(record):
            return 1


@pytest.mark.parametrize("given", [{"a": 1}, ExperimentParameters, "params"])
def test_something_else_than_a_parameter_set(lab, given):
    with pytest.raises(DefinitionError, match="parameter set"):
        Record(lab.manager(), given)


def test_something_else_than_a_reportable(lab):
    with pytest.raises(DefinitionError, match=r"record.report\(\) was given a int"):
        Record(lab.manager(), lab.Params("a")).report(3)


def test_a_stage_to_overwrite_that_there_is_not(lab):
    @stage(outputs=["x"], cachers=[JsonCacher])
    def train(record):
        lab.ran(record)
        return 1

    def run(param_sets, manager):
        train(Record(manager, param_sets[0]))

    with pytest.raises(ConfigurationError, match=r"'trian'.*'train'"):
        lab.run(run, lab.Params("a"), overwrite_stages=["trian"])
    assert lab.executed() == {}


def test_a_cacher_that_writes_somewhere_else(lab, mode):
    class AddsAnExtension(Cacheable):
        def save(self, obj):
            np.save(self.get_path(), obj)

        def load(self):
            return np.load(self.get_path())

    @stage(outputs=["numbers"], cachers=[AddsAnExtension])
    def make(record):
        return np.arange(3)

    def run(param_sets, manager):
        make(Record(manager, param_sets[0]))

    with pytest.raises(ArtifactSaveError, match="not to a path that was given out"):
        lab.run(run, lab.Params("a"), mode=mode)


def test_a_flipped_byte_in_a_lazy_output_is_found_when_its_stage_is_called_live(lab):
    @stage(outputs=[Lazy("big")], cachers=[PickleCacher])
    def make(record):
        lab.ran(record)
        return list(range(100))

    def run(param_sets, manager):
        return make(Record(manager, param_sets[0])).state["big"]

    lab.run(run, lab.Params("a"), mode="live")
    path = lab.file("big.pkl")
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    assert lab.run(run, lab.Params("a"), mode="live") == list(range(100))


def test_several_damaged_artifacts_start_the_run_again_once(lab):
    @stage(outputs=["x"], cachers=[PickleCacher])
    def make(record):
        return [record.params.size] * 50

    @stage(inputs=["x"], outputs=["y"], cachers=[PickleCacher])
    def use(record, x):
        return sum(x)

    def run(param_sets, manager):
        records = [use(make(Record(manager, one))) for one in param_sets]
        return [record.state["y"] for record in records]

    sets = [lab.Params(str(size), size=size) for size in range(1, 6)]
    right = lab.run(run, *sets)
    for path in lab.cache.glob("*_y.pkl"):
        data = bytearray(path.read_bytes())
        data[-3] ^= 1
        path.write_bytes(data)
    assert lab.run(run, *sets) == right
    assert sum("starts again" in notice for notice in lab.notices) == 1


def test_a_misspelt_input_of_an_aggregate(lab, mode):
    @stage(outputs=["score"], cachers=[JsonCacher])
    def score(record):
        return 1

    @aggregate(["scor"], ["best"], [JsonCacher])
    def best(record, records, scor):
        return len(scor)

    def run(param_sets, manager):
        best(Record(manager, None), [score(Record(manager, params)) for params in param_sets])

    lab.run(run, lab.Params("a"), lab.Params("b", size=4), mode=mode)
    told = [notice for notice in lab.notices if "2 of 2 records have no 'scor'" in notice]
    assert len(told) == 1
    assert told[0].endswith("Did you mean 'score'?")


def test_an_input_that_no_record_has_is_a_notice_where_nothing_is_named_like_it(lab, mode):
    @aggregate(["optional"], ["number"], [JsonCacher])
    def count(record, records, optional):
        return len(optional)

    def run(param_sets, manager):
        record = count(Record(manager, None), [Record(manager, params) for params in param_sets])
        return None if manager.map_mode else record.state["number"]

    assert lab.run(run, lab.Params("a"), mode=mode) == 0
    assert any("1 of 1 records have no 'optional'" in notice for notice in lab.notices)


def test_an_aggregate_whose_records_were_renamed_says_so(lab):
    @aggregate(None, ["names"], [JsonCacher])
    def name_them(record, records):
        return [one.name for one in records]

    def run(param_sets, manager):
        name_them(Record(manager, None), [Record(manager, params) for params in param_sets])

    for names in ("ab", "ac"):
        lab.run(run, *(lab.Params(name, size=size) for size, name in enumerate(names)))
    planned = [event for event in lab.events if isinstance(event, Planned)][-1]
    assert planned.steps[-1].reason == "records that it reads were renamed: 'b' is 'c' now"


def test_records_that_are_others_are_named():
    one, other = ["1", "a"], ["2", "b"]
    assert how_records_differ([one, other], [other, one]) == "it reads its records in another order"
    assert how_records_differ([one], [one, one]) == "it reads its records another number of times"
    many = [[str(number), f"n{number}"] for number in range(9)]
    said = "it reads other records: 'n0', 'n1', 'n2' and 6 more new, 'a' gone"
    assert how_records_differ([one], many) == said
