"""Several processes that run the same experiment on one cache at the same time."""

from __future__ import annotations

import fcntl
from collections import Counter
from random import Random
from typing import Literal

from .bench import OLDER, STEPS, Bench, read_runs
from .child import Child, Ended

PROCESSES = 8
# a file that an artifact points at is as it is when somebody opens it: that is not compared here
REFERENCED = {"SUBJECT_REFERENCED": "0"}
UNLOCKED = {"CURIFACTORY_LOCKING": "false"}


# whether locks exclude, are switched off, or are given to everybody who asks
Locks = Literal["sound", "off", "void"]


def _void_locks() -> None:
    fcntl.flock = lambda *_: None


def _start_all(
    bench: Bench, environments: list[dict[str, str]], locks: Locks = "sound", quiet: bool = True
) -> list[Ended]:
    before = _void_locks if locks == "void" else None
    off = UNLOCKED if locks == "off" else {}
    children = [
        Child(
            bench.project,
            environment=environment | off,
            before=before,
            label=str(number),
            quiet=quiet,
        )
        for number, environment in enumerate(environments)
    ]
    return [child.wait() for child in children]


def round_with_locks(bench: Bench, random: Random) -> None:
    """Each step is executed once by whoever comes first, everybody ends well, every run is listed."""
    full = random.random() < 0.5
    bench.new_project(full)
    runs_before = len(read_runs(bench.project)) if full else 0
    ended = _start_all(bench, [{}] * PROCESSES)
    for one in ended:
        if not one.is_right:
            bench.note("broken", f"one of {PROCESSES}: {one}")
    times = Counter(step for one in ended for step in one.lines("executed"))
    if len(times) != STEPS or set(times.values()) != {1}:
        bench.note("executed twice", f"full {full}: {times}")
    if len(read_runs(bench.project)) != runs_before + PROCESSES:
        bench.note("runs lost", f"{len(read_runs(bench.project))} runs, {runs_before} before")
    bench.expect_recovery(f"{PROCESSES} at once, full {full}", list(times), {})


def round_without_locks(bench: Bench, random: Random, locks: Locks) -> None:
    """As on two machines whose locks do not exclude: work may be done twice, nothing is wrong."""
    full = random.random() < 0.5
    bench.new_project(full)
    for one in _start_all(bench, [{}] * PROCESSES, locks):
        if not one.is_right:
            bench.note("broken", f"one of {PROCESSES}, locks {locks}: {one}")
    bench.expect_recovery(f"{PROCESSES}, locks {locks}, full {full}", [], {})


def round_of_opponents(bench: Bench, random: Random, locks: Locks) -> None:
    """Half of them want other values in the same files: each sees its own, or says why not."""
    bench.new_project()
    environments = [REFERENCED | (OLDER if number % 2 else {}) for number in range(PROCESSES)]
    random.shuffle(environments)
    for one in _start_all(bench, environments, locks, quiet=False):
        if _was_told(one):
            bench.counts["was told"] += 1
        else:
            bench.expect_clear(f"opponents, locks {locks}", one)
    bench.expect_recovery(f"opponents, locks {locks}", [], REFERENCED)


def _was_told(ended: Ended) -> bool:
    """Whether `run` itself opened a file while another one wrote it, and the command said so."""
    said = ("had asked for it", "The run starts again")
    wrong = {line.split()[-1] for line in ended.lines("wrong")}
    return wrong == {"files"} and any(text in ended.stderr for text in said)
