"""Pins: what is to be kept, whatever else is removed."""

from __future__ import annotations

import pytest

from curifactory.errors import ArtifactSaveError
from curifactory.runs.pins import pin, pins, unpin


@pytest.fixture
def pinned(history):
    """What is pinned, with its notes."""
    return lambda: {(one.kind, one.key): one.note for one in history.database.read(pins, [])}


def test_runs_and_artifacts_are_pinned_and_unpinned(history, pinned):
    pin(history, [("run", "e_1_T"), ("artifact", "cache/x_metadata.json")], "paper")
    assert pinned() == {("run", "e_1_T"): "paper", ("artifact", "cache/x_metadata.json"): "paper"}
    unpin(history, [("run", "e_1_T"), ("run", "never")])
    assert pinned() == {("artifact", "cache/x_metadata.json"): "paper"}


def test_a_pin_keeps_its_note_until_it_gets_another(history, pinned):
    for note in ("paper", None, "thesis"):
        pin(history, [("run", "e_1_T")], note)
        assert pinned() == {("run", "e_1_T"): note or "paper"}


def test_pins_survive_the_loss_of_the_database(history, pinned, tmp_path):
    pin(history, [("run", "e_1_T")])
    pin(history, [("run", "e_2_T")])
    unpin(history, [("run", "e_1_T")])
    (tmp_path / "runs.sqlite").unlink()
    assert pinned() == {("run", "e_2_T"): None}


def test_a_pin_that_could_not_be_restored_is_not_made(history, pinned, tmp_path):
    (tmp_path / "history").mkdir()
    (tmp_path / "history/pins.json").mkdir()
    with pytest.raises(ArtifactSaveError, match=r"No pin was changed: .*pins\.json"):
        pin(history, [("run", "e_1_T")])
    assert pinned() == {}
