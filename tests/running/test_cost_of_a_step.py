"""What is done for a step is what has to be: counted, and never at the price of a wrong value."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass

import pytest

from curifactory import Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.events import Departed, Notice
from curifactory.experiment.passes import plan
from curifactory.running import seen
from curifactory.running.collisions import Collisions
from curifactory.running.looking import Looker


@dataclass
class Counted:
    """How often some function was called while a test counted."""

    times: int = 0


@pytest.fixture
def counted(monkeypatch):
    def count(owner, name):
        found, function = Counted(), getattr(owner, name)

        def counting(*args, **kwargs):
            found.times += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, counting)
        return found

    return count


@stage(None, ["numbers"], [JsonCacher])
def make(record):
    return list(range(record.params.size))


@stage(["numbers"], ["total"], [JsonCacher])
def add(record, numbers):
    return sum(numbers) * record.params.factor


def chain(param_sets, manager):
    return [add(make(Record(manager, params))) for params in param_sets]


def test_a_second_plan_compares_digests_and_parses_no_recipe(lab, counted):
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    parsed = counted(seen, "recipe_from_json")
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    assert set(lab.decisions.values()) == {"LOAD", "SKIP"}
    assert parsed.times == 0


def test_what_differs_is_compared_field_by_field_and_named(lab, counted):
    lab.run(chain, lab.Params("a", hash="fixed"))
    parsed = counted(seen, "recipe_from_json")
    lab.run(chain, lab.Params("a", hash="fixed", factor=3))
    assert parsed.times > 0
    assert lab.decisions == {"make a": "RUN", "add a": "RUN"}


def test_the_run_pass_looks_at_nothing_that_the_plan_looked_at(lab, counted):
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    looked = counted(Looker, "look")
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    assert looked.times == 4


def test_a_step_that_runs_is_looked_at_when_it_is_planned_and_under_its_lock(lab, counted):
    looked = counted(Looker, "look")
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    assert set(lab.decisions.values()) == {"RUN"}
    assert looked.times == 2 * 4


def test_a_step_that_ran_is_held_once(lab):
    managers = []

    def run(param_sets, manager):
        managers.append(manager)
        chain(param_sets, manager)

    lab.run(run, lab.Params("a"))
    entries = managers[0].session.plan.entries
    assert [entry.step.executed for entry in entries] == [True, True]
    assert [entry.planned.decision.action for entry in entries] == ["RUN", "RUN"]


def test_a_field_that_run_sets_only_when_it_runs_counts_for_what_is_made_then(lab):
    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        if not manager.map_mode:
            record.params.factor = 10
        add(record)

    lab.run(run, lab.Params("a", hash="fixed"))
    assert lab.run(chain, lab.Params("a", hash="fixed", factor=10)) is not None
    assert lab.decisions["add a"] == "LOAD"
    lab.run(chain, lab.Params("a", hash="fixed"))
    assert lab.decisions["add a"] == "RUN"


def test_a_stage_that_another_cacher_keeps_now_is_told_to_share_its_metadata(lab):
    def defined_with(cacher):
        @stage(None, ["numbers"], [cacher])
        def made(record):
            return [1]

        return made

    def run(param_sets, manager):
        record = Record(manager, param_sets[0])
        defined_with(PickleCacher)(defined_with(JsonCacher)(record))

    lab.run(run, lab.Params("a"), mode="live")
    assert [
        one for one in lab.events if isinstance(one, Notice) and "share one file" in one.message
    ]


def test_calls_in_another_order_than_planned_are_still_what_was_planned(lab):
    def run(param_sets, manager):
        chain(param_sets if manager.map_mode else reversed(param_sets), manager)

    for _ in range(2):
        lab.run(run, lab.Params("a"), lab.Params("b", size=4))
    assert lab.decisions == lab.planned
    assert not [event for event in lab.events if isinstance(event, Departed)]


def test_a_field_that_run_sets_only_when_it_runs_is_seen(lab):
    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        if not manager.map_mode:
            records[0].params.factor = 10
        return [add(record).state["total"] for record in records if not manager.map_mode]

    lab.run(chain, lab.Params("a"))
    assert lab.run(run, lab.Params("a")) == [30]


def test_a_cacher_that_is_set_otherwise_between_the_passes_is_seen(lab):
    cacher = JsonCacher()

    @stage(None, ["numbers"], [cacher])
    def elsewhere(record):
        return [1]

    def run(param_sets, manager):
        cacher.subdir = None if manager.map_mode else "below"
        elsewhere(Record(manager, param_sets[0]))

    lab.run(run, lab.Params("a"))
    assert os.path.dirname(lab.file("elsewhere_numbers.json")).endswith("below")


def test_without_an_index_each_metadata_file_is_opened_once_in_a_plan(lab, monkeypatch):
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    shutil.rmtree(lab.root / "data" / "index", ignore_errors=True)
    opened = []

    def opening(path, *args, _open=os.open, **kwargs):
        opened.append(os.fspath(path))
        return _open(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", opening)
    manager = lab.manager("plan")
    plan(chain, [lab.Params("a"), lab.Params("b", size=4)], manager)
    metadata = [path for path in opened if path.endswith("_metadata.json")]
    assert len(metadata) == len(set(metadata)) == 4


@pytest.fixture
def indexed(lab):
    """All metadata of two chains is in the index: times tell of each change from then on."""
    names = set()
    give_up = time.monotonic() + 20
    while len(names) < 4:
        assert time.monotonic() < give_up
        lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
        for index in (lab.root / "data" / "index").glob("*"):
            names = {line for line in index.read_text().splitlines() if "_metadata.json" in line}


def test_a_plan_opens_no_metadata_file_that_the_index_knows(lab, indexed, monkeypatch):
    opened, looked = [], []

    def opening(path, *args, _open=os.open, **kwargs):
        opened.append(os.fspath(path))
        return _open(path, *args, **kwargs)

    def looking(path, *args, _stat=os.stat, **kwargs):
        looked.append(path)
        return _stat(path, *args, **kwargs)

    manager = lab.manager("plan")
    monkeypatch.setattr(os, "open", opening)
    monkeypatch.setattr(os, "stat", looking)
    plan(chain, [lab.Params("a"), lab.Params("b", size=4)], manager)
    monkeypatch.undo()
    assert not [path for path in opened if path.endswith(".json")]
    # four artifacts: each metadata file and each data file once
    assert len([path for path in looked if str(path).endswith(".json")]) == 8


def test_the_index_hides_no_change_of_files(lab, indexed):
    metadata = sorted(lab.cache.glob("*make_numbers_metadata.json"))[0]
    metadata.write_bytes(metadata.read_bytes().replace(b'"stage": "make"', b'"stage": "nake"'))
    for total in lab.cache.glob("*add_total.json"):
        total.unlink()
    lab.run(chain, lab.Params("a"), lab.Params("b", size=4))
    made = [lab.decisions["make a"], lab.decisions["make b"]]
    assert sorted(made) == ["LOAD", "RUN"]
    assert lab.decisions["add a"] == lab.decisions["add b"] == "RUN"


def test_a_dry_run_leaves_the_index_as_it_is(lab, indexed):
    (index,) = (lab.root / "data" / "index").glob("*")
    before = index.read_bytes()
    lab.run(chain, lab.Params("c", size=5), dry=True)
    assert index.read_bytes() == before


def test_what_a_digest_leaves_out_is_compared_in_full(lab, counted):
    @stage(None, ["total"], [JsonCacher])
    def undeclared(record):
        return sum(record.state["numbers"])

    def run(param_sets, manager):
        for params in param_sets:
            undeclared(make(Record(manager, params)))

    lab.run(run, lab.Params("a"))
    document = json.loads(lab.file("undeclared_total_metadata.json").read_text())
    assert document["recipe_digest"] is None
    parsed = counted(seen, "recipe_from_json")
    lab.run(run, lab.Params("a"))
    assert parsed.times > 0
    assert lab.decisions["undeclared a"] == "LOAD"


def test_an_aggregate_of_equal_records_needs_no_recipe_either(lab, counted):
    @aggregate(["total"], ["best"], [JsonCacher])
    def best(record, records, total):
        return max(total.values())

    def run(param_sets, manager):
        best(Record(manager, None), chain(param_sets, manager))

    for _ in range(2):
        parsed = counted(seen, "recipe_from_json")
        lab.run(run, lab.Params("a"), lab.Params("b", size=4))
    assert lab.decisions["best aggregate"] == "LOAD"
    assert parsed.times == 0


def test_names_of_artifacts_are_remembered_once_for_each(lab):
    collisions = Collisions()
    requests = []

    def run(param_sets, manager):
        for params in param_sets:
            requests.append(make(Record(manager, params)).state.raw("numbers").request)

    lab.run(run, *[lab.Params(str(size), size=size) for size in range(5)], mode="live")
    for request in [*requests, *requests]:
        collisions.check(request)
    assert [len(names) for names in collisions._owners.values()] == [5]
