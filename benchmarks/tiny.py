"""Tiny stages by the thousand against plain code for the same files.

Interleaved repetitions, each in a process of its own, and the medians of what they measured.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections import defaultdict
from statistics import median

from benchmarks.section import Say, Section, listed, table
from benchmarks.tiny_stages import STAGES_PER_SET

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

AIMS = {"experiment cold": 3.0, "experiment warm": 2.0, "plan": 1.5}
"""How many times its floor a measurement may cost with 1000 parameter sets."""

_TEXT = """\
An experiment sends parameter sets through {stages} stages that do next to nothing, so all that is
measured is the engine: CPU per stage. The floor is plain code for the same files: data and metadata
written without a look (cold), metadata opened and parsed and results loaded (warm), metadata opened
and parsed (plan). Medians of {repetitions} repetitions for {sizes} parameter sets; making the
manager and importing are not in it.

{costs}

*Growth* is the exponent from 100 to 3000 parameter sets: 1 when the cost is in proportion. *Aim* is
what is aimed at with 1000 sets. Room per stage, with 3000 parameter sets:

{rooms}
"""


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    repetitions = dict.fromkeys(REPETITIONS, 1) if quick else REPETITIONS
    medians = measure(repetitions, say)
    text = _TEXT.format(
        stages=STAGES_PER_SET,
        repetitions=listed(repetitions.values()),
        sizes=listed(repetitions),
        costs=_costs(medians),
        rooms=_rooms(medians),
    )
    return Section("Tiny stages", text, medians)


def measure(repetitions: dict[int, int], on_progress: Say) -> Medians:
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


def _costs(medians: Medians) -> str:
    rows = []
    for name in FLOORS:
        row = [name]
        for sets in REPETITIONS:
            cpu, wall = (medians[name][sets][key] * 1e6 for key in ("cpu", "wall"))
            times = multiple(medians, name, sets, "cpu")
            row.append(f"{cpu:.0f} µs = {times:.1f} x floor (wall {wall:.0f} µs)")
        rows.append([*row, f"{growth_exponent(medians[name]):.2f}", _aim(medians, name)])
    return table(["", *(f"{sets} sets" for sets in REPETITIONS), "growth", "aim"], rows)


def _aim(medians: Medians, name: str) -> str:
    if name not in AIMS:
        return ""
    falls_short = multiple(medians, name, 1000, "cpu") > AIMS[name]
    return f"{AIMS[name]:g} x{', falls short' if falls_short else ''}"


def _rooms(medians: Medians) -> str:
    rows = [
        [name, f"{figures['memory'] / 1024:.1f} KB", f"{figures['metadata'] / 1024:.1f} KB"]
        for name in FLOORS
        for figures in (medians[name][max(REPETITIONS)],)
    ]
    return table(["", "memory", "metadata"], rows)
