"""Any executor of `concurrent.futures` that the user hands over: MPI, Ray, a process pool."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import Executor as FuturesPool
from multiprocessing import connection

from curifactory.errors import ConfigurationError, WorkerDiedError
from curifactory.running.executors.protocol import Work

# a pool that can tell that a process died does so at once
_UNTOLD_SECONDS = 2.0


class FuturesExecutor:
    """Lets somebody else's pool carry out orders; it stays theirs.

    Parameters
    ----------
    pool : concurrent.futures.Executor
        Its workers are processes.

    Raises
    ------
    ConfigurationError
        If its workers are threads.
    """

    def __init__(self, pool: FuturesPool) -> None:
        if isinstance(pool, ThreadPoolExecutor):
            raise ConfigurationError(
                "A ThreadPoolExecutor cannot carry out stages: its threads share working folder, "
                "environment and standard output. Hand over an executor that has processes."
            )
        self._pool = pool
        self._pending: set[Future[bytes]] = set()
        self._dead_since: float | None = None

    @property
    def slots(self) -> int | None:
        """The number of its workers, if it says so."""
        count = getattr(self._pool, "_max_workers", None) or getattr(
            self._pool, "num_workers", None
        )
        return count if isinstance(count, int) else None

    def submit(
        self,
        work: Work,
        order: bytes,
        priority: float,  # noqa: ARG002 - such a pool knows none
        resources: Mapping[str, float],  # noqa: ARG002
    ) -> Future[bytes]:
        """Let a worker call ``work(order)``."""
        outcome: Future[bytes] = Future()
        inner = self._pool.submit(work, order)
        self._pending.add(inner)

        def finished(inner: Future[bytes]) -> None:
            self._pending.discard(inner)
            if inner.cancelled():
                outcome.set_exception(WorkerDiedError("its work was cancelled"))
                return
            error = inner.exception()
            if error is None:
                outcome.set_result(inner.result())
            elif isinstance(error, BrokenExecutor):
                outcome.set_exception(WorkerDiedError(f"its pool broke ({error})"))
            else:
                outcome.set_exception(error)

        inner.add_done_callback(finished)
        return outcome

    def check(self) -> None:
        """A pool that is broken says so, but for one that waits for the rest of an answer.

        A process that dies in the middle of a large answer leaves a pool of several processes
        waiting for ever, as long as others could write to the same pipe. These are ended then, as
        such a pool ends them whenever one of them dies.
        """
        pool = self._pool
        if not isinstance(pool, ProcessPoolExecutor) or not self._pending:
            return
        processes = list((pool._processes or {}).values())
        if not connection.wait([one.sentinel for one in processes], timeout=0) or pool._broken:
            self._dead_since = None
            return
        self._dead_since = self._dead_since or time.monotonic()
        if time.monotonic() - self._dead_since > _UNTOLD_SECONDS:
            for one in processes:
                one.kill()
            pool._result_queue._writer.close()  # type: ignore[attr-defined]

    def stop(self) -> None:
        """Take back what has not begun; what runs is the pool's."""
        for future in list(self._pending):
            future.cancel()

    def close(self) -> None:
        """It is not ours to close."""
