"""What sending steps to processes costs, against plain pools: ``python -m benchmarks parallel``.

Every figure is measured against its floor in the same run, in turns.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import parallel_stages as stages
from benchmarks.section import Say, Section, table
from curifactory import ArtifactManager
from curifactory.experiment.elsewhere import use_elsewhere
from curifactory.experiment.passes import carry_out
from curifactory.params import ensure_hash
from curifactory.running.executors.named import executor_of

WORKERS = 2
CHAINS = 16
TINY_STEPS = 2000
SPAWN = multiprocessing.get_context("spawn")
Clock = Callable[[], float]


_TEXT = """\
Wall time with {workers} workers: of a whole experiment from an empty cache with the start of its
workers, or of one step beyond what {workers} workers need for the work itself, of 2,000. Medians of
{times} repetitions.

{table}
"""


@dataclass(frozen=True)
class Comparison:
    """What we do and its floor, in seconds, and how many times the floor it may take."""

    what: str
    ours: Callable[[], float]
    floor: Callable[[], float]
    aim: float
    unit: tuple[str, float]


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    times = 1 if quick else 3
    medians = {one.what: _measured(one, times, say) for one in COMPARISONS}
    rows = [_row(one, *medians[one.what]) for one in COMPARISONS]
    head = ["", "", "floor", "ratio", "aim"]
    text = _TEXT.format(workers=WORKERS, times=times, table=table(head, rows))
    return Section("On several cores", text, medians)


def _measured(one: Comparison, times: int, say: Say) -> tuple[float, float]:
    ours, floors = [], []
    for repetition in range(times):
        say(f"{one.what}, repetition {repetition + 1} of {times}")
        floors.append(one.floor())
        ours.append(one.ours())
    return median(ours), median(floors)


def _row(one: Comparison, ours: float, floor: float) -> list[str]:
    ratio, (unit, scale) = ours / floor, one.unit
    return [
        one.what,
        f"{ours * scale:.3g} {unit}",
        f"{floor * scale:.3g} {unit}",
        f"{ratio:.2f}",
        f"{one.aim:g}{', falls short' if ratio > one.aim else ''}",
    ]


# ------------------------------------------------------------------- ideal schedule


def chains_with_pool() -> float:
    """The same work by `multiprocessing.Pool`, which is started before."""
    with SPAWN.Pool(WORKERS) as pool:
        pool.map(stages.tiny, range(WORKERS))
        began = time.perf_counter()
        pool.apply(stages.use_processor, (stages.COMMON_SECONDS,))
        sum(pool.map(stages.chain, range(CHAINS), chunksize=1))
        return time.perf_counter() - began


def chains_with_processes() -> float:
    """An experiment from an empty cache, the start of its workers included."""
    return _experiment(stages.run_chains, CHAINS, parallel=WORKERS)


# -------------------------------------------------------------------- tiny steps


def tiny_with_futures() -> float:
    with _started_pool() as pool:
        return _tiny_in_pool(pool, stages.tiny)


def processor_time_with_futures() -> float:
    with _started_pool() as pool:
        return _tiny_in_pool(pool, stages.tiny, _processor_clock, share=1)


def kept_with_futures() -> float:
    """The same, and each call writes its result to a file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(
            WORKERS, mp_context=SPAWN, initializer=os.chdir, initargs=(folder,)
        ) as p,
    ):
        return _tiny_in_pool(p, tiny_and_keep)


def tiny_and_keep(number: int) -> None:
    """Compute, and write the result to a file of its own."""
    with open(f"{number}.json", "w", encoding="utf-8") as file:
        json.dump(stages.tiny(number), file)


def tiny_with_processes() -> float:
    return _tiny_experiment(stages.tiny_stage, _started_pool)


def processor_time_with_processes() -> float:
    return _tiny_experiment(stages.tiny_stage, _started_pool, _processor_clock, share=1)


def kept_with_processes() -> float:
    return _tiny_experiment(stages.kept_stage, _started_pool)


