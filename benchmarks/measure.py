"""Interleaved repetitions in processes of their own, and the medians of what they measured."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from statistics import median

Figures = dict[str, float]
"""CPU and wall seconds, memory and metadata in bytes, each per stage."""

Medians = dict[str, dict[int, Figures]]
"""By name of the measurement and number of parameter sets."""

# the order in which one repetition fills its caches and reads them again
_EXPERIMENT = (
    ("experiment cold", "experiment"),
    ("floor write", "floor_write"),
    ("experiment warm", "experiment"),
    ("floor read", "floor_read"),
    ("plan", "plan_only"),
    ("floor plan", "floor_plan"),
)
_LIVE = (
    ("live cold", "live"),
    ("live warm", "live"),
    ("floor read all", "floor_read_all"),
)

FLOORS = {
    "experiment cold": "floor write",
    "experiment warm": "floor read",
    "plan": "floor plan",
    "live cold": "floor write",
    "live warm": "floor read all",
}
"""Each measurement with what it is a multiple of."""

REPETITIONS = {10: 7, 100: 5, 1000: 3, 3000: 1}
"""How often each number of parameter sets is measured: a short measurement varies more."""


def measure(repetitions: dict[int, int], on_progress: Callable[[str], None]) -> Medians:
    """Measure everything, each number of parameter sets as often as given.

    Repetitions of all sizes take turns, so that a slow minute of the machine hits all of them.
    """
    found: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    for repetition in range(max(repetitions.values())):
        for sets, times in repetitions.items():
            if repetition < times:
                on_progress(f"{sets} parameter sets, repetition {repetition + 1} of {times}")
                for name, figures in _one_repetition(sets):
                    found[name, sets].append(figures)
    medians: Medians = defaultdict(dict)
    for (name, sets), repeated in found.items():
        medians[name][sets] = {key: median(one[key] for one in repeated) for key in repeated[0]}
    return dict(medians)


def multiple(medians: Medians, name: str, sets: int, key: str) -> float:
    """How many times the seconds of its floor a measurement takes."""
    return medians[name][sets][key] / medians[FLOORS[name]][sets][key]


def growth_exponent(by_sets: dict[int, Figures]) -> float:
    """The exponent with which the whole grows from 100 to 3000 sets: 1 if in proportion."""
    return 1 + math.log(by_sets[3000]["cpu"] / by_sets[100]["cpu"], 30)


def _one_repetition(sets: int) -> list[tuple[str, Figures]]:
    figures: list[tuple[str, Figures]] = []
    for subjects in (_EXPERIMENT, _LIVE):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            figures += [(name, run_subject(subject, sets, folder)) for name, subject in subjects]
    return figures


def run_subject(
    subject: str, sets: int, folder: str, module: str = "benchmarks.subjects"
) -> Figures:
    """Measure one subject in a process of its own; see `benchmarks.subjects`."""
    command = [sys.executable, "-m", module, subject, str(sets), folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures
