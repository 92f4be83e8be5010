"""The other side of an executor: a process that carries out the steps of work orders."""

from curifactory.worker.manager import describe_manager
from curifactory.worker.work import work

__all__ = ["describe_manager", "work"]
