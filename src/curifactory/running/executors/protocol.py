"""What an executor is: the few things that a scheduler asks of whatever has workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Protocol

Work = Callable[[bytes], bytes]


class Executor(Protocol):
    """Carries out calls of one function in other processes.

    Attributes
    ----------
    slots : int or None
        How many calls it can use at a time; ``None``: any number, it has a queue of its own.
    """

    @property
    def slots(self) -> int | None: ...

    def submit(
        self, work: Work, order: bytes, priority: float, resources: Mapping[str, float]
    ) -> Future[bytes]:
        """Let a worker call ``work(order)``.

        Parameters
        ----------
        work : callable
            Can be imported by workers.
        order : bytes
        priority : float
            What is larger goes first, where there is a choice.
        resources : dict of str to float
            What the call needs of its worker.

        Returns
        -------
        concurrent.futures.Future
            Of what the call returns. It raises `WorkerDiedError` if the worker ended before that.
        """

    def check(self) -> None:
        """See whether there still are workers, or will be.

        Raises
        ------
        ExecutorLostError
            If nothing that was submitted will ever come back.
        """

    def stop(self) -> None:
        """End what is running at once; nothing is submitted any more."""

    def close(self) -> None:
        """Give back what belongs to it; nothing is running any more."""
