"""The tiny stages in other tools, each in a process of its own, as `benchmarks.subjects` is.

``python -m benchmarks.peer_subjects NAME SETS FOLDER``: the first time a cache is filled, the
second time it is read.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import peer_stages
from benchmarks.peer_stages import model, numbers, predicted, scaled, score
from benchmarks.subjects import Work
from benchmarks.tiny_stages import STAGES_PER_SET

Parameters = dict[str, Any]
Memoize = Callable[[Callable[..., Any]], Callable[..., Any]]


def joblib_memory(sets: list[Parameters], folder: str) -> Work:
    """Every stage through ``joblib.Memory.cache``."""
    from joblib import Memory

    return _chain(Memory(folder, verbose=0).cache, sets)


def diskcache_memoize(sets: list[Parameters], folder: str) -> Work:
    """Every stage through ``diskcache.Cache.memoize``: rows of one SQLite file."""
    from diskcache import Cache

    cache = Cache(folder)
    return _chain(cache.memoize(), sets)


def hamilton_cache(sets: list[Parameters], folder: str) -> Work:
    """Every stage as a node of Hamilton, with its cache."""
    from hamilton import driver

    flow = driver.Builder().with_modules(peer_stages).with_cache(path=folder).build()

    def work() -> None:
        for one in sets:
            flow.execute(["score"], inputs=one)

    return work


PEERS = {peer.__name__: peer for peer in (joblib_memory, diskcache_memoize, hamilton_cache)}


def _chain(memoize: Memoize, sets: list[Parameters]) -> Work:
    first, second, third, fourth, fifth = map(memoize, (numbers, scaled, model, predicted, score))

    def work() -> None:
        for one in sets:
            seed, rate, depth, kind = (one[name] for name in ("seed", "rate", "depth", "kind"))
            fifth(fourth(third(second(first(seed, depth), rate), kind), rate), depth)

    return work


def measured(name: str, count: int, folder: str) -> dict[str, float]:
    """CPU and wall seconds per stage."""
    sets = [{"seed": one, "rate": 0.1, "depth": 6, "kind": "tree"} for one in range(count)]
    work = PEERS[name](sets, folder)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    stages = count * STAGES_PER_SET
    return {"cpu": cpu / stages, "wall": wall / stages}


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