def tiny_with_client() -> float:
    with _client() as client:
        client.gather(client.map(stages.tiny, range(8), pure=False))
        began = time.perf_counter()
        futures = [client.submit(stages.tiny, n, pure=False) for n in range(TINY_STEPS)]
        client.gather(futures)
        return _overhead(time.perf_counter() - began, WORKERS)


def tiny_with_dask() -> float:
    return _tiny_experiment(stages.tiny_stage, _client)


def _tiny_in_pool(
    pool: ProcessPoolExecutor,
    function: Callable[[int], Any],
    clock_of: Callable[[Any], Clock] = lambda _: time.perf_counter,
    share: int = WORKERS,
) -> float:
    # its processes are all started then
    list(pool.map(function, range(100)))
    clock = clock_of(pool)
    began = clock()
    for future in [pool.submit(function, number) for number in range(TINY_STEPS)]:
        future.result()
    return _overhead(clock() - began, share)


def _tiny_experiment(
    stage: Callable[..., Any],
    executor: Callable[[], Any],
    clock_of: Callable[[Any], Clock] = lambda _: time.perf_counter,
    share: int = WORKERS,
) -> float:
    with executor() as workers:
        _experiment(stages.run_all(stage), 100, executor=workers)
        clock = clock_of(workers)
        seconds = _experiment(stages.run_all(stage), TINY_STEPS, clock, executor=workers)
        return _overhead(seconds, share)


def _overhead(seconds: float, share: int) -> float:
    """Seconds per step beyond the work itself, of which each worker does its share."""
    return seconds / TINY_STEPS - stages.TINY_SECONDS / share


def _processor_clock(pool: ProcessPoolExecutor) -> Clock:
    """Tells the processor time of this process and of a pool's: other work disturbs it less."""
    assert len(pool._processes) == WORKERS
    tasks = [f"/proc/{process}/task" for process in pool._processes]

    def clock() -> float:
        found = [f"{task}/{thread}/schedstat" for task in tasks for thread in os.listdir(task)]
        return time.process_time() + sum(map(_nanoseconds, found)) / 1e9

    return clock


def _nanoseconds(schedstat: str) -> int:
    with open(schedstat, encoding="ascii") as file:
        return int(file.read().split()[0])


# ---------------------------------------------------------------------- helpers


def _experiment(
    run: Callable[..., Any], count: int, clock: Clock = time.perf_counter, **how: Any
) -> float:
    """Seconds of plan pass and run pass from an empty cache."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.chdir(folder)
        try:
            manager = ArtifactManager("parallel", status_override="running")
            param_sets = stages.parameter_sets(count)
            began = clock()
            for one in param_sets:
                # as an experiment that is run does, to say which sets it has
                ensure_hash(one)
            use_elsewhere(
                manager,
                executor_of(how.get("executor"), how.get("parallel"), ""),
                None,
                False,
            )
            carry_out(run, param_sets, manager, use_plan=True)
            seconds = clock() - began
            manager.finish("complete")
            manager.session.close()
            return seconds
        finally:
            os.chdir(before)


@contextmanager
def _started_pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(WORKERS, mp_context=SPAWN) as pool:
        yield pool


@contextmanager
def _client() -> Iterator[Any]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, protocol="tcp"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


_SECONDS, _MICROSECONDS = ("s", 1.0), ("µs", 1e6)
COMPARISONS = (
    Comparison(
        f"{CHAINS} chains of {stages.CHAIN_SECONDS} s after a common stage, against a pool",
        chains_with_processes,
        chains_with_pool,
        1.1,
        _SECONDS,
    ),
    Comparison(
        "a step of 1 ms in processes, against futures",
        tiny_with_processes,
        tiny_with_futures,
        3.0,
        _MICROSECONDS,
    ),
    Comparison(
        "the same, processor time of all processes",
        processor_time_with_processes,
        processor_time_with_futures,
        3.0,
        _MICROSECONDS,
    ),
    Comparison(
        "the same step, and each result is kept in a file",
        kept_with_processes,
        kept_with_futures,
        3.0,
        _MICROSECONDS,
    ),
    Comparison(
        "a step of 1 ms with Dask, against `client.submit`",
        tiny_with_dask,
        tiny_with_client,
        1.5,
        _MICROSECONDS,
    ),
)
