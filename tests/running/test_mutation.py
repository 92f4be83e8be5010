"""Watching stages for changing their inputs in place."""

from __future__ import annotations

import json

import pytest

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher
from curifactory.experiment import run_experiment

pytestmark = pytest.mark.unwatched


def notices(lab) -> list[str]:
    return [message for message in lab.notices if "changed its input" in message]


@pytest.fixture(params=[True, False], ids=["cached input", "uncached input"])
def cached(request) -> bool:
    return request.param


@pytest.fixture
def run(lab, cached):
    """`spoil` appends to the list that it is given; `show` reads that list after it."""

    @stage(outputs=["numbers"], cachers=[JsonCacher] if cached else None)
    def make(record):
        lab.ran(record)
        return [1, 2]

    @stage(["numbers"], ["length"], cachers=[JsonCacher])
    def spoil(record, numbers):
        lab.ran(record)
        numbers.append(3)
        return len(numbers)

    @stage(["numbers", "length"], ["shown"], cachers=[JsonCacher])
    def show(record, numbers, length):
        lab.ran(record)
        return numbers

    def run(param_sets, manager):
        manager.check_mutation = watched
        record = show(spoil(make(Record(manager, param_sets[0]))))
        return None if manager.map_mode else record.state["shown"]

    watched = True
    return run


def test_stage_place_and_input_are_named_once(lab, run, mode):
    lab.run(run, lab.Params("a"), mode=mode)
    (message,) = notices(lab)
    assert message.startswith(f"Stage 'spoil' ({__file__}:")
    assert "changed its input 'numbers' in place" in message
    assert "Let it work on a copy." in message


def test_the_next_stage_sees_what_a_later_run_would_load(lab, run, cached, mode):
    shown = lab.run(run, lab.Params("a"), mode=mode)
    if cached:
        assert shown == [1, 2]
        lab.executed()
        lab.file("shown_metadata.json").unlink()
        assert lab.run(run, lab.Params("a"), mode=mode) == [1, 2]
    else:
        # there is nothing to load it from: what was made from it is not kept as reusable
        assert shown == [1, 2, 3]


def test_what_was_made_from_a_changed_value_is_not_reused(lab, run, cached):
    lab.run(run, lab.Params("a"))
    lab.executed()
    lab.run(run, lab.Params("a"))
    assert ("show a" in lab.executed()) is not cached


def test_nothing_is_said_unless_it_was_asked_for(lab, run, monkeypatch):
    (watched,) = [i for i, name in enumerate(run.__code__.co_freevars) if name == "watched"]
    run.__closure__[watched].cell_contents = False
    lab.run(run, lab.Params("a"))
    assert notices(lab) == []


def test_a_stage_that_only_reads_is_not_named(lab):
    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        return [1, 2]

    @stage(["numbers"], ["total"], cachers=[JsonCacher])
    def add(record, numbers):
        return sum(sorted(numbers))

    manager = lab.manager()
    manager.check_mutation = True
    add(make(Record(manager, lab.Params("a"))))
    assert notices(lab) == []


def test_a_value_of_the_users_own_is_watched_too(lab):
    @stage(["mine"], ["length"], cachers=[JsonCacher])
    def spoil(record, mine):
        mine["x"] = 1
        return len(mine)

    manager = lab.manager()
    manager.check_mutation = True
    record = Record(manager, lab.Params("a"))
    record.state["mine"] = {}
    spoil(record)
    (message,) = notices(lab)
    assert "'mine'" in message


@pytest.mark.parametrize("name", ["numbers", Lazy("numbers")], ids=["plain", "lazy"])
def test_an_aggregate_that_changes_what_one_of_its_records_holds_is_named(lab, name):
    @stage(outputs=[name], cachers=[JsonCacher])
    def make(record):
        return [record.params.size]

    @aggregate(["numbers"], ["total"], cachers=[JsonCacher])
    def collect(record, records, numbers):
        next(iter(numbers.values())).append(0)
        return sum(map(sum, numbers.values()))

    manager = lab.manager()
    manager.check_mutation = True
    records = [make(Record(manager, lab.Params("a", size=n))) for n in (1, 2)]
    collect(Record(manager, None))
    assert len(notices(lab)) == 1
    assert [record.state["numbers"] for record in records] == [[1], [2]]


EXPERIMENT = """\
    from curifactory import ExperimentParameters, Record, stage

    @stage(None, ["numbers"])
    def make(record):
        return [1]

    @stage(["numbers"], ["length"])
    def spoil(record, numbers):
        numbers.append(2)
        return len(numbers)

    def get_params():
        return [ExperimentParameters("a")]

    def run(param_sets, manager):
        for params in param_sets:
            spoil(make(Record(manager, params)))
    """
SAYS = "changed its input 'numbers' in place"


def test_the_command_watches_when_asked_to(project):
    project.write("experiments/exp.py", EXPERIMENT)
    plain, asked = project.command("exp"), project.command("exp", "--check-mutation")
    assert SAYS not in plain.stdout + plain.stderr
    assert SAYS in asked.stdout + asked.stderr


def test_the_configuration_can_ask_for_it(project):
    project.write("experiments/exp.py", EXPERIMENT)
    project.write("curifactory_config.json", json.dumps({"check_mutation": True}))
    done = project.command("exp")
    assert SAYS in done.stdout + done.stderr


def test_run_experiment_watches_when_asked_to(project, monkeypatch):
    project.write("experiments/watched.py", EXPERIMENT)
    monkeypatch.chdir(project.root)
    for asked in (True, False):
        _, manager = run_experiment("watched", quiet=True, report=False, check_mutation=asked)
        assert manager.check_mutation is asked
