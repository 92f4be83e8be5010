"""The doctor tries out what the store builds on."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

from curifactory.care import folder_checks
from curifactory.care.doctor import examine


def examined(tmp_path) -> dict[tuple[str, str], object]:
    found = examine(str(tmp_path / "data" / "cache"), str(tmp_path / "data"))
    return {(finding.check, finding.place): finding for finding in found}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_each_check_is_made_in_both_folders_and_leaves_nothing(tmp_path, home):
    found = examined(tmp_path)
    for check in ("locks", "renames", "case", "clock", "free space", "long names"):
        for folder in (tmp_path / "data" / "cache", tmp_path / "data"):
            assert (check, str(folder)) in found
    assert found["locks", str(tmp_path / "data")].level == "ok"
    assert found["renames", str(tmp_path / "data")].level == "ok"
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ok_says_what_to_do(tmp_path, home):
    assert all(f.remedy for f in examined(tmp_path).values() if f.level != "ok")


def test_locks_that_exclude_nobody_are_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_checks, "_TRY_LOCK", "print(True)")
    finding = folder_checks.locks("here", str(tmp_path))
    assert (finding.level, finding.says) == ("warn", "two processes held one at the same time")


def test_locks_that_stay_are_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_checks, "_TRY_LOCK", "print(False)")
    finding = folder_checks.locks("here", str(tmp_path))
    assert (finding.level, finding.says) == ("warn", "one stayed when it was given back")


def test_renames_that_are_no_single_step_are_found_out(tmp_path, monkeypatch):
    def replace(source, target):
        os.unlink(target)
        time.sleep(0.005)
        os.rename(source, target)

    monkeypatch.setattr(folder_checks, "os", SimpleNamespace(path=os.path, replace=replace))
    monkeypatch.setattr(folder_checks, "_RENAMES", 20)
    finding = folder_checks.renames("here", str(tmp_path))
    assert finding.says == "a file was missing while it was replaced"


def test_names_that_do_not_differ_by_case_are_found_out(tmp_path):
    (tmp_path / "cASE").write_text("")
    assert folder_checks.case("here", str(tmp_path)).level == "warn"


def test_a_clock_that_is_apart_from_file_times_is_found_out(tmp_path, monkeypatch):
    ahead = SimpleNamespace(time=lambda: time.time() + 100, sleep=time.sleep)
    monkeypatch.setattr(folder_checks, "time", ahead)
    finding = folder_checks.clock("here", str(tmp_path))
    assert finding.level == "warn"
    assert finding.says == "file times are 100 s behind the clock"


def test_file_times_that_do_not_tell_writes_apart_are_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_checks, "file_state", lambda path: (0, 0, 0, 0, 0))
    assert "have one file time" in folder_checks.clock("here", str(tmp_path)).says


def test_little_space_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_checks, "_LEAST_FREE_BYTES", 1 << 60)
    assert folder_checks.free_space("here", str(tmp_path)).level == "warn"


def test_names_that_are_too_long_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_checks, "MAX_FILE_NAME_BYTES", 100_000)
    assert folder_checks.long_names("here", str(tmp_path)).level == "warn"


def test_a_folder_that_takes_no_files_is_told(home):
    found = {f.check: f for f in examine("/proc/self/cache", "/proc/self")}
    assert found["renames"].level == "warn"
    assert "could not be tried in /proc" in found["renames"].says


def test_a_key_that_others_may_read_is_told(tmp_path, home):
    key = home / "curifactory" / "seal.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(b"k" * 32)
    key.chmod(0o644)
    finding = examined(tmp_path)["seal key", str(key)]
    assert (finding.level, finding.remedy) == ("warn", f"chmod 600 {key}")
    key.chmod(0o600)
    assert examined(tmp_path)["seal key", str(key)].level == "ok"


def test_a_place_without_hard_links_for_the_key_is_told(tmp_path, home, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    finding = examined(tmp_path)["seal key", str(home / "curifactory" / "seal.key")]
    assert finding.says == ("it cannot be made: there are no hard links (Operation not permitted)")


def test_an_extra_that_is_not_installed_is_a_note_with_the_command(tmp_path, home, monkeypatch):
    from curifactory.care import doctor

    installed = {"pandas": False}
    monkeypatch.setattr(doctor, "_is_installed", lambda name: installed.get(name, True))
    found = examined(tmp_path)
    assert found["extra", "pandas"].level == "note"
    assert found["extra", "pandas"].remedy == ('If you need it: pip install "curifactory[pandas]"')
    assert found["extra", "reports"].level == "ok"
    assert ("extra", "dev") not in found
