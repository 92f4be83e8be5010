"""Fixtures of all tests; see `laboratory` for what they are."""

from __future__ import annotations

import logging
import signal

import pytest

from laboratory import MODES, Lab, Project

# a shell that starts tests in the background has them, and all that they start, ignore Ctrl-C
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=MODES)
def mode(request) -> str:
    """Each of the engine's modes in turn."""
    return request.param


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Lab:
    (tmp_path / "curifactory_config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return Lab(tmp_path)


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture(autouse=True)
def _stages_are_watched(request, monkeypatch, caplog):
    """No stage of a test changes its inputs, but where that is what is tested (`unwatched`)."""
    if request.node.get_closest_marker("unwatched"):
        yield
        return
    monkeypatch.setenv("CURIFACTORY_CHECK_MUTATION", "true")
    yield
    said = [record.getMessage() for record in caplog.get_records("call")]
    assert not [message for message in said if "changed its input" in message]


@pytest.fixture(autouse=True)
def _our_logger_is_left_as_it_was():
    logger = logging.getLogger("curifactory")
    before = (list(logger.handlers), logger.level)
    yield
    assert (list(logger.handlers), logger.level) == before
