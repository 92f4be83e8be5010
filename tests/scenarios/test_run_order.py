"""What users do in `run`: it means what it says from top to bottom, in every mode."""

from __future__ import annotations

import os
import random

import pytest

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher

SETTING = 0


@pytest.fixture
def make(lab):
    """A stage that makes ``[0, 1, ...]``."""

    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return list(range(record.params.size))

    return make


@pytest.fixture
def add(lab):
    @stage(["numbers"], ["total"], [JsonCacher])
    def add(record, numbers):
        lab.ran(record)
        return sum(numbers)

    return add


@pytest.fixture
def three(lab):
    return [lab.Params(f"p{size}", size=size) for size in (2, 3, 4)]


def test_run_branches_on_a_value_that_a_stage_made(lab, make, add, three, mode):
    @stage(["numbers"], ["product"], [JsonCacher])
    def multiply(record, numbers):
        lab.ran(record)
        return [number * 10 for number in numbers]

    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        for record in records:
            (multiply if len(record.state["numbers"]) > 2 else add)(record)
        return [sorted(record.state) for record in records]

    expected = [["numbers", "total"], ["numbers", "product"], ["numbers", "product"]]
    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == expected
    assert lab.executed() == {
        **{f"make p{size}": 1 for size in (2, 3, 4)},
        **{"add p2": 1, "multiply p3": 1, "multiply p4": 1},
    }


def test_what_run_sets_up_before_a_call_is_what_the_stage_sees(lab, three, mode):
    @stage(outputs=["seen"], cachers=[JsonCacher])
    def look_around(record):
        lab.ran(record)
        return [SETTING, os.environ["CHOSEN"], random.random()]

    def run(param_sets, manager):
        global SETTING
        seen = []
        for params in param_sets:
            SETTING = params.size
            os.environ["CHOSEN"] = params.name
            random.seed(params.size)
            seen.append(look_around(Record(manager, params)).state["seen"])
        return seen

    expected = [[size, f"p{size}", random.Random(size).random()] for size in (2, 3, 4)]
    assert lab.run(run, *three, mode=mode) == expected
    assert lab.run(run, *three, mode=mode) == expected
    assert set(lab.executed().values()) == {1}
    del os.environ["CHOSEN"]


def test_a_loop_variable_in_a_closure_is_that_of_its_turn(lab, three, mode):
    def run(param_sets, manager):
        results = []
        for turn, params in enumerate(param_sets):

            @stage(outputs=["turn"], cachers=[JsonCacher])
            def which(record):
                return turn  # noqa: B023 - this is what is tested

            results.append(which(Record(manager, params)))
        return [record.state["turn"] for record in results]

    assert lab.run(run, *three, mode=mode) == [0, 1, 2]


def test_records_come_in_random_order(lab, make, add, three, mode):
    def run(param_sets, manager):
        random.shuffle(param_sets)
        records = [Record(manager, params) for params in param_sets]
        for record in random.sample(records, len(records)):
            add(make(record))
        return {record.params.size: record.state["total"] for record in records}

    for seed in range(4):
        random.seed(seed)
        assert lab.run(run, *three, mode=mode) == {2: 1, 3: 3, 4: 6}
    assert set(lab.executed().values()) == {1}


def test_an_order_that_differs_between_the_passes_gives_right_values(lab, make, add, three):
    rounds = []

    def run(param_sets, manager):
        rounds.append(manager.map_mode)
        turned = param_sets if manager.map_mode else param_sets[::-1]
        records = [add(make(Record(manager, params))) for params in turned]
        return {record.params.size: record.state["total"] for record in records}

    assert lab.run(run, *three) == {2: 1, 3: 3, 4: 6}
    assert rounds == [True, False]
    assert set(lab.executed().values()) == {1}


def test_what_run_prints_is_printed_once(lab, make, three, mode, capsys):
    def run(param_sets, manager):
        print("from run")
        make(Record(manager, param_sets[0]))

    lab.run(run, *three, mode=mode)
    assert capsys.readouterr().out == "from run\n"


def test_an_exception_in_the_plan_pass_only_ends_the_plan(lab, make, add, three):
    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        if manager.map_mode:
            raise RuntimeError("this file is only there later")
        return [add(record).state["total"] for record in records]

    assert lab.run(run, *three) == [1, 3, 6]
    assert len(lab.planned) == 3, "what came after was decided as it came"
    assert lab.run(run, *three) == [1, 3, 6]
    assert set(lab.executed().values()) == {1}


