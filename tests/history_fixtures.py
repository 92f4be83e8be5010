"""A history to write to and to ask, without runs."""

from __future__ import annotations

import pytest

from curifactory.runs.entry import RunEntry
from curifactory.runs.history import History


@pytest.fixture
def told():
    """What a history said."""
    return []


@pytest.fixture
def history(tmp_path, told):
    return History(str(tmp_path), told.append)


@pytest.fixture
def begin(history):
    """Enter a run, with whatever facts; gives its row."""

    def enter(experiment="e", **facts):
        def describe(number):
            known = {"status": "LIVE", "started": 1000.0 + number, "info": "{}", **facts}
            return RunEntry(f"{experiment}_{number}_T", experiment, number, **known)

        return history.begin(experiment, describe)

    return enter


@pytest.fixture
def rows(history):
    """Ask the database."""

    def ask(question, *values):
        return history.database.read(lambda c: c.execute(question, values).fetchall(), [])

    return ask


@pytest.fixture
def change(history):
    """Change the database."""

    def do(statement, *values):
        history.database.write(lambda connection: connection.execute(statement, values))

    return do
