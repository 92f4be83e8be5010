"""What a plan costs, from a hundred steps to ten thousand: ``python -m benchmarks planning``.

Planned is on an empty cache and on a full one. The floor of the full one is to open and parse
every metadata file once, with plain ``json.load``.
"""

from __future__ import annotations

import math
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from statistics import linear_regression, median

from benchmarks.section import Say, Section, table
from benchmarks.tiny import Figures, Medians, run_subject
from benchmarks.tiny_stages import STAGES_PER_SET

STEPS = (100, 1_000, 10_000)
REPETITIONS = 5
FLOOR, EMPTY, FULL = "floor", "empty cache", "full cache"
AIM = 2.0
"""How many times the floor a plan of a full cache may cost."""

_TEXT = """\
The same stages, planned and not run: CPU per step, by the number of steps. The floor opens every
metadata file once and parses it with `json.load`. Medians of {repetitions} repetitions.

{table}
"""


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    repetitions = 1 if quick else REPETITIONS
    medians = measure_planning(repetitions, say)
    head = [
        "",
        *(f"{steps:,} steps" for steps in STEPS),
        *(f"growth from {steps:,}" for steps in STEPS[:-1]),
        "memory",
    ]
    text = _TEXT.format(repetitions=repetitions, table=table(head, planning_rows(medians)))
    return Section("Planning", text, medians)


def measure_planning(repetitions: int, on_progress: Say) -> Medians:
    """Measure plans of all sizes; gives medians by cache and number of steps.

    Repetitions of all sizes and of the floor take turns. Each size fills one cache, which only
    plans and floors read afterwards.
    """
    found: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    with ExitStack() as folders:
        full = {
            steps: folders.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
            for steps in STEPS
        }
        for steps, folder in full.items():
            on_progress(f"filling a cache with {steps} steps")
            run_subject("experiment", steps // STAGES_PER_SET, folder)
        for repetition in range(repetitions):
            for steps, folder in full.items():
                on_progress(f"plans of {steps} steps, repetition {repetition + 1} of {repetitions}")
                sets = steps // STAGES_PER_SET
                with tempfile.TemporaryDirectory(prefix="benchmark-") as empty:
                    found[EMPTY, steps].append(run_subject("plan_only", sets, empty))
                found[FULL, steps].append(run_subject("plan_only", sets, folder))
                found[FLOOR, steps].append(run_subject("floor_plan", sets, folder))
    medians: Medians = defaultdict(dict)
    for (name, steps), repeated in found.items():
        medians[name][steps] = {key: median(one[key] for one in repeated) for key in repeated[0]}
    return dict(medians)


def exponent(by_steps: dict[int, Figures], key: str, at_least: int = 0) -> float:
    """The exponent with which the whole grows with the number of steps.

    Parameters
    ----------
    by_steps : dict of int to dict
        Figures per step.
    key : str
        Which figure.
    at_least : int
        Leave out smaller numbers of steps, where what a process does once hides the growth.
    """
    chosen = {steps: figures[key] for steps, figures in by_steps.items() if steps >= at_least}
    sizes = [math.log(steps) for steps in chosen]
    wholes = [math.log(steps * figure) for steps, figure in chosen.items()]
    return linear_regression(sizes, wholes).slope


def planning_rows(medians: Medians) -> list[list[str]]:
    """Table rows by cache: CPU per step by number of steps, growth from each but the last, room."""
    rows = []
    for name in (EMPTY, FULL, FLOOR):
        by_steps = medians[name]
        row = [name]
        for steps, figures in by_steps.items():
            times = figures["cpu"] / medians[FLOOR][steps]["cpu"]
            row.append(f"{figures['cpu'] * 1e6:.0f} µs = {times:.1f} x floor")
        room = by_steps[max(STEPS)]["memory"] / 1024
        growth = [f"{exponent(by_steps, 'cpu', at_least):.2f}" for at_least in STEPS[:-1]]
        rows.append([*row, *growth, f"{room:.1f} KB"])
    return rows