def test_map_mode_is_true_in_the_plan_pass_only(lab, make, three):
    seen = []

    def run(param_sets, manager):
        seen.append(manager.map_mode)
        make(Record(manager, param_sets[0]))

    lab.run(run, *three, mode="plan")
    lab.run(run, *three, mode="no plan")
    lab.run(run, *three, mode="live")
    assert seen == [True, False, False, False]


def test_a_call_that_run_makes_in_the_run_pass_only_is_carried_out(lab, make, add, three):
    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        if manager.map_mode:
            return None
        return add(record).state["total"]

    assert lab.run(run, *three) == 1
    assert any("not in the plan" in notice for notice in lab.notices)


def test_a_call_that_run_leaves_out_of_the_run_pass_is_said(lab, make, add, three):
    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        if manager.map_mode:
            add(record)
        return record.state["numbers"]

    assert lab.run(run, *three) == [0, 1]
    assert lab.executed() == {"make p2": 1}


def test_a_copy_with_other_parameters_is_a_line_of_work_of_its_own(lab, make, three, mode):
    @stage(["numbers"], ["scaled"], [JsonCacher])
    def scale(record, numbers):
        lab.ran(record)
        return [number * record.params.factor for number in numbers]

    def run(param_sets, manager):
        first = make(Record(manager, param_sets[1]))
        copies = [
            scale(first.make_copy(lab.Params(f"times {factor}", size=3, factor=factor)))
            for factor in (10, 100)
        ]
        return [scale(first).state["scaled"], *(copy.state["scaled"] for copy in copies)]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [[0, 2, 4], [0, 10, 20], [0, 100, 200]]
    assert lab.executed() == {
        "make p3": 1,
        "scale p3": 1,
        "scale times 10": 1,
        "scale times 100": 1,
    }


def test_a_stage_may_call_another_stage(lab, make, three, mode):
    @stage(outputs=["total"], cachers=[JsonCacher])
    def all_in_one(record):
        lab.ran(record)
        inner = make(Record(record.manager, record.params, hide=True))
        return sum(inner.state["numbers"])

    def run(param_sets, manager):
        return [all_in_one(Record(manager, params)).state["total"] for params in param_sets]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [1, 3, 6]
    assert sum(lab.executed().values()) == 6


def test_a_stage_that_replaces_its_own_input_forms_a_chain(lab, three, mode):
    def link(name, change):
        def function(record, data):
            lab.ran(record)
            return change(data)

        function.__name__ = function.__qualname__ = name
        return stage(["data"], ["data"], [JsonCacher])(function)

    @stage(outputs=["data"], cachers=[JsonCacher])
    def start(record):
        lab.ran(record)
        return record.params.size

    increase = link("increase", lambda data: data + 1)
    double = link("double", lambda data: data * 2)

    def run(param_sets, manager):
        records = [double(increase(start(Record(manager, params)))) for params in param_sets]
        return [record.state["data"] for record in records]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [6, 8, 10]
    assert set(lab.executed().values()) == {1}
    lab.file(f"{three[0].params_hash()}_double_data.json").unlink()
    assert lab.run(run, *three, mode=mode) == [6, 8, 10]
    assert lab.executed() == {"double p2": 1}


def test_a_notebook_cell_that_is_run_twice_means_the_same(lab, three):
    @stage(["data"], ["data"], [JsonCacher])
    def double(record, data):
        lab.ran(record)
        return data * 2

    record = Record(lab.manager(), three[0])
    record.state["data"] = 5
    values = [double(record).state["data"] for _ in range(3)]
    assert values == [10, 10, 10]
    assert lab.executed() == {"double p2": 1}


def test_other_keywords_give_other_values(lab, make, three, mode):
    @stage(["numbers"], ["raised"], [JsonCacher])
    def raised(record, numbers, to=1):
        lab.ran(record)
        return [number**to for number in numbers]

    def run(param_sets, manager):
        record = make(Record(manager, param_sets[2]))
        return [raised(record, **to).state["raised"] for to in ({}, {"to": 2}, {"to": 3}, {})]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [
            [0, 1, 2, 3],
            [0, 1, 4, 9],
            [0, 1, 8, 27],
            [0, 1, 2, 3],
        ]


