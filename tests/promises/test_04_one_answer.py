"""Promise 4: what is printed as plan is what is executed; each departure has a reason."""

from __future__ import annotations

import random

import pytest

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.events import Departed, Finished, Planned

STAGES = ("make", "scale", "pass_on", "add", "best")


@pytest.fixture
def run(lab):
    """Five stages: a chain with an uncached link, a lazy output and an aggregate at the end."""

    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return list(range(record.params.size))

    @stage(["numbers"], [Lazy("scaled")], [PickleCacher])
    def scale(record, numbers):
        lab.ran(record)
        return [number * record.params.factor for number in numbers]

    @stage(["scaled"], ["passed"])
    def pass_on(record, scaled):
        lab.ran(record)
        return scaled

    @stage(["passed", "numbers"], ["total"], [JsonCacher])
    def add(record, passed, numbers):
        lab.ran(record)
        return sum(passed)

    @aggregate(["total"], ["best"], [JsonCacher])
    def best(record, records, total):
        lab.ran(record)
        return max(total.values())

    def run(param_sets, manager):
        for params in param_sets:
            add(pass_on(scale(make(Record(manager, params)))))
        record = best(Record(manager, None))
        return None if manager.map_mode else record.state["best"]

    return run


def disturb(lab, chance) -> dict:
    """Something that happens to a cache between two runs; gives the options of the next one."""
    files = sorted(path for path in lab.cache.iterdir() if "_metadata" not in path.name)
    what = chance.choice(["nothing", "remove", "truncate", "metadata", "overwrite"])
    if what == "overwrite":
        return {"overwrite_stages": [chance.choice(STAGES)]}
    for path in chance.sample(files, chance.randint(1, 3)):
        if what == "remove":
            path.unlink()
        elif what == "truncate":
            path.write_bytes(path.read_bytes()[:-1])
        elif what == "metadata":
            path.with_name(path.stem + "_metadata.json").write_text("{")
    return {}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_planned_is_what_is_done(lab, run, seed):
    chance = random.Random(seed)
    sets = [lab.Params(f"p{size}", size=size) for size in (2, 3, 4)]
    lab.run(run, *sets)
    for _ in range(4):
        lab.executed()
        options = disturb(lab, chance)
        assert lab.run(run, *sets, **options) == 12
        departed = [event for event in lab.events if isinstance(event, Departed)]
        assert all(event.reason for event in departed)
        for event in departed:
            key = f"{event.step.stage} {event.step.record}"
            assert (lab.planned[key], lab.decisions[key]) == (event.planned, event.done)
        elsewhere = {f"{event.step.stage} {event.step.record}" for event in departed}
        for key, decision in lab.planned.items():
            assert key in elsewhere or lab.decisions[key] == decision
        ran = {key for key, decision in lab.decisions.items() if decision == "RUN"}
        names = {key.rsplit(" ", 1)[0] for key in lab.executed()}
        assert {key.rsplit(" ", 1)[0] for key in ran} == names


def test_every_decision_has_a_reason(lab, run):
    sets = [lab.Params("a"), lab.Params("b", size=5)]
    for options in ({}, {}, {"overwrite": True}):
        lab.run(run, *sets, **options)
        (plan,) = [event for event in lab.events if isinstance(event, Planned)]
        assert all(step.reason for step in plan.steps)
        assert all(event.reason for event in lab.events if isinstance(event, Finished))


def test_an_equal_result_stops_the_wave_and_says_so(lab, mode):
    @stage(outputs=["parity"], cachers=[JsonCacher])
    def parity(record, of=2):
        lab.ran(record)
        return of % 2

    @stage(["parity"], ["word"], [JsonCacher])
    def word(record, parity):
        lab.ran(record)
        return ("even", "odd")[parity]

    def run_with(of):
        def run(param_sets, manager):
            record = word(parity(Record(manager, param_sets[0]), of=of))
            return None if manager.map_mode else record.state["word"]

        return lab.run(run, lab.Params("a"), mode=mode)

    assert run_with(2) == "even"
    lab.executed()
    assert run_with(4) == "even"
    assert lab.executed() == {"parity a": 1}
    if mode == "plan":
        assert (lab.planned["word a"], lab.decisions["word a"]) == ("RUN", "LOAD")
        (departed,) = [event for event in lab.events if isinstance(event, Departed)]
        assert departed.step.stage == "word"
    assert run_with(5) == "odd"
    assert lab.executed() == {"parity a": 1, "word a": 1}
