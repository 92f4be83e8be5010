"""Executors by the names that users write, and from the objects that they hand over."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable
from typing import Any

from curifactory.errors import ConfigurationError
from curifactory.running.executors.protocol import Executor

Opens = Callable[[], Executor]
_DASK_ADDRESS = "dask://"
_WAYS = (
    'Write "processes:4" (on this machine), "dask:4" (a Dask cluster on this machine) or '
    '"dask://HOST:PORT" (a cluster that is there); in Python also a distributed.Client or any '
    "executor of concurrent.futures that has processes."
)


def executor_of(given: Any, parallel: int | None, configured: str) -> Opens | None:
    """What opens the executor that is asked for; ``None`` for this process alone.

    Parameters
    ----------
    given : str or object, optional
        What this run asks for.
    parallel : int, optional
        A number of processes on this machine.
    configured : str
        What the configuration asks for, if the run asks for nothing.

    Raises
    ------
    ConfigurationError
        If there is no such executor.
    """
    if given is None and parallel is not None:
        return _processes(parallel) if parallel > 1 else None
    wanted = configured if given is None else given
    if not isinstance(wanted, str):
        return _handed_over(wanted)
    return _named(wanted.strip(), parallel)


def _named(name: str, parallel: int | None) -> Opens | None:
    if name in ("", "none"):
        return None
    if name.startswith((_DASK_ADDRESS, "tcp://", "tls://")):
        address = name.replace(_DASK_ADDRESS, "tcp://", 1)
        if not address.rpartition(":")[2].isdigit():
            raise ConfigurationError(f"The executor {name!r} has no port. {_WAYS}")
        return _cluster_at(address)
    kind, _, count = name.partition(":")
    if kind not in ("processes", "dask") or (count and not count.isdigit()) or count == "0":
        raise ConfigurationError(f"There is no executor {name!r}. {_WAYS}")
    number = int(count) if count else parallel or len(os.sched_getaffinity(0))
    return _processes(number) if kind == "processes" else _dask(number)


def _processes(count: int) -> Opens:
    def opens() -> Executor:
        from curifactory.running.executors.local import LocalProcesses

        return LocalProcesses(count)

    return opens


def _dask(count: int) -> Opens:
    def opens() -> Executor:
        from curifactory.running.executors.dask import local_cluster

        return local_cluster(count)

    return opens


def _cluster_at(address: str) -> Opens:
    def opens() -> Executor:
        from curifactory.running.executors.dask import connected

        return connected(address)

    return opens


def _handed_over(given: Any) -> Opens:
    if isinstance(given, concurrent.futures.Executor):
        from curifactory.running.executors.futures import FuturesExecutor

        pool = FuturesExecutor(given)
        return lambda: pool
    if type(given).__module__.partition(".")[0] == "distributed":
        from curifactory.running.executors.dask import DaskExecutor

        if not hasattr(given, "submit"):
            raise ConfigurationError(
                f"A {type(given).__name__} of distributed carries out nothing itself; hand over "
                "distributed.Client(cluster)."
            )
        return lambda: DaskExecutor(given)
    if all(hasattr(given, name) for name in ("slots", "submit", "check", "stop", "close")):
        return lambda: given
    raise ConfigurationError(
        f"A {type(given).__module__}.{type(given).__qualname__} is no executor. {_WAYS}"
    )
