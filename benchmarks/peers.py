"""The same tiny stages in other tools: ``make bench-peers``, in an environment of its own.

Prints a page, and keeps it and the figures, as `benchmarks.__main__` does.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import tempfile
from collections import defaultdict
from datetime import datetime
from statistics import median

from benchmarks.section import machine, table
from benchmarks.tiny import Figures, run_subject

SIZES = {100: 5, 1000: 3}
"""Numbers of parameter sets, and how often each is measured."""

OURS = "curifactory"
# subject, and what it is called; the first time it fills a cache, the second time it reads it
_TOOLS = {
    OURS: ("benchmarks.subjects", "experiment"),
    f"{OURS}, live": ("benchmarks.subjects", "live"),
    "joblib.Memory": ("benchmarks.peer_subjects", "joblib_memory"),
    "diskcache": ("benchmarks.peer_subjects", "diskcache_memoize"),
    "Hamilton": ("benchmarks.peer_subjects", "hamilton_cache"),
}
_PACKAGES = ("joblib", "diskcache", "sf-hamilton")
# the original package is not installed here: figures that were measured elsewhere, in ms
_ORIGINAL = {100: (2.1, 2.7), 1000: (23.0, 43.0)}

_PAGE = """\
# What others cost

`make bench-peers` writes this page. The five tiny stages of [benchmarks](benchmarks.md) in other
tools: each stage cached by itself, with an empty cache (cold) and with a full one (warm). Medians
of {repetitions} interleaved repetitions for {sizes} parameter sets, each in a process of its own.

Measured on {date} with {cores} cores, Python {python}, {system}, and a load of {load} from
other work when it began; {versions}.

## CPU per stage

{costs}

What the tools do is not the same. diskcache keeps rows of one SQLite file, whose keys are the
arguments: it does not see code. joblib keys by arguments and the function's own source, and writes
a folder per call. Hamilton keys by code and data versions. Curifactory (`{ours}`) plans first,
compares code with all helper functions, parameters, inputs and packages, checks that every file is
there with its size, keeps a readable metadata file beside each artifact and enters the run into its
history; warm, it loads the last stage's results only, as the others must load each. `live` loads
every output at its call, without a plan.

The original package is not installed here. Its figures are those that the project began with,
measured on another machine; they grow with the square of the number of parameter sets.
"""


def main() -> None:
    """Measure all tools; takes some minutes."""
    facts = machine()
    found: dict[str, dict[int, dict[str, Figures]]] = defaultdict(dict)
    for sets, repetitions in SIZES.items():
        for tool, figures in _medians(sets, repetitions).items():
            found[tool][sets] = figures
    versions = ", ".join(f"{one} {importlib.metadata.version(one)}" for one in _PACKAGES)
    written = _PAGE.format(
        repetitions=", ".join(map(str, SIZES.values())),
        sizes=", ".join(map(str, SIZES)),
        costs=_table(found),
        versions=versions,
        ours=OURS,
        **facts,
    )
    print(written)
    here = os.path.dirname(os.path.abspath(__file__))
    page = os.path.join(os.path.dirname(here), "docs", "benchmarks_peers.md")
    with open(page, "w", encoding="utf-8") as file:
        file.write(written)
    results = os.path.join(here, "results")
    os.makedirs(results, exist_ok=True)
    name = f"peers-{datetime.now():%Y-%m-%d-T%H%M%S}.json"
    with open(os.path.join(results, name), "w", encoding="utf-8") as file:
        json.dump({**facts, "versions": versions, "per_stage": found}, file, indent=2)


def _medians(sets: int, repetitions: int) -> dict[str, dict[str, Figures]]:
    """Cold and warm figures of every tool; repetitions take turns."""
    found: dict[tuple[str, str], list[Figures]] = defaultdict(list)
    for repetition in range(repetitions):
        print(f"{sets} sets, {repetition + 1} of {repetitions}", file=sys.stderr)
        for tool, (module, subject) in _TOOLS.items():
            with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                for state in ("cold", "warm"):
                    found[tool, state].append(run_subject(subject, sets, folder, module))
    return {
        tool: {
            state: {key: median(one[key] for one in found[tool, state]) for key in ("cpu", "wall")}
            for state in ("cold", "warm")
        }
        for tool in _TOOLS
    }


def _table(found: dict[str, dict[int, dict[str, Figures]]]) -> str:
    head = ["", *(f"{sets} sets, {state}" for sets in SIZES for state in ("cold", "warm"))]
    rows = []
    for tool, by_sets in found.items():
        row = [tool]
        for sets in SIZES:
            for state in ("cold", "warm"):
                cpu, ours = (one[sets][state]["cpu"] for one in (by_sets, found[OURS]))
                row.append(f"{cpu * 1e6:.0f} µs = {cpu / ours:.1f} x")
        rows.append(row)
    original = ["the original (as given)"]
    for sets in SIZES:
        for state, given in zip(("cold", "warm"), _ORIGINAL[sets], strict=True):
            ours = found[OURS][sets][state]["cpu"]
            original.append(f"{given * 1000:.0f} µs = {given / 1000 / ours:.0f} x")
    return table(head, [*rows, original])


if __name__ == "__main__":
    main()
