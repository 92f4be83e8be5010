"""The digits example after edits of a helper two modules away from the stage that uses it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HELPER = "digits/images.py"


@pytest.fixture
def edited(digits, tmp_path):
    """A copy of the project that was run, for each test to edit."""
    return digits.example.copied(tmp_path / "digits")


def edit(example, old, new):
    path = example.folder / HELPER
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))


def ask(example, *arguments):
    command = Path(sys.executable).with_name("curifactory")
    return example.execute(command, *arguments, "-p", "quick")


def test_an_edit_is_explained_and_exactly_what_it_changes_runs(edited):
    edit(edited, "return pixels / BRIGHTEST", "return pixels / (2 * BRIGHTEST)")
    told = ask(edited, "why", "digits", "extract_features", "-n", "pixels-neighbours")
    lines = (edited.folder / HELPER).read_text().splitlines()
    line = 1 + lines.index("def brightness(pixels: Floats) -> Floats:")
    assert f"brightness() in {HELPER}:{line}" in told
    assert "-    return pixels / BRIGHTEST\n" in told
    assert "+    return pixels / (2 * BRIGHTEST)\n" in told
    run = edited.run("-p", "quick")
    # both extract anew; only one uses brightness, and its model says the same as before
    assert run["steps"]["RUN"] == 2 + 2


def test_after_an_edit_with_an_equal_result_what_comes_after_is_not_run(edited):
    edit(edited, "return pixels / BRIGHTEST", "return pixels * (1 / BRIGHTEST)")
    assert edited.run("-p", "quick")["steps"]["RUN"] == 2


def test_after_an_edit_of_a_comment_and_a_docstring_nothing_runs(edited):
    edit(edited, "CELL = 2  # pixels;", "CELL = 2  # pixels,")
    edit(edited, '"""Scale pixels,', '"""Scale the pixels,')
    ask(edited, "plan", "digits", "--check")