def test_the_last_keywords_are_reused(lab, three, mode):
    @stage(outputs=["power"], cachers=[JsonCacher])
    def power(record, to=1):
        lab.ran(record)
        return record.params.size**to

    def raised(to):
        def run(param_sets, manager):
            return power(Record(manager, param_sets[1]), to=to).state["power"]

        return lab.run(run, *three, mode=mode), lab.executed()

    assert [raised(to) for to in (2, 2, 3, 3)] == [
        (9, {"power p3": 1}),
        (9, {}),
        (27, {"power p3": 1}),
        (27, {}),
    ]


def test_an_earlier_value_is_kept_by_the_record_that_holds_it(lab, make, three, mode):
    """Two records of one parameter set share files; each one's state means its own call."""

    @stage(["numbers"], ["sums"], [PickleCacher])
    def shifted(record, numbers, by=0):
        return [number + by for number in numbers]

    def run(param_sets, manager):
        first = shifted(make(Record(manager, param_sets[0])), by=1)
        second = shifted(make(Record(manager, param_sets[0])), by=5)
        return first.state["sums"], second.state["sums"]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == ([1, 2], [5, 6])


def test_a_keyword_in_place_of_an_input_counts(lab, make, add, three, mode):
    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        return [add(record, numbers=given).state["total"] for given in ([7], [8], [8])]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [7, 8, 8]


def test_what_a_stage_reads_from_state_undeclared_counts_as_its_input(lab, make, three, mode):
    @stage(outputs=["total"], cachers=[JsonCacher])
    def add_secretly(record):
        lab.ran(record)
        return sum(record.state["numbers"]) + record.state["offset"]

    def run(param_sets, manager, offset=0):
        record = Record(manager, param_sets[0])
        record.state["offset"] = offset
        return add_secretly(make(record)).state["total"]

    def shifted(sets, manager):
        return run(sets, manager, offset=100)

    assert lab.run(run, *three, mode=mode) == 1
    assert lab.run(run, *three, mode=mode) == 1
    assert lab.executed() == {"make p2": 1, "add_secretly p2": 1}
    assert lab.run(shifted, *three, mode=mode) == 101
    assert lab.executed() == {"add_secretly p2": 1}


def test_an_aggregate_reads_every_record(lab, make, add, three, mode):
    @aggregate(["total"], ["highest"], [JsonCacher])
    def highest(record, records, total):
        lab.ran(record)
        return max(total.values())

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))
        return highest(Record(manager, None)).state["highest"]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == 6
    assert lab.executed()["highest all"] == 1
    # fewer records are another aggregate, and the old one is still there
    assert lab.run(run, *three[:2], mode=mode) == 3
    assert lab.executed() == {"highest all": 1}
    assert lab.run(run, *three, mode=mode) == 6
    assert lab.executed() == {}


def test_an_aggregate_without_inputs_depends_on_what_it_reads(lab, make, three, mode):
    @aggregate(outputs=["lengths"], cachers=[JsonCacher])
    def lengths(record, records):
        lab.ran(record)
        return sorted(len(other.state["numbers"]) for other in records)

    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        return lengths(Record(manager, None), records).state["lengths"]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [2, 3, 4]
    assert lab.executed()["lengths all"] == 1
    assert lab.run(run, *three, mode=mode, overwrite_stages=["make"]) == [2, 3, 4]


def test_the_order_of_records_counts_for_an_aggregate(lab, make, three, mode):
    @aggregate(["numbers"], ["lengths"], [JsonCacher])
    def lengths(record, records, numbers):
        lab.ran(record)
        return [len(numbers[other]) for other in records]

    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        return lengths(Record(manager, None), records).state["lengths"]

    assert lab.run(run, *three, mode=mode) == [2, 3, 4]
    assert lab.run(run, *three[::-1], mode=mode) == [4, 3, 2]


def test_names_and_order_of_records_count_without_any_input_too(lab, make, three, mode):
    @aggregate(outputs=["names"], cachers=[JsonCacher])
    def names(record, records):
        return [other.params.name for other in records]

    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        return names(Record(manager, None), records).state["names"]

    assert lab.run(run, *three, mode=mode) == ["p2", "p3", "p4"]
    assert lab.run(run, *three[::-1], mode=mode) == ["p4", "p3", "p2"]
    three[0].name = "renamed"
    assert lab.run(run, *three, mode=mode) == ["renamed", "p3", "p4"]


