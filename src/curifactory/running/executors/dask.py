"""Dask: a cluster that is there, or one on this machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from curifactory.errors import ExecutorLostError, MissingDependencyError, WorkerDiedError
from curifactory.running.executors.protocol import Work
from curifactory.running.surroundings import environ_put_back

_logger = logging.getLogger("curifactory")

_LOST_AFTER_SECONDS = 5.0
_CONNECT_SECONDS = 5.0
_GOODBYE_SECONDS = 0.5
_ALONE_SECONDS = 20.0
# so much is waiting at the scheduler that a cluster which grows with its work does so
_FEWEST_SUBMITTED = 16
# Dask's own would have BLAS use one thread: the last digits of what it computes depend on that
_WORKER_SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536},
}
# larger orders are handed over apart from the task that uses them
_LARGE_BYTES = 1_000_000


def connected(address: str) -> DaskExecutor:
    """An executor for the cluster whose scheduler has this address.

    Raises
    ------
    ExecutorLostError
        If nobody answers there.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ExecutorLostError(
            f"No Dask scheduler answers at {address} ({error}). Start one with "
            "`dask scheduler`, and workers with `dask worker`, or correct the address."
        ) from error
    return DaskExecutor(client, owned=(client,))


def local_cluster(count: int) -> DaskExecutor:
    """An executor for a new cluster of so many processes on this machine."""
    distributed = _distributed()
    import dask

    # it sets variables for its workers in this process, too
    with environ_put_back(), dask.config.set(_WORKER_SETTINGS):
        cluster = distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            env={"PYTHONHASHSEED": "0"},
        )
    client = distributed.Client(cluster, set_as_default=False)
    return DaskExecutor(client, owned=(client, cluster))


class DaskExecutor:
    """Carries out orders on a Dask cluster.

    Parameters
    ----------
    client : distributed.Client
        Connected to it.
    owned : tuple
        What is closed in the end; a client that the user handed over is not.
    """

    def __init__(self, client: Any, owned: tuple[Any, ...] = ()) -> None:
        self._client = client
        self._owned = owned
        self._futures: set[Any] = set()
        self._gone_since: float | None = None
        self._is_lost = False
        self._alone_since: float | None = None
        self._told_alone = False
        self._address = client.scheduler.address
        self._threads, self._tags = 0, frozenset[str]()
        self.check()

    @property
    def slots(self) -> int:
        """Twice the number of the cluster's threads, so that none waits for its next order."""
        return max(2 * self._threads, _FEWEST_SUBMITTED)

    def submit(
        self, work: Work, order: bytes, priority: float, resources: Mapping[str, float]
    ) -> Future[bytes]:
        """Let a worker call ``work(order)``; one with these resources, if the cluster has such."""
        outcome: Future[bytes] = Future()
        large = len(order) > _LARGE_BYTES
        sent = self._client.scatter(order, hash=False) if large else order
        future = self._client.submit(
            work,
            sent,
            pure=False,
            priority=priority,
            resources={tag: much for tag, much in resources.items() if tag in self._tags} or None,
        )
        self._futures.add(future)

        def finished(future: Any) -> None:
            self._futures.discard(future)
            # not what a step raised: that is part of the answer
            status = future.status
            try:
                outcome.set_result(future.result())
            except BaseException as error:
                outcome.set_exception(_as_ours(error) if status == "error" else self._lost(error))

        future.add_done_callback(finished)
        return outcome

    def check(self) -> None:
        """See whether the scheduler still answers, and how many workers it has.

        Raises
        ------
        ExecutorLostError
            If it has been gone for some seconds.
        """
        if self._client.status == "running":
            self._gone_since = None
            workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
            self._threads = sum(worker["nthreads"] for worker in workers)
            self._tags = frozenset(tag for worker in workers for tag in worker["resources"])
            self._tell_if_alone()
            return
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        if self._client.status == "closed" or now - self._gone_since > _LOST_AFTER_SECONDS:
            raise self._lost("it does not answer any more")

    def _tell_if_alone(self) -> None:
        """Tell, once, that there have been no workers for some time."""
        if self._threads:
            self._alone_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        waited = time.monotonic() - self._alone_since
        if waited > _ALONE_SECONDS and not self._told_alone:
            self._told_alone = True
            _logger.warning(
                "The Dask cluster at %s has no workers; the run waits for them.", self._address
            )

    def _lost(self, how: object) -> ExecutorLostError:
        self._is_lost = True
        why = str(how).strip().partition("\n")[0] or type(how).__name__
        return ExecutorLostError(
            f"The Dask scheduler at {self._address} is lost ({why}). What was saved stays; run "
            "again to go on from there."
        )

    def stop(self) -> None:
        """Cancel everything, and end the workers where they are ours."""
        futures, self._futures = self._futures, set()
        if self._client.status == "running":
            self._client.cancel(list(futures), force=True)
        self.close()

    def close(self) -> None:
        """Close what is ours."""
        for one in self._owned:
            one.close(timeout=_GOODBYE_SECONDS if self._is_lost else _CONNECT_SECONDS)


def _as_ours(error: BaseException) -> BaseException:
    if isinstance(error, _distributed().scheduler.KilledWorker):
        # Dask itself has tried it again on other workers
        return WorkerDiedError(str(error), is_final=True)
    return error


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise MissingDependencyError(
            "Running on Dask needs dask.distributed: pip install 'curifactory[dask]'"
        ) from error
    return distributed
