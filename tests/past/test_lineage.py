"""What an artifact was made from, and what was made from it."""

from __future__ import annotations

import pytest

import curifactory
from curifactory import Record, aggregate, stage
from curifactory.caching import JsonCacher
from curifactory.past.tree import above, below


@stage(None, ["raw"], [JsonCacher])
def fetch(record):
    return [1, 2, 3]


@stage(["raw"], ["size"], [JsonCacher])
def measure(record, raw):
    return len(raw)


@stage(["raw"], ["scaled"], [JsonCacher])
def scale(record, raw):
    return [record.params.factor * value for value in raw]


@aggregate(["scaled"], ["best"], [JsonCacher])
def compare(record, records, scaled):
    return max(max(one) for one in scaled.values())


@stage(["best", "limit"], ["verdict"], [JsonCacher])
def judge(record, best, limit):
    return best < limit


@pytest.fixture
def one():
    def find(name, **asked):
        (found,) = curifactory.artifacts(name, **asked)
        return found

    return find


def sources(artifact):
    return {
        (source.input, source.artifact and source.artifact.path) for source in artifact.made_from
    }


def test_each_record_leads_to_its_own_though_contents_are_equal(lab, one, mode):
    def run(param_sets, manager):
        fetched = [fetch(Record(manager, params)) for params in param_sets]
        for record in fetched:
            measure(record)

    lab.run(run, *(lab.Params(f"f{n}", factor=n) for n in range(4)), mode=mode)
    for factor in range(4):
        raw = one("raw", params={"factor": factor})
        size = one("size", params={"factor": factor})
        assert sources(size) == {("raw", raw.path)}
        assert list(raw.used_for) == [size]


def test_a_record_that_goes_on_with_other_parameters_leads_to_where_it_came_from(lab, one):
    def run(param_sets, manager):
        common = fetch(Record(manager, lab.Params("common")))
        for params in param_sets:
            scale(common.make_copy(params))

    lab.run(run, lab.Params("three", factor=3), lab.Params("five", factor=5))
    raw = one("raw")
    assert sources(one("scaled", params={"factor": 3})) == {("raw", raw.path)}
    assert {used.parameter_set for used in raw.used_for} == {"three", "five"}


def test_an_aggregate_leads_to_each_record(lab, one, mode):
    def run(param_sets, manager):
        for params in param_sets:
            scale(fetch(Record(manager, params)))
        summary = compare(Record(manager, None), manager.records)
        judge(summary, limit=100)

    lab.run(run, *(lab.Params(f"f{n}", factor=n) for n in (1, 2)), mode=mode)
    best = one("best")
    assert {source.artifact.parameter_set for source in best.made_from} == {"f1", "f2"}
    assert len({source.hash for source in best.made_from}) == 2
    assert [used.name for used in best.used_for] == ["verdict"]
    verdict = one("verdict")
    assert [node.label for node in above(verdict)][:3] == ["best", "scaled of f1", "raw"]
    raw = one("raw", params={"factor": 2})
    assert [node.label for node in below(raw)] == ["scaled", "best", "verdict"]


def test_a_value_of_the_user_is_named_as_such(lab, one):
    def run(param_sets, manager):
        record = Record(manager, param_sets[0])
        record.state["best"], record.state["limit"] = 4, 5
        judge(record)

    lab.run(run, lab.Params("a"))
    assert [node.says for node in above(one("verdict"))] == ["a value that no stage made"] * 2


def test_what_was_made_from_a_former_commit_still_leads_there(lab, one):
    def run(param_sets, manager):
        measure(fetch(Record(manager, param_sets[0])))

    lab.run(run, lab.Params("a"))
    lab.run(run, lab.Params("a"), mode="live", overwrite=True)
    new_raw = one("raw")
    assert sources(one("size")) == {("raw", new_raw.path)}


def test_the_way_goes_on_behind_a_value_that_nobody_kept(lab, one):
    @stage(["raw"], ["middle"])
    def pass_on(record, raw):
        return [*raw, 4]

    @stage(["middle"], ["end"], [JsonCacher])
    def finish(record, middle):
        return sum(middle)

    def run(param_sets, manager):
        finish(pass_on(fetch(Record(manager, param_sets[0]))))

    lab.run(run, lab.Params("a"))
    middle, raw = one("end").made_from
    assert (middle.input, middle.stage, middle.artifact) == ("middle", "pass_on", None)
    assert raw.artifact == one("raw")
    assert next(above(one("end"))).says == "made by stage 'pass_on', not kept"


def test_what_was_read_without_being_declared_is_a_source(lab, one):
    @stage(None, ["sneaky"], [JsonCacher])
    def sneak(record):
        return len(record.state["raw"])

    def run(param_sets, manager):
        sneak(fetch(Record(manager, param_sets[0])))

    lab.run(run, lab.Params("a"))
    assert sources(one("sneaky")) == {("raw", one("raw").path)}


def test_a_long_tree_is_cut_and_says_so(lab, one):
    def run(param_sets, manager):
        for params in param_sets:
            scale(fetch(Record(manager, params)))
        compare(Record(manager, None), manager.records)

    lab.run(run, *(lab.Params(f"f{n}", factor=n) for n in range(12)))
    cut = [node.label for node in above(one("best"))]
    assert cut[-1] == "and 2 more"
    assert len(cut) == 21
    assert len([*above(one("best"), most=None)]) == 24


def test_an_artifact_that_comes_twice_is_followed_once(lab, one):
    @stage(["raw", "scaled"], ["both"], [JsonCacher])
    def join(record, raw, scaled):
        return raw + scaled

    def run(param_sets, manager):
        join(scale(fetch(Record(manager, param_sets[0]))))

    lab.run(run, lab.Params("a"))
    assert [(node.label, node.says) for node in above(one("both"))] == [
        ("raw", ""),
        ("scaled", ""),
        ("raw", "see above"),
    ]
