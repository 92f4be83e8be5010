"""What lies in a slot: valid, unverified, damaged or missing, and why."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from curifactory.errors import UnusableArtifactError
from curifactory.store.look import look, verify_file
from curifactory.store.metadata import SCHEMA, render
from curifactory.store.slot import Slot, cache_slot
from curifactory.store.staging import Staging
from curifactory.store.writing import StepWriting


@pytest.fixture
def slot(tmp_path):
    slot = cache_slot(str(tmp_path / "cache"), "exp_abc_stage_x", ".txt")
    save(slot)
    return slot


def save(slot):
    staging = Staging()
    writing = StepWriting({"x": slot}, staging, lambda _: False, lambda *_: None)
    use = writing.use_for_save("x", staged=True)
    Path(use.path()).write_text("main")
    (Path(use.folder("_parts")) / "0.txt").write_text("part")
    # asked for, and not written
    use.path("_optional")
    writing.commit(lambda *_: {"schema": SCHEMA})
    staging.close()


def test_a_whole_artifact_is_valid(slot):
    found = look(slot)
    assert found.usable
    assert (found.state, found.reason) == ("valid", "")
    assert found.commit.size == len("main") + len("part")


def test_nothing_at_all_is_missing(tmp_path):
    found = look(cache_slot(str(tmp_path / "no" / "folder"), "x"))
    assert (found.state, found.reason) == ("missing", "it is not in the cache")
    assert not found.usable


def test_files_without_metadata_are_missing(slot):
    os.unlink(slot.metadata_path)
    assert look(slot).state == "missing"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda s: os.unlink(s.path()), "exp_abc_stage_x.txt is missing"),
        (lambda s: Path(s.path()).write_text("mai"), "has 3 bytes, not 4"),
        (lambda s: os.unlink(s.path("_parts/0.txt")), "0.txt is missing"),
        (lambda s: Path(s.path("_parts/1.txt")).write_text(""), "1.txt does not belong to it"),
        (lambda s: Path(s.path("_parts/.h")).write_text(""), "does not belong to it"),
        (lambda s: Path(s.path("_optional")).write_text(""), "_optional does not belong to it"),
        (lambda s: shutil.rmtree(s.path("_parts")), "0.txt is missing"),
        (lambda s: Path(s.metadata_path).write_text("{"), "does not parse"),
        (lambda s: Path(s.metadata_path).write_bytes(b""), "does not parse"),
        (lambda s: Path(s.metadata_path).write_text("3"), "not a JSON object"),
        (lambda s: edit(s, ": 1,", ": 2,"), "schema 2"),
        (lambda s: edit(s, '"time": 1', '"time": 2'), "changed after it was written"),
    ],
)
def test_damage_is_told_with_its_reason(slot, damage, reason):
    damage(slot)
    found = look(slot)
    assert found.state == "damaged"
    assert reason in found.reason
    assert not found.usable


def edit(slot, old, new):
    path = Path(slot.metadata_path)
    path.write_text(path.read_text().replace(old, new, 1))


def test_an_artifact_copied_to_another_name_is_not_that_artifact(slot):
    other = cache_slot(slot.folder, "exp_abc_stage_y", ".txt")
    for path in os.listdir(slot.folder):
        source = os.path.join(slot.folder, path)
        target = os.path.join(slot.folder, path.replace("_x", "_y"))
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
    assert look(other).state == "damaged"
    assert "belongs to another artifact" in look(other).reason


def test_a_moved_cache_folder_stays_valid(slot, tmp_path):
    os.rename(slot.folder, tmp_path / "elsewhere")
    moved = slot.moved(str(tmp_path / "elsewhere"))
    found = look(moved)
    assert found.state == "valid"
    verify_file(moved, found.commit, moved.path())


def test_a_commit_that_is_none_is_an_interrupted_save(slot):
    Path(slot.metadata_path).write_bytes(render({"schema": SCHEMA, "commit": None}))
    assert look(slot).state == "missing"
    assert "interrupted" in look(slot).reason


@pytest.mark.parametrize("commit", [3, {}, {"generation": "x"}, {"files": 3}])
def test_a_commit_that_is_none_of_ours_is_damage(slot, commit):
    Path(slot.metadata_path).write_bytes(render({"schema": SCHEMA, "commit": commit}))
    assert look(slot).state == "damaged"


def test_metadata_of_an_older_layout_is_unverified(slot):
    Path(slot.metadata_path).write_text(json.dumps({"artifact_name": "x"}))
    found = look(slot)
    assert found.usable
    assert found.document is not None
    assert (found.state, found.document.whole()) == ("unverified", {"artifact_name": "x"})


def test_a_file_at_a_static_path_of_the_user_is_theirs(tmp_path):
    (tmp_path / "x.txt").write_text("own")
    assert look(Slot.at(str(tmp_path / "x.txt"), ".txt")).state == "unverified"
    assert look(Slot.at(str(tmp_path / "x.txt"), ".txt", static=False)).state == "missing"
    assert look(Slot.at(str(tmp_path / "y.txt"), ".txt")).state == "missing"


def test_a_flipped_byte_is_found_when_the_file_is_read(slot):
    commit = look(slot).commit
    verify_file(slot, commit, slot.path())
    Path(slot.path()).write_text("mair")
    assert look(slot).state == "valid"
    with pytest.raises(UnusableArtifactError, match=r"exp_abc_stage_x\.txt are not those"):
        verify_file(slot, commit, slot.path())


def test_a_folder_is_verified_with_all_its_files(slot):
    commit = look(slot).commit
    verify_file(slot, commit, slot.path("_parts"))
    Path(slot.path("_parts/0.txt")).write_text("pary")
    with pytest.raises(UnusableArtifactError, match=r"0\.txt are not those"):
        verify_file(slot, commit, slot.path("_parts"))


def test_a_file_that_is_not_of_the_artifact_is_not_read(slot):
    Path(slot.path("_foreign")).write_text("")
    with pytest.raises(UnusableArtifactError, match="does not belong"):
        verify_file(slot, look(slot).commit, slot.path("_foreign"))


def test_a_file_that_vanished_is_named(slot):
    commit = look(slot).commit
    os.unlink(slot.path())
    with pytest.raises(UnusableArtifactError, match=r"exp_abc_stage_x\.txt cannot be read"):
        verify_file(slot, commit, slot.path())
