"""Processes on this machine: one pool of one process per worker, so that one death is one's own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext
from typing import Any

from curifactory.errors import WorkerDiedError
from curifactory.running.executors.processes import WorkerProcess
from curifactory.running.executors.protocol import Work

# what a stage may take to clean up after Ctrl-C
_GRACE_SECONDS = 1.0
_PARENT_CHECK_SECONDS = 1.0


class LocalProcesses:
    """Workers on this machine, each started when it is first needed.

    Parameters
    ----------
    count : int
        How many.
    """

    def __init__(self, count: int) -> None:
        self._workers = [_Worker() for _ in range(count)]
        self._stopped = False

    @property
    def slots(self) -> int:
        """The number of workers."""
        return len(self._workers)

    def submit(
        self,
        work: Work,
        order: bytes,
        priority: float,  # noqa: ARG002 - whatever is submitted begins at once
        resources: Mapping[str, float],  # noqa: ARG002 - one machine has them all
    ) -> Future[bytes]:
        """Let a worker that has nothing to do call ``work(order)``."""
        worker = min(self._workers, key=lambda one: one.busy)
        return worker.submit(work, order)

    def check(self) -> None:
        """A worker that ends is replaced: there always are some."""

    def stop(self) -> None:
        """Interrupt the workers, and kill those that do not end."""
        self._stopped = True
        processes = [process for worker in self._workers for process in worker.processes()]
        for process in processes:
            process.terminate()
        until = time.monotonic() + _GRACE_SECONDS
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()
        self.close()

    def close(self) -> None:
        """Let the workers end."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, and another one in its place when it died."""

    def __init__(self) -> None:
        self.busy = 0
        # of the present pool, in order: the first one is at work
        self._calls: list[Future[bytes]] = []
        self._context = _Context()
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def submit(self, work: Work, order: bytes) -> Future[bytes]:
        outcome: Future[bytes] = Future()
        with self._lock:
            self.busy += 1
            inner = self._submit(work, order)
            calls = self._calls

        def finished(inner: Future[bytes]) -> None:
            error = inner.exception()
            is_broken = isinstance(error, BrokenProcessPool)
            with self._lock:
                self.busy -= 1
                was_at_work = calls[0] is inner
                if not is_broken:
                    calls.remove(inner)
            if error is None:
                outcome.set_result(inner.result())
            elif not is_broken:
                outcome.set_exception(error)
            elif was_at_work:
                outcome.set_exception(WorkerDiedError(self._how_it_died()))
            else:
                outcome.set_exception(WorkerDiedError("another call ended it", had_begun=False))

        inner.add_done_callback(finished)
        return outcome

    def processes(self) -> list[Any]:
        return [process for process in self._context.started if process.is_alive()]

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, work: Work, order: bytes) -> Future[bytes]:
        if self._pool is not None:
            try:
                return self._called(self._pool, work, order)
            except BrokenProcessPool:
                pass
        self._calls = []
        self._pool = ProcessPoolExecutor(1, mp_context=self._context, initializer=_begin)
        future = self._called(self._pool, work, order)
        _close_writing_end(self._pool)
        return future

    def _called(self, pool: ProcessPoolExecutor, work: Work, order: bytes) -> Future[bytes]:
        future = pool.submit(_call, work, order)
        self._calls.append(future)
        return future

    def _how_it_died(self) -> str:
        process = self._context.started[-1]
        process.join(_GRACE_SECONDS)
        code = process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            more = ", as the system does when memory runs out" if name == "SIGKILL" else ""
            return f"its process {process.pid} was ended by {name}{more}"
        return f"its process {process.pid} ended with status {code}"


def _close_writing_end(pool: ProcessPoolExecutor) -> None:
    """Leave the pipe of results to the process, which was started and has it.

    If it dies in the middle of a large result, the pool would otherwise wait for the rest for ever.
    """
    pool._result_queue._writer.close()  # type: ignore[attr-defined]


class _Context(SpawnContext):
    """Starts processes and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[Any] = []

    def Process(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # noqa: N802
        process = WorkerProcess(*args, **kwargs)
        self.started.append(process)
        return process


def _begin() -> None:
    """In a worker, before its first call."""
    # Ctrl-C reaches all processes of a terminal: whoever gives the orders decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


_is_at_work = False
_is_ending = False


def _call(work: Work, order: bytes) -> bytes:
    global _is_at_work
    _is_at_work = True
    try:
        return work(order)
    finally:
        _is_at_work = False
        if _is_ending:
            # nobody waits for what was interrupted
            os._exit(0)


def _end(*_: object) -> None:
    """Let a stage clean up after itself; without one, there is nothing to clean up."""
    global _is_ending
    if not _is_at_work:
        os._exit(0)
    _is_ending = True
    raise KeyboardInterrupt


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(1)
