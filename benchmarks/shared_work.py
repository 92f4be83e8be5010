"""Twenty parameter sets that share early work: ``python -m benchmarks shared_work``."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from statistics import median

from benchmarks.section import Say, Section, table
from benchmarks.shared_stages import SETS_PER_SOURCE, steps
from benchmarks.tiny import Figures, run_subject

SETS = 20
REPETITIONS = 9
_TURNS = {
    "cold": ("shared", "floor_write"),
    "warm": ("shared", "floor_read_all"),
}
_TEXT = """\
{sets} parameter sets: each {shared} share two early stages through `make_copy`, two aggregates read
all. CPU per step, of {steps} steps: from an empty cache against writing the same files, and with
everything there against opening and parsing all of them. Medians of {repetitions} repetitions.

{table}
"""


def section(quick: bool, say: Say) -> Section:
    """Measure both."""
    repetitions = 1 if quick else REPETITIONS
    found: dict[str, list[tuple[Figures, Figures]]] = defaultdict(list)
    for repetition in range(repetitions):
        say(f"shared work, repetition {repetition + 1} of {repetitions}")
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            for state, (ours, floor) in _TURNS.items():
                found[state].append(
                    (run_subject(ours, SETS, folder), run_subject(floor, SETS, folder))
                )
    figures = {
        state: [median(one[place]["cpu"] for one in repeated) for place in (0, 1)]
        for state, repeated in found.items()
    }
    rows = [
        [state, f"{ours * 1e6:.0f} µs", f"{floor * 1e6:.0f} µs", f"{ours / floor:.1f}"]
        for state, (ours, floor) in figures.items()
    ]
    text = _TEXT.format(
        sets=SETS,
        shared=SETS_PER_SOURCE,
        steps=steps(SETS),
        repetitions=repetitions,
        table=table(["", "CPU", "floor", "ratio"], rows),
    )
    return Section("Shared work", text, figures)