def test_uncached_stages_in_between_run_only_when_needed(lab, make, three, mode):
    @stage(["numbers"], ["doubled"])
    def double(record, numbers):
        lab.ran(record)
        return [number * 2 for number in numbers]

    @stage(["doubled"], ["total"], [JsonCacher])
    def add(record, doubled):
        lab.ran(record)
        return sum(doubled)

    def run(param_sets, manager):
        return add(double(make(Record(manager, param_sets[1])))).state["total"]

    assert lab.run(run, *three, mode=mode) == 6
    assert lab.executed() == {"make p3": 1, "double p3": 1, "add p3": 1}
    assert lab.run(run, *three, mode=mode) == 6
    assert lab.executed() == ({} if mode == "plan" else {"double p3": 1})
    lab.file("_add_total.json").unlink()
    assert lab.run(run, *three, mode=mode) == 6
    assert lab.executed() == {"double p3": 1, "add p3": 1}


def test_a_changed_input_of_an_uncached_stage_reaches_through(lab, three, mode):
    @stage(["given"], ["doubled"])
    def double(record, given):
        return given * 2

    @stage(["doubled"], ["result"], [JsonCacher])
    def keep(record, doubled):
        lab.ran(record)
        return doubled + 1

    def run_with(value):
        def run(param_sets, manager):
            record = Record(manager, param_sets[0])
            record.state["given"] = value
            return keep(double(record)).state["result"]

        return lab.run(run, *three, mode=mode)

    assert [run_with(1), run_with(1), run_with(2), run_with(1)] == [3, 3, 5, 3]
    assert lab.executed() == {"keep p2": 3}


def test_lazy_outputs_are_read_where_they_are_needed(lab, three, mode):
    @stage(outputs=[Lazy("numbers")], cachers=[PickleCacher])
    def make(record):
        lab.ran(record)
        return list(range(record.params.size))

    @stage(["numbers"], ["total"], [JsonCacher])
    def add(record, numbers):
        lab.ran(record)
        return sum(numbers)

    def run(param_sets, manager):
        return [add(make(Record(manager, params))).state["total"] for params in param_sets]

    for _ in range(2):
        assert lab.run(run, *three, mode=mode) == [1, 3, 6]
    assert set(lab.executed().values()) == {1}


def test_damage_that_is_found_while_running_starts_the_run_again(lab, make, add, three):
    def run(param_sets, manager):
        turns.append(manager.map_mode)
        records = [add(make(Record(manager, params))) for params in param_sets]
        return [(record.state["numbers"], record.state["total"]) for record in records]

    turns = []
    expected = [([0, 1], 1), ([0, 1, 2], 3), ([0, 1, 2, 3], 6)]
    assert lab.run(run, *three) == expected
    damaged = lab.file(f"{three[1].params_hash()}_make_numbers.json")
    damaged.write_bytes(damaged.read_bytes().replace(b"1", b"7"))
    lab.executed(), turns.clear()
    assert lab.run(run, *three) == expected
    assert lab.executed() == {"make p3": 1}
    assert turns[-1] is False
    assert turns.count(False) <= 2
    assert any(damaged.name in notice for notice in lab.notices)


def test_damage_to_what_a_running_stage_reads_is_mended_with_one_new_start(lab, make, add, three):
    def run(param_sets, manager):
        turns.append(manager.map_mode)
        return [add(make(Record(manager, params))).state["total"] for params in param_sets]

    turns = []
    lab.run(run, *three)
    damaged = lab.file(f"{three[2].params_hash()}_make_numbers.json")
    damaged.write_bytes(damaged.read_bytes().replace(b"1", b"7"))
    for path in lab.cache.glob("*_add_total*"):
        path.unlink()
    lab.executed(), turns.clear()
    assert lab.run(run, *three) == [1, 3, 6]
    assert turns == [True, False, True, False]
    assert lab.executed() == {"make p4": 1, "add p2": 1, "add p3": 1, "add p4": 1}


def test_a_changed_copy_of_parameters_in_run_does_not_reach_the_next_pass(lab, add, make, three):
    def run(param_sets, manager):
        seen = [params.size for params in param_sets]
        for params in param_sets:
            params.size += 1
            make(Record(manager, params))
        return seen

    assert lab.run(run, *three) == [2, 3, 4]
