"""The page that a benchmark run writes, and prints."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from benchmarks.asking import asking_rows
from benchmarks.code_identity import HELPERS
from benchmarks.measure import FLOORS, REPETITIONS, Medians, growth_exponent, multiple
from benchmarks.planning import STEPS, planning_rows
from benchmarks.start_up import BARE
from benchmarks.tiny_stages import STAGES_PER_SET

_PAGE = """\
# What the engine costs

`make bench` writes this page. An experiment sends parameter sets through {stages} stages that do
next to nothing, so all that is measured is the engine. The floor is plain code for the same
files: data and metadata written without a look (cold), metadata opened and parsed and results
loaded (warm), metadata opened and parsed (plan). Each figure is the median of {repetitions}
interleaved repetitions for {sizes} parameter sets, each in a process of its own; making the
manager and importing are not in it.

Measured on {date} with {cores} cores, Python {python}, {system}, and a load of {load} from
other work when it began.

## CPU per stage

{costs}

*Growth* is the exponent from 100 to 3000 parameter sets: 1 when the cost is in proportion.

## CPU per planned step

The same stages, planned and not run, by the number of steps; the floor opens every metadata file
once and parses it with `json.load`. Medians of {plans} interleaved repetitions.

{planning}

## Finding the code of a stage

A stage with {helpers} helpers in four modules: {first} ms of CPU at its first call in a process,
{further} µs at each further one, which only looks whether that code still runs.

## Room per stage, with 3000 parameter sets

{rooms}

## Whole processes

{starts}

## Asking a long history

2,000 runs with 100,000 artifacts. CPU of a whole process, and that of an interpreter that fetches
the same rows from SQLite with a plain query. The last column is aimed at 2: there, the start of
the interpreter counts with what any command of ours must import, as `curifactory --version` does.

{asking}
"""


def machine() -> dict[str, object]:
    """What a figure depends on, without naming the machine."""
    return {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def page(
    medians: Medians,
    repetitions: Mapping[int, int],
    plans: tuple[Medians, int],
    code: tuple[float, float],
    starts: Mapping[str, float],
    asking: dict[str, float],
    facts: Mapping[str, object],
) -> str:
    """All figures as Markdown."""
    return _PAGE.format(
        stages=STAGES_PER_SET,
        repetitions=_listed(repetitions.values()),
        sizes=_listed(repetitions),
        costs=_costs(medians),
        planning=_planning(plans[0]),
        plans=plans[1],
        helpers=HELPERS,
        first=f"{code[0] * 1e3:.1f}",
        further=f"{code[1] * 1e6:.1f}",
        rooms=_rooms(medians),
        starts=_starts(starts),
        asking=table(["", "CPU", "floor", "", "with that start"], asking_rows(asking)),
        **facts,
    )


def _costs(medians: Medians) -> str:
    rows = []
    for name in FLOORS:
        row = [name]
        for sets in REPETITIONS:
            cpu, wall = (medians[name][sets][key] * 1e6 for key in ("cpu", "wall"))
            times = multiple(medians, name, sets, "cpu")
            row.append(f"{cpu:.0f} µs = {times:.1f} x floor (wall {wall:.0f} µs)")
        rows.append([*row, f"{growth_exponent(medians[name]):.2f}"])
    return table(["", *(f"{sets} sets" for sets in REPETITIONS), "growth"], rows)


def _planning(medians: Medians) -> str:
    head = [
        "",
        *(f"{steps:,} steps" for steps in STEPS),
        *(f"growth from {steps:,}" for steps in STEPS[:-1]),
        "memory",
    ]
    return table(head, planning_rows(medians))


def _rooms(medians: Medians) -> str:
    rows = [
        [name, f"{figures['memory'] / 1024:.1f} KB", f"{figures['metadata'] / 1024:.1f} KB"]
        for name in FLOORS
        for figures in (medians[name][max(REPETITIONS)],)
    ]
    return table(["", "memory", "metadata"], rows)


def _starts(starts: Mapping[str, float]) -> str:
    rows = [
        [f"`{name}`", f"{seconds * 1000:.0f} ms", f"{seconds / starts[BARE]:.1f} x bare"]
        for name, seconds in starts.items()
    ]
    return table(["", "wall", ""], rows)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
