"""How long whole processes take to start: ``python -m benchmarks start_up``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from benchmarks.section import Say, Section, table

REPETITIONS = 15
BARE = "python -c pass"
_DEMO = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples", "digits"
)
_BIN = os.path.dirname(sys.executable)
COMMANDS = {
    BARE: [sys.executable, "-c", "pass"],
    "import curifactory": [sys.executable, "-c", "import curifactory"],
    "experiment --help": [os.path.join(_BIN, "experiment"), "--help"],
    "experiment ls": [os.path.join(_BIN, "experiment"), "ls"],
}
_PLAN = "curifactory plan digits"
AIMS = {"import curifactory": 2.0, "experiment --help": 5.0}
"""How many times the bare interpreter they may take."""


def section(_quick: bool, say: Say) -> Section:
    """Measure all."""
    say("starts of whole processes")
    starts = start_up_seconds()
    rows = []
    for name, seconds in starts.items():
        times = seconds / starts[BARE]
        aim = AIMS.get(name)
        rows.append(
            [
                f"`{name}`",
                f"{seconds * 1000:.0f} ms",
                f"{times:.1f} x bare",
                "" if aim is None else f"{aim:g} x{', falls short' if times > aim else ''}",
            ]
        )
    text = (
        "Wall time from start to end. The plan is that of the demo with an empty cache; it imports "
        "the experiment, and with it scikit-learn and matplotlib.\n\n"
    )
    return Section("Whole processes", text + table(["", "wall", "", "aim"], rows), starts)


def start_up_seconds() -> dict[str, float]:
    """Median wall seconds of each command, in an empty project; repetitions take turns."""
    found: dict[str, list[float]] = {name: [] for name in (*COMMANDS, _PLAN)}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.mkdir(os.path.join(folder, "experiments"))
        with open(os.path.join(folder, "curifactory_config.json"), "w", encoding="utf-8") as file:
            file.write("{}")
        for repetition in range(REPETITIONS + 1):
            for name, (command, place) in _placed(folder).items():
                seconds = _seconds(command, place)
                # the first time, byte code may have to be compiled
                if repetition:
                    found[name].append(seconds)
    return {name: median(seconds) for name, seconds in found.items()}


def _placed(folder: str) -> dict[str, tuple[list[str], str]]:
    """Each command, and the folder that it runs in."""
    plan = [os.path.join(_BIN, "curifactory"), "plan", "digits", "-c", os.path.join(folder, "none")]
    return {
        **{name: (command, folder) for name, command in COMMANDS.items()},
        _PLAN: (plan, _DEMO),
    }


def _seconds(command: list[str], folder: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began
