"""A log that cannot be written ends, and the run goes on."""

from __future__ import annotations

import logging
import resource

import pytest

from curifactory.runs.log_file import LogFile


@pytest.fixture
def told():
    return []


def log(handler, *lines):
    for line in lines:
        handler.handle(logging.LogRecord("a", logging.INFO, "p", 1, line, None, None))


def test_lines_are_written_to_a_file_made_with_the_first(tmp_path, told):
    path = tmp_path / "logs" / "run.log"
    handler = LogFile(str(path), told.append)
    assert not path.parent.exists()
    log(handler, "one", "two")
    handler.close()
    assert path.read_text() == "one\ntwo\n"
    assert told == []


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path, told):
    (tmp_path / "logs").write_text("a file")
    handler = LogFile(str(tmp_path / "logs" / "run.log"), told.append)
    log(handler, "one", "two")
    handler.close()
    (message,) = told
    assert str(tmp_path / "logs" / "run.log") in message


def test_a_full_disk_is_told_once(tmp_path, told, capsys):
    handler = LogFile(str(tmp_path / "run.log"), told.append)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        log(handler, "one", "a line that is too long", "another")
        handler.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(told) == 1
    assert capsys.readouterr().err == ""


def test_a_message_that_cannot_be_formatted_is_still_its_authors(tmp_path, told, capsys):
    handler = LogFile(str(tmp_path / "run.log"), told.append)
    handler.handle(logging.LogRecord("a", logging.INFO, "p", 1, "%d", ("x",), None))
    log(handler, "after")
    handler.close()
    assert "TypeError" in capsys.readouterr().err
    assert told == []
    assert "after" in (tmp_path / "run.log").read_text()
