"""Large arrays and tables against plain calls: ``python -m benchmarks large_values``.

Each is measured in interleaved repetitions, each in a process of its own. CPU is the least of them:
the system counts it as a process's own when it has to get memory back that a virtual machine had
given away, which costs up to ten times what reading a file does and hits either side.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from benchmarks.section import Say, Section, table

REPETITIONS = 7
ARRAY_BYTES = 1 << 30
FRAME_BYTES = 24 * 10_000_000
CHAIN_BYTES = 1 << 28
_MEMORY = "/dev/shm"


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
compared, against the raw calls; a chain of five lazy outputs of 256 MiB against plain code. Files
lie in memory where there is room, so that no disk hides a difference. The least CPU of
{repetitions} interleaved repetitions, since CPU also counts what a virtual machine does to get
memory; the median of peak memory, in multiples of the value, one made before not included.

{table}
"""
_HEAD = ["", "CPU, of the floor", "ratio (of medians)", "aim", "peak, of the floor"]


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    repetitions = 1 if quick else REPETITIONS
    figures = measure_large(repetitions, say)
    text = _TEXT.format(repetitions=repetitions, table=table(_HEAD, large_rows(figures)))
    return Section("Large values", text, figures)


def measure_large(repetitions: int, on_progress: Say, scale: float = 1.0) -> dict[str, Figures]:
    """Measure all; gives the figures by subject: least CPU and wall, median CPU and peak."""
    found: dict[str, list[Figures]] = defaultdict(list)
    for repetition in range(repetitions):
        on_progress(f"large values, repetition {repetition + 1} of {repetitions}")
        for kind in dict.fromkeys(pair.ours.partition(" ")[0] for pair in PAIRS):
            with temporary_folder(room=5 * ARRAY_BYTES) as folder:
                for pair in (one for one in PAIRS if one.ours.startswith(kind + " ")):
                    # nobody is always the first to use memory
                    for name in (pair.ours, pair.floor)[:: -1 if repetition % 2 else 1]:
                        found[name].append(run_subject(name, folder, int(pair.size * scale)))
                if kind == "numpy":
                    found[MAPPED].append(run_subject(MAPPED, folder, int(ARRAY_BYTES * scale)))
    return {name: _figures(repeated) for name, repeated in found.items()}


def _figures(repeated: list[Figures]) -> Figures:
    least = {key: min(one[key] for one in repeated) for key in ("cpu", "wall")}
    usual = {key: median(one[key] for one in repeated) for key in ("cpu", "peak")}
    return {**least, "median": usual["cpu"], "peak": usual["peak"]}


def large_rows(figures: dict[str, Figures]) -> list[list[str]]:
    """Table rows: what, CPU, times the floor, what is aimed at, peak memory of both."""
    rows = []
    for pair in PAIRS:
        ours, floor = figures[pair.ours], figures[pair.floor]
        ratio = ours["cpu"] / floor["cpu"]
        rows.append(
            [
                f"{pair.ours} against `{pair.floor}`",
                f"{ours['cpu']:.2f} s, {floor['cpu']:.2f} s",
                f"{ratio:.2f} ({ours['median'] / floor['median']:.2f})",
                f"{pair.at_most}" + ("" if ratio <= pair.at_most else ", falls short"),
                f"{ours['peak']:.2f}, {floor['peak']:.2f}",
            ]
        )
    seconds = figures[MAPPED]["wall"]
    rows.append([f"{MAPPED}, `verify` is `size`", f"{seconds * 1000:.0f} ms wall", "", "20 ms", ""])
    return rows


def temporary_folder(room: int) -> tempfile.TemporaryDirectory[str]:
    """A folder in memory, if that has so many bytes to spare, or on disk."""
    has_room = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > room
    return tempfile.TemporaryDirectory(prefix="benchmark-", dir=_MEMORY if has_room else None)


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
