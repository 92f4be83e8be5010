"""Commands that ask: what they say where nobody answers, and after a no."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def edited(project: Path) -> None:
    """Change the code of a stage."""
    experiment = project / "experiments" / "one.py"
    experiment.write_text(experiment.read_text().replace("return sum", "return 1 * sum"))


def test_without_a_terminal_they_say_that_nothing_was_done_and_how_to_answer(command, project):
    command("experiment", "one")
    edited(project)
    before = sorted(project.rglob("*"))
    for asking, done in {
        "accept one": "accepted",
        "runs rm latest": "removed",
        "cache rm --stage add": "removed",
        "cache gc --keep-runs 0": "removed",
        "cache verify --repair": "removed",
    }.items():
        told = command("curifactory", *asking.split())
        assert told.returncode == 2
        assert f"there is no terminal to ask on: nothing was {done}" in told.stderr
        assert "--yes to answer beforehand, or --dry-run to look only" in told.stderr
    assert sorted(project.rglob("*")) == before


def answered(project: Path, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Exit status and messages of a command that is answered on a terminal."""
    ours, theirs = pty.openpty()
    program = Path(sys.executable).with_name("curifactory")
    process = subprocess.Popen(
        [program, *arguments], cwd=project, stdin=theirs, stdout=-1, stderr=-1, text=True
    )
    os.write(ours, answer)
    messages = process.communicate(timeout=60)[1]
    os.close(ours)
    os.close(theirs)
    return process.returncode, messages


def test_a_no_and_the_end_of_input_say_that_nothing_was_accepted(command, project):
    command("experiment", "one")
    edited(project)
    assert answered(project, b"n\n", "accept", "one") == (1, "Nothing was accepted.\n")
    status, messages = answered(project, b"\x04", "accept", "one")
    assert (status, messages.split()) == (130, ["Nothing", "was", "accepted.", "Interrupted."])
    assert answered(project, b"y\n", "accept", "one") == (0, "")
    assert "No artifact was made by other code" in command("curifactory", "accept", "one").stdout
