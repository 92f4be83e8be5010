"""``python -m benchmarks.parallel``: what sending steps to processes costs, against plain pools.

Every figure is measured against its floor in the same run, in turns. ``--quick`` measures once.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks import parallel_stages as stages
from curifactory import ArtifactManager
from curifactory.experiment.elsewhere import use_elsewhere
from curifactory.experiment.passes import carry_out
from curifactory.running.executors.named import executor_of

WORKERS = 2
CHAINS = 16
TINY_STEPS = 2000
SPAWN = multiprocessing.get_context("spawn")


def main() -> None:
    """Measure and print."""
    times = 1 if "--quick" in sys.argv else 3
    only = [one for one in sys.argv[1:] if not one.startswith("--")]
    for name, (subject, floor, report) in MEASURED.items():
        if only and name not in only:
            continue
        ours, theirs = [], []
        for _ in range(times):
            theirs.append(floor())
            ours.append(subject())
        print(f"{name}: {report(median(ours), median(theirs))}", flush=True)


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
    with ProcessPoolExecutor(WORKERS, mp_context=SPAWN) as pool:
        return _tiny_in_pool(pool, stages.tiny)


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
    return _tiny_experiment(stages.tiny_stage, executor=_started_pool)


def kept_with_processes() -> float:
    return _tiny_experiment(stages.kept_stage, executor=_started_pool)


def tiny_with_client() -> float:
    with _client() as client:
        client.gather(client.map(stages.tiny, range(8), pure=False))
        began = time.perf_counter()
        futures = [client.submit(stages.tiny, n, pure=False) for n in range(TINY_STEPS)]
        client.gather(futures)
        return _overhead(time.perf_counter() - began)


def tiny_with_dask() -> float:
    return _tiny_experiment(stages.tiny_stage, executor=_client)


def _tiny_in_pool(pool: ProcessPoolExecutor, function: Callable[[int], Any]) -> float:
    list(pool.map(function, range(100)))
    began = time.perf_counter()
    for future in [pool.submit(function, number) for number in range(TINY_STEPS)]:
        future.result()
    return _overhead(time.perf_counter() - began)


def _tiny_experiment(stage: Callable[..., Any], executor: Callable[[], Any]) -> float:
    with executor() as workers:
        _experiment(stages.run_all(stage), 8, executor=workers)
        return _overhead(_experiment(stages.run_all(stage), TINY_STEPS, executor=workers))


def _overhead(seconds: float) -> float:
    """Seconds per step beyond what two workers need for the work itself."""
    return seconds / TINY_STEPS - stages.TINY_SECONDS / WORKERS


# ---------------------------------------------------------------------- helpers


def _experiment(run: Callable[..., Any], count: int, **how: Any) -> float:
    """Wall seconds of plan pass and run pass from an empty cache."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.chdir(folder)
        try:
            manager = ArtifactManager("parallel", status_override="running")
            param_sets = stages.parameter_sets(count)
            began = time.perf_counter()
            use_elsewhere(
                manager,
                executor_of(how.get("executor"), how.get("parallel"), ""),
                None,
                False,
            )
            carry_out(run, param_sets, manager, use_plan=True)
            seconds = time.perf_counter() - began
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


def _walls(ours: float, theirs: float) -> str:
    ideal = stages.COMMON_SECONDS + CHAINS * stages.CHAIN_SECONDS / WORKERS
    return f"{ours:.2f} s, pool {theirs:.2f} s, ratio {ours / theirs:.3f} (ideal {ideal:.2f} s)"


def _per_step(ours: float, theirs: float) -> str:
    return (
        f"{ours * 1e6:.0f} us over the work per step, floor {theirs * 1e6:.0f} us, "
        f"ratio {ours / theirs:.2f}"
    )


MEASURED: dict[str, tuple[Callable[[], float], Callable[[], float], Callable[..., str]]] = {
    "chains": (chains_with_processes, chains_with_pool, _walls),
    "tiny": (tiny_with_processes, tiny_with_futures, _per_step),
    "kept": (kept_with_processes, kept_with_futures, _per_step),
    "dask": (tiny_with_dask, tiny_with_client, _per_step),
}

if __name__ == "__main__":
    main()
