"""Runs are removed and noted on; a rebuild brings back what was lost, and not what was removed."""

from __future__ import annotations

import json

import pytest

import curifactory
from curifactory import Record, stage
from curifactory.caching import JsonCacher
from curifactory.errors import RunNotFoundError
from curifactory.runs.changing import note_on_run, remove_run, why_not_to_remove
from curifactory.runs.entry import RunFile
from curifactory.runs.history import History
from curifactory.runs.process import this_process
from curifactory.runs.rebuilding import rebuild


@stage(None, ["data"], [JsonCacher])
def make(record):
    return list(range(record.params.size))


@stage(["data"], ["sum"], [JsonCacher])
def add(record, data):
    return sum(data)


def run(param_sets, manager):
    for params in param_sets:
        add(make(Record(manager, params)))


@pytest.fixture
def lab(lab):
    """A lab with three runs."""
    for size in (2, 3, 3):
        lab.run(run, lab.Params(name=f"size {size}", size=size), notes=f"n{size}")
    return lab


@pytest.fixture
def history(lab, told):
    return History("data/", told.append)


def shown(lab):
    return [one["run_number"] for one in json.loads((lab.root / "data/store.json").read_text())]


def whole(found):
    return [(one.to_json(), one.parameter_sets, one.environment, one.artifacts) for one in found]


def test_a_removed_run_is_nowhere_listed_and_its_number_is_not_given_again(lab, history):
    remove_run(history, curifactory.history()["lab_3"].reference)
    assert [one.number for one in curifactory.history()] == [1, 2]
    assert shown(lab) == [1, 2]
    assert history.next_number("lab") == 4
    assert len([*lab.cache.iterdir()]) == 8, "no artifact is touched"


def test_a_removed_run_does_not_come_back_with_a_rebuild(lab, history):
    remove_run(history, curifactory.history()["lab_1"].reference)
    (lab.root / "data/runs.sqlite").unlink()
    rebuild(history, "data/cache", "cache")
    assert [one.number for one in curifactory.history()] == [2, 3]
    remove_run(history, curifactory.history()["lab_3"].reference)
    (lab.root / "data/runs.sqlite").unlink()
    assert rebuild(history, "data/cache", "cache").runs == 1
    assert history.next_number("lab") == 4


def test_what_is_not_there_cannot_be_removed(history):
    with pytest.raises(RunNotFoundError, match="lab_9"):
        remove_run(history, "lab_9")


def test_a_pinned_or_running_run_is_not_to_be_removed(lab, history, begin, change):
    reference = curifactory.history()[0].reference
    assert why_not_to_remove(history, reference) is None
    change("INSERT INTO pins VALUES ('run', ?, 0.0, NULL)", reference)
    assert why_not_to_remove(history, reference) == "it is pinned"
    here = this_process()
    going_on = begin(status="running", host=here.host, pid=here.pid, process=here.mark)
    assert "running" in why_not_to_remove(history, going_on.reference)
    gone = begin(status="running", host=here.host, pid=here.pid, process=here.mark + "0")
    assert why_not_to_remove(history, gone.reference) is None


def test_a_note_is_seen_everywhere_and_survives_a_rebuild(lab, history):
    reference = curifactory.history()[0].reference
    note_on_run(history, reference, "the good one")
    assert curifactory.history()[0].notes == "the good one"
    assert json.loads((lab.root / "data/store.json").read_text())[0]["notes"] == "the good one"
    (lab.root / "data/runs.sqlite").unlink()
    assert curifactory.history()[0].notes == "the good one"
    note_on_run(history, reference, "")
    assert curifactory.history()[0].notes is None


def test_a_note_made_while_a_run_goes_on_stays(lab, history):
    manager = lab.manager("plan")
    note_on_run(history, manager.get_reference_name(), "looks odd")
    manager.finish("complete")
    manager.close()
    assert curifactory.history()["latest"].notes == "looks odd"


def test_a_lost_database_comes_back_whole(lab, history, told):
    before = whole(curifactory.history())
    (lab.root / "data/runs.sqlite").unlink()
    assert whole(curifactory.history()) == before
    rebuild(history, "data/cache", "cache")
    assert whole(curifactory.history()) == before


def test_a_rebuild_of_what_is_whole_changes_nothing(lab, history, told, rows):
    tables = ("runs", "run_sets", "parameter_sets", "artifacts", "inputs", "uses", "numbers")

    def everything():
        return [sorted(rows(f"SELECT * FROM {table}"), key=repr) for table in tables]

    before = everything()
    done = rebuild(history, "data/cache", "cache")
    assert everything() == before
    assert told == []
    assert (done.runs, done.artifacts, done.unknown, done.unreadable) == (3, 4, 0, ())


def test_without_any_file_the_artifacts_tell_of_their_runs(lab, history):
    before = curifactory.history()
    (lab.root / "data/runs.sqlite").unlink()
    (lab.root / "data/history").rename(lab.root / "elsewhere")
    assert rebuild(history, "data/cache", "cache").unknown == 2
    found = curifactory.history()
    assert [one.reference for one in found] == [one.reference for one in before[:2]]
    assert [one.status for one in found] == ["unknown", "unknown"]
    assert [one.notes for one in found] == ["n2", "n3"]
    assert found[0].parameter_sets == {"size 2": {"size": 2, "factor": 2}}
    assert found[0].artifacts == before[0].artifacts


def test_a_file_of_a_run_that_is_damaged_costs_only_that_run(lab, history, told):
    path = history.files.path(curifactory.history()[1].reference)
    with open(path, "r+b") as file:
        file.seek(40)
        file.write(b"#")
    (lab.root / "data/runs.sqlite").write_bytes(b"garbage" * 300)
    rebuild(history, "data/cache", "cache")
    assert [(one.number, one.status) for one in curifactory.history()] == [
        (1, "complete"),
        (3, "complete"),
        (2, "unknown"),
    ]
    assert len(told) == 1
    assert "1 of these files cannot be read" in told[0]


def test_artifacts_that_were_removed_by_hand_count_as_gone_after_a_rebuild(lab, history):
    hash_ = curifactory.history()[0].hashes["size 2"]
    lab.file(f"{hash_}_add_sum_metadata.json").unlink()
    rebuild(history, "data/cache", "cache")
    gone = {one.name: one.gone for one in curifactory.history()[0].artifacts}
    assert gone == {"data": False, "sum": True}


def test_metadata_that_cannot_be_read_is_named(lab, history):
    (lab.cache / "broken_metadata.json").write_text("{")
    done = rebuild(history, "data/cache", "cache")
    assert [path.endswith("broken_metadata.json") for path in done.unreadable] == [True]


def test_a_run_whose_process_is_gone_is_dead_and_the_next_start_writes_so(
    history, begin, rows, lab
):
    here = this_process()
    facts = {"status": "running", "host": here.host, "info": '{"status": "running"}'}
    begin(**facts, pid=here.pid, process=here.mark)
    lost = begin(**facts, pid=here.pid, process=here.mark + "0")
    history.note_begun(RunFile(lost))
    assert [one.status for one in curifactory.history("e")] == ["running", "dead"]
    assert [one.number for one in curifactory.history(status="dead")] == [2]
    assert rows("SELECT status FROM runs WHERE experiment = 'e'") == [("running",), ("running",)]
    lab.run(run, lab.Params(name="size 2", size=2))
    assert rows("SELECT status, info FROM runs WHERE experiment = 'e'") == [
        ("running", '{"status": "running"}'),
        ("dead", '{"status": "dead"}'),
    ]
