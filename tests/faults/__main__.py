"""``python -m faults FAULT --trials N --seed S``: makes trials, prints their counts as JSON.

Faults: ``signals``; ``kill``, ``torn``, ``powerloss``, ``powerloss-fsync``, ``enospc``, ``eio`` (with
the shim preloaded; without ``--trials`` at every operation, on an empty and on a full cache;
``--part 3/10`` makes every tenth of these, from the third on);
``file-size-limit``, ``small-disk``; ``damage``, ``damage-others``, ``damage-index``,
``damage-history``; ``together`` (8 processes), ``opponents`` (that want different values in the same files), and both of these with
``-unlocked`` or ``-void-locks`` (a lock that everybody is given).
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from functools import partial
from pathlib import Path
from random import Random

from .bench import Bench
from .damage import Damaging
from .together import round_of_opponents, round_with_locks, round_without_locks
from .trials import DEATHS, REFUSALS, Operations, Signals, file_size_limit, small_disk

TOGETHER = {
    "together": round_with_locks,
    "together-unlocked": partial(round_without_locks, locks="off"),
    "together-void-locks": partial(round_without_locks, locks="void"),
    "opponents": partial(round_of_opponents, locks="sound"),
    "opponents-unlocked": partial(round_of_opponents, locks="off"),
    "opponents-void-locks": partial(round_of_opponents, locks="void"),
}
DAMAGE = ("damage", "damage-others", "damage-index", "damage-history")
FAULTS = ("signals", *DEATHS, *REFUSALS, "file-size-limit", "small-disk", *DAMAGE, *TOGETHER)


# what the children need is imported once, by the process that they are forked from
IMPORTED = (
    "curifactory.experiment",
    "curifactory.reporting.console",
    "curifactory.runs.history",
    "faults.subject",
    "pyarrow.dataset",
    "xxhash",
)


def main() -> None:
    """Make the trials that the command line asks for."""
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--trials", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--part", type=_part, default=(1, 1), help="such as 3/10: every tenth")
    given = parser.parse_args()
    for name in IMPORTED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        bench = Bench(Path(folder).resolve())
        bench.warm_up()
        make_trials(bench, given.fault, given.trials, Random(given.seed), given.part)
        found = bench.base / "found.txt"
        text = found.read_text() if found.exists() else ""
    print(json.dumps({"counts": bench.counts, "found": text}))


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    return int(part), int(parts)


def make_trials(
    bench: Bench, fault: str, trials: int, random: Random, part: tuple[int, int] = (1, 1)
) -> None:
    """Make so many trials with one fault; 0 stands for one at every operation of this part."""
    if fault == "signals":
        signals = Signals(bench, random)
        for _ in range(trials):
            signals.trial()
    elif fault == "file-size-limit":
        for limit in random.sample(range(500, 60_500, 500), trials):
            file_size_limit(bench, limit, full=random.random() < 0.5)
    elif fault == "small-disk":
        for kibibytes in random.sample(range(60, 700, 4), trials):
            small_disk(bench, kibibytes)
    elif fault in TOGETHER:
        for _ in range(trials):
            TOGETHER[fault](bench, random)
    elif fault in DAMAGE:
        damaging = Damaging(bench, random)
        if fault == "damage":
            damaging.each_file(trials)
        elif fault == "damage-others":
            damaging.others(trials)
        elif fault == "damage-index":
            damaging.index(trials)
        else:
            damaging.history(trials)
    else:
        operations = Operations(bench)
        first, step = part[0] - 1, part[1]
        for at, full in _where(operations, fault, trials, random)[first::step]:
            operations.trial(fault, at, full, random)


def _where(
    operations: Operations, fault: str, trials: int, random: Random
) -> list[tuple[int, bool]]:
    every = [
        (at, full) for full in (False, True) for at in range(1, operations.count(fault, full) + 1)
    ]
    return sorted(random.sample(every, trials)) if trials else every


if __name__ == "__main__":
    main()
