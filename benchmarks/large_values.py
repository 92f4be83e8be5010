"""Large arrays and tables against plain calls: ``python -m benchmarks large_values``.

Each figure is the median of interleaved repetitions, each in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from benchmarks.section import Say, Section, table

REPETITIONS = 5
ARRAY_BYTES = 1 << 30
FRAME_BYTES = 24 * 10_000_000
CHAIN_BYTES = 1 << 28


@dataclass(frozen=True)
class Pair:
    """What we do, the floor, and how many times the floor's CPU it may cost."""

    ours: str
    floor: str
    size: int
    at_most: float


# in this order a repetition saves what it loads
PAIRS = (
    Pair("numpy save", "np.save", ARRAY_BYTES, 1.25),
    Pair("numpy load", "np.load", ARRAY_BYTES, 1.2),
    Pair("pickle save", "pickle.dump", ARRAY_BYTES, 1.4),
    Pair("pickle load", "pickle.load", ARRAY_BYTES, 1.4),
    Pair("parquet save", "to_parquet", FRAME_BYTES, 1.1),
    Pair("parquet load", "read_parquet", FRAME_BYTES, 1.1),
    Pair("arrow save", "to_feather", FRAME_BYTES, 1.25),
    Pair("arrow load", "read_feather", FRAME_BYTES, 1.2),
    Pair("lazy chain", "chain by hand", CHAIN_BYTES, 1.25),
)
MAPPED = "numpy map"

Figures = dict[str, float]


_TEXT = """\
An array of 1 GiB and a frame of ten million rows through cachers, with their digests made or
compared, against the raw calls; a chain of five lazy outputs of 256 MiB against plain code. Medians
of {repetitions} repetitions; peak memory in multiples of the value, one made before not included.

{table}
"""
_HEAD = ["", "CPU, of the floor", "ratio", "aim", "peak, of the floor"]


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    repetitions = 1 if quick else REPETITIONS
    medians = measure_large(repetitions, say)
    text = _TEXT.format(repetitions=repetitions, table=table(_HEAD, large_rows(medians)))
    return Section("Large values", text, medians)


def measure_large(repetitions: int, on_progress: Say, scale: float = 1.0) -> dict[str, Figures]:
    """Measure all; gives the medians by subject, and under ``ratio`` that of the ratios of CPU."""
    found: dict[str, list[Figures]] = defaultdict(list)
    ratios: dict[str, list[float]] = defaultdict(list)
    for repetition in range(repetitions):
        on_progress(f"large values, repetition {repetition + 1} of {repetitions}")
        for kind in dict.fromkeys(pair.ours.partition(" ")[0] for pair in PAIRS):
            with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                for pair in (one for one in PAIRS if one.ours.startswith(kind + " ")):
                    size = int(pair.size * scale)
                    ours, floor = (
                        run_subject(name, folder, size) for name in (pair.ours, pair.floor)
                    )
                    found[pair.ours].append(ours)
                    found[pair.floor].append(floor)
                    ratios[pair.ours].append(ours["cpu"] / floor["cpu"])
                if kind == "numpy":
                    found[MAPPED].append(run_subject(MAPPED, folder, int(ARRAY_BYTES * scale)))
    medians = {
        name: {key: median(one[key] for one in repeated) for key in repeated[0]}
        for name, repeated in found.items()
    }
    for name, several in ratios.items():
        medians[name]["ratio"] = median(several)
    return medians


def large_rows(medians: dict[str, Figures]) -> list[list[str]]:
    """Table rows: what, CPU, times the floor, what is aimed at, peak memory of both."""
    rows = []
    for pair in PAIRS:
        ours, floor = medians[pair.ours], medians[pair.floor]
        rows.append(
            [
                f"{pair.ours} against `{pair.floor}`",
                f"{ours['cpu']:.2f} s, {floor['cpu']:.2f} s",
                f"{ours['ratio']:.2f}",
                f"{pair.at_most}" + ("" if ours["ratio"] <= pair.at_most else ", falls short"),
                f"{ours['peak']:.2f}, {floor['peak']:.2f}",
            ]
        )
    seconds = medians[MAPPED]["wall"]
    rows.append([f"{MAPPED}, `verify` is `size`", f"{seconds * 1000:.0f} ms wall", "", "20 ms", ""])
    return rows


def run_subject(name: str, folder: str, size: int) -> Figures:
    """The figures of one subject, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.large_subjects", name, folder, str(size)],
        check=True,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("CURIFACTORY_")},
    )
    figures: Figures = json.loads(done.stdout)
    return figures
