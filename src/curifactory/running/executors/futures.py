"""Any executor of `concurrent.futures` that the user hands over: MPI, Ray, a process pool."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from concurrent.futures import Executor as FuturesPool

from curifactory.errors import ConfigurationError, WorkerDiedError
from curifactory.running.executors.protocol import Work


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
        """A pool that is broken says so when something is submitted."""

    def stop(self) -> None:
        """Take back what has not begun; what runs is the pool's."""
        for future in list(self._pending):
            future.cancel()

    def close(self) -> None:
        """It is not ours to close."""
