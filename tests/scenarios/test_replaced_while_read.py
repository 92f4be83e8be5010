"""Another run replaces artifacts while this one reads them: the right value, or an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import FileReferenceCacher, JsonCacher, PathRef, PickleCacher
from curifactory.errors import UnusableArtifactError


class Shared:
    """An experiment of which a second run may write the same artifacts anew at chosen moments."""

    def __init__(self, lab) -> None:
        self.lab = lab
        # what the other run does when this one says that it is in the middle of something
        self.meanwhile: list = []

        @stage(outputs=["files"], cachers=[FileReferenceCacher])
        def write(record, word="mine"):
            lab.ran(record)
            path = record.get_path("text.txt")
            with open(path, "w") as file:
                file.write(word)
            return [path]

        @stage(["files"], ["text"], [JsonCacher])
        def read(record, files):
            lab.ran(record)
            self.is_interrupted()
            with open(files[0]) as file:
                return file.read()

        self.write, self.read = write, read

    def is_interrupted(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()

    def other_run_writes(self, **arguments) -> None:
        """As another process would."""
        record = Record(self.lab.manager(overwrite=True), self.lab.Params("a"))
        self.write(record, **arguments)

    def other_run_is_writing(self) -> None:
        """As another process that has withdrawn what was there, and has not written yet."""
        self.lab.file("_metadata.json").unlink()
        self.lab.file("_write_text.txt").unlink()

    def run(self, **options):
        """The text that this run reads."""

        def run(param_sets, manager):
            record = self.read(self.write(Record(manager, param_sets[0])))
            return None if manager.map_mode else record.state["text"]

        return self.lab.run(run, self.lab.Params("a"), **options)


@pytest.fixture
def shared(lab) -> Shared:
    return Shared(lab)


@pytest.fixture(params=["plan", "no plan"])
def planned(request) -> str:
    return request.param


@pytest.mark.parametrize("word", ["mine", "other"])
def test_what_a_stage_read_from_files_that_were_replaced_meanwhile_counts_for_nothing(
    shared, planned, word
):
    shared.meanwhile = [lambda: shared.other_run_writes(word=word)]
    assert shared.run(mode=planned) == "mine"
    assert shared.lab.executed()["read a"] == 2
    assert any("starts again" in notice for notice in shared.lab.notices)
    assert shared.run(mode=planned) == "mine"
    assert shared.lab.executed() == {}


def test_a_stage_that_fails_since_its_file_is_being_replaced_runs_again(shared, planned):
    shared.meanwhile = [shared.other_run_is_writing]
    assert shared.run(mode=planned) == "mine"
    assert shared.lab.executed() == {"write a": 2, "read a": 2}


@pytest.mark.parametrize("text", ["", "part", "other"])
def test_without_locks_a_file_that_a_late_writer_changed_counts_for_nothing(
    shared, planned, text, monkeypatch
):
    """It withdrew the artifact before this run made it, and writes now."""
    monkeypatch.setenv("CURIFACTORY_LOCKING", "false")
    shared.meanwhile = [lambda: shared.lab.file("_write_text.txt").write_text(text)]
    assert shared.run(mode=planned) == "mine"
    assert shared.lab.executed() == {"write a": 2, "read a": 2}


def test_with_locks_a_stage_may_change_its_input_files_by_itself(shared, planned):
    shared.meanwhile = [lambda: shared.lab.file("_write_text.txt").write_text("its own")]
    assert shared.run(mode=planned) == "its own"
    assert shared.lab.executed() == {"write a": 1, "read a": 1}


def test_a_stage_that_fails_by_itself_fails_once(lab):
    shared = Shared(lab)

    def fail():
        raise ValueError("its own")

    shared.meanwhile = [fail] * 3
    with pytest.raises(ValueError, match="its own"):
        shared.run()
    assert len(shared.meanwhile) == 2


def test_files_that_are_replaced_again_and_again_end_in_an_error_that_names_the_other_run(shared):
    shared.meanwhile = [lambda: shared.other_run_writes(word="other")] * 20
    with pytest.raises(UnusableArtifactError, match=r"_write_files\.json were.* by run lab_"):
        shared.run()


def test_live_the_error_names_the_stage_to_call_again(shared):
    shared.meanwhile = [lambda: shared.other_run_writes(word="other")]
    with pytest.raises(UnusableArtifactError, match="Call stage 'write'"):
        shared.run(mode="live")
    assert shared.run(mode="live") == "mine"


def test_a_file_that_run_itself_fails_to_open_since_it_is_being_replaced(shared, planned):
    def run(param_sets, manager):
        record = shared.write(Record(manager, param_sets[0]))
        if manager.map_mode:
            return None
        path = record.state["files"][0]
        shared.is_interrupted()
        with open(path) as file:
            return file.read()

    shared.meanwhile = [shared.other_run_is_writing]
    assert shared.lab.run(run, shared.lab.Params("a"), mode=planned) == "mine"
    assert shared.lab.executed() == {"write a": 2}


def test_a_file_that_was_replaced_after_run_asked_for_it_is_told(shared):
    def run(param_sets, manager):
        record = shared.write(Record(manager, param_sets[0]))
        if not manager.map_mode:
            assert record.state["files"]
            shared.is_interrupted()

    shared.meanwhile = [lambda: shared.other_run_writes(word="other")]
    shared.lab.run(run, shared.lab.Params("a"))
    assert any("written anew after `run`" in notice for notice in shared.lab.notices)


def test_what_others_keep_replacing_is_read_from_links_in_the_end(lab, planned):
    @stage(outputs=[Lazy("big"), Lazy("small")], cachers=[PickleCacher, JsonCacher])
    def make(record, word="mine"):
        lab.ran(record)
        return word, word

    @stage(["big", "small"], ["seen"], [JsonCacher])
    def see(record, big, small):
        lab.ran(record)
        return big + small

    def intrude():
        make(Record(lab.manager(overwrite=True), lab.Params("a")), word="other")

    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        if not manager.map_mode:
            intrude()
        see(record)
        return None if manager.map_mode else (record.state["seen"], record.state["big"])

    assert lab.run(run, lab.Params("a"), mode=planned) == ("minemine", "mine")
    assert lab.executed() == {"make a": 4, "see a": 1}
    assert not [path for path in lab.cache.iterdir() if path.name.startswith(".")]


def test_a_mixture_that_two_others_left_is_made_anew_and_not_linked(lab):
    @stage(outputs=["big"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return 12

    @stage(["big"], ["seen"], [JsonCacher])
    def see(record, big):
        return big

    def others_leave_a_mixture():
        make(Record(lab.manager(), lab.Params("a")))
        file = lab.file("_make_big.json")
        file.write_text(file.read_text().replace("12", "99"))

    run_passes = []

    def run(param_sets, manager):
        if not manager.map_mode:
            run_passes.append(manager)
            if len(run_passes) == 3:
                others_leave_a_mixture()
        record = see(make(Record(manager, param_sets[0])))
        return None if manager.map_mode else record.state["big"]

    assert lab.run(run, lab.Params("a")) == 12
    # it is not needed, so that it is missed only when `run` asks for it
    for path in lab.cache.glob("*_make_big*"):
        path.unlink()
    assert lab.run(run, lab.Params("a")) == 12
    assert lab.executed() == {"make a": 3}


def test_a_path_that_a_later_call_of_its_stage_took_over_is_not_read_for_the_first_one(lab, mode):
    @stage(outputs=["path"], cachers=[PathRef])
    def write(record, word):
        path = record.stage_cachers[0].get_path()
        with open(path, "w") as file:
            file.write(word)
        return path

    @aggregate(["path"], ["texts"], [JsonCacher])
    def read(record, records, path):
        return [Path(path[one]).read_text() for one in records]

    def run(param_sets, manager):
        first = write(Record(manager, param_sets[0]), word="first")
        second = write(Record(manager, param_sets[0]), word="second")
        record = read(Record(manager, None), [first, second])
        return None if manager.map_mode else record.state["texts"]

    assert lab.run(run, lab.Params("a"), mode=mode) == ["first", "second"]


def test_without_locks_what_another_run_made_meanwhile_is_not_made_again(lab, monkeypatch):
    monkeypatch.setenv("CURIFACTORY_LOCKING", "false")

    @stage(outputs=["number"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return 1

    def run(param_sets, manager):
        if not manager.map_mode:
            make(Record(lab.manager(), lab.Params("a")))
        record = make(Record(manager, param_sets[0]))
        return None if manager.map_mode else record.state["number"]

    assert lab.run(run, lab.Params("a")) == 1
    assert lab.executed() == {"make a": 1}
