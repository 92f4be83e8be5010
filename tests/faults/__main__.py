"""``python -m faults FAULT --trials N --seed S``: makes trials, prints their counts as JSON.

Faults: ``signals``; ``kill``, ``torn``, ``powerloss``, ``powerloss-fsync``, ``enospc``, ``eio`` (with
the shim preloaded; 0 trials means every operation, on an empty and on a full cache);
``file-size-limit``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from random import Random

# what every child needs is imported once, here
import pyarrow.dataset
import pyarrow.parquet
import xxhash  # noqa: F401

import curifactory.experiment
import curifactory.reporting.console
import curifactory.runs.history  # noqa: F401

from . import subject  # noqa: F401
from .bench import Bench
from .trials import DEATHS, REFUSALS, Operations, Signals, file_size_limit

FAULTS = ("signals", *DEATHS, *REFUSALS, "file-size-limit")


def main() -> None:
    """Make the trials that the command line asks for."""
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--trials", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        bench = Bench(Path(folder).resolve())
        make_trials(bench, given.fault, given.trials, Random(given.seed))
        found = bench.base / "found.txt"
        text = found.read_text() if found.exists() else ""
    print(json.dumps({"counts": bench.counts, "found": text}))


def make_trials(bench: Bench, fault: str, trials: int, random: Random) -> None:
    """Make so many trials with one fault; 0 stands for one at every operation."""
    if fault == "signals":
        signals = Signals(bench, random)
        for _ in range(trials):
            signals.trial()
    elif fault == "file-size-limit":
        for limit in random.sample(range(0, 60_000, 500), trials):
            file_size_limit(bench, limit, full=random.random() < 0.5)
    else:
        operations = Operations(bench)
        for at, full in _where(operations, fault, trials, random):
            operations.trial(fault, at, full, random)


def _where(
    operations: Operations, fault: str, trials: int, random: Random
) -> list[tuple[int, bool]]:
    fsync = fault == "powerloss-fsync"
    every = [
        (at, full) for full in (False, True) for at in range(1, operations.count(fsync, full) + 1)
    ]
    return sorted(random.sample(every, trials)) if trials else every


if __name__ == "__main__":
    main()
