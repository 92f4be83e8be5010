"""Databases that another version wrote: earlier ones are brought up to date, later ones left."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from curifactory.errors import HistoryError
from curifactory.past.questions import open_past

VERSION_1 = Path(__file__).parent / "files" / "version_1.sqlite"


@pytest.fixture
def from_version_1(tmp_path):
    shutil.copy(VERSION_1, tmp_path / "runs.sqlite")
    return open_past(tmp_path, pytest.fail)


def test_a_file_of_version_1_is_what_it_is_said_to_be():
    with closing(sqlite3.connect(VERSION_1)) as connection, connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_runs_of_version_1_keep_all_that_was_known_of_them(from_version_1):
    small, failed, killed, live = from_version_1.runs()
    assert [small.number, failed.number, killed.number, live.number] == [1, 2, 3, 1]
    assert [small.status, failed.status] == ["complete", "error"]
    assert [killed.status, live.status] == ["dead", "LIVE"]
    assert small.notes == "from version 1"
    assert small.started.timestamp() == 1795403972
    assert small.commit == "e6fdb105a47026810094e4986851e4f83a963dcb"
    assert (small.host, small.dirty) == ("laptop", True)
    assert small.steps == {"run": 1, "loaded": 0, "skipped": 0}
    assert failed.parameter_sets == {"large": {"size": 9}, "small": {"size": 3}}


def test_numbers_go_on_after_those_of_version_1(from_version_1, begin):
    assert begin("one").number == 4
    assert begin("notebook").number == 2


def test_a_dry_run_counts_on_from_version_1_and_changes_nothing(from_version_1, history, tmp_path):
    before = (tmp_path / "runs.sqlite").read_bytes()
    assert history.next_number("one") == 4
    assert (tmp_path / "runs.sqlite").read_bytes() == before


def test_runs_of_version_1_survive_damage_that_comes_later(from_version_1, told, tmp_path, begin):
    begin("one")
    (tmp_path / "runs.sqlite").write_bytes(b"garbage" * 500)
    begin("one")
    assert "4 runs." in told[0]
    found = open_past(tmp_path, pytest.fail).runs()
    assert [run.reference for run in found][:3] == [
        "one_1_2026-11-23-T031932",
        "one_2_2026-11-23-T031933",
        "one_3_2026-11-23-T031933",
    ]
    assert found[1].parameter_sets == {"large": {"size": 9}, "small": {"size": 3}}


@pytest.fixture
def from_version_99(tmp_path, begin):
    begin(), begin()
    with closing(sqlite3.connect(tmp_path / "runs.sqlite")) as connection, connection:
        connection.execute("ALTER TABLE runs ADD COLUMN colour TEXT")
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    return tmp_path / "runs.sqlite"


def test_a_newer_database_is_left_as_it_is_and_the_run_goes_on(
    from_version_99, begin, history, told
):
    before = from_version_99.read_bytes()
    assert begin().number == 3
    history.write_views()
    assert from_version_99.read_bytes() == before
    assert len(told) == 1
    assert "newer version" in told[0]
    assert history.files.read("e_3_T").entry.number == 3


def test_two_runs_beside_a_newer_database_share_no_reference(from_version_99, begin):
    assert [begin().number, begin().number] == [3, 4]


def test_reading_a_newer_database_is_one_clear_error(from_version_99, tmp_path):
    with pytest.raises(HistoryError, match="newer version of curifactory"):
        open_past(tmp_path, pytest.fail).runs()
