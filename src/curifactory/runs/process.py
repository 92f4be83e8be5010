"""Which process a run belongs to, and whether that process is gone."""

from __future__ import annotations

import functools
import os
from dataclasses import astuple, dataclass

from curifactory.runs.machine import host


@dataclass(frozen=True, slots=True)
class Process:
    """A process, so that another one that is given its number later is not taken for it.

    Parameters
    ----------
    host : str
        Name of the machine.
    pid : int
        Its number there.
    machine, boot, namespace : str
        What tells the machine, its last start and the container apart; empty where unknown.
    began : str
        When the process began, in the system's own words.
    """

    host: str
    pid: int
    machine: str
    boot: str
    namespace: str
    began: str

    @property
    def mark(self) -> str:
        """All but host and number as one text."""
        return "|".join(astuple(self)[2:])

    @classmethod
    def from_mark(cls, host: str, pid: int, mark: str) -> Process:
        """Read what `mark` gave."""
        machine, boot, namespace, began = mark.split("|", 3)
        return cls(host, pid, machine, boot, namespace, began)


def this_process() -> Process:
    """The process that asks."""
    return Process(host(), os.getpid(), *_surroundings(), _began(os.getpid()))


def is_gone(host_: str | None, pid: int | None, mark: str | None) -> bool:
    """Whether the process of a run has surely ended; of other machines nobody here can tell.

    Parameters
    ----------
    host_, pid, mark
        As the history has them.
    """
    if host_ != host() or pid is None or mark is None or mark.count("|") < 3:
        return False
    asked = Process.from_mark(host_, pid, mark)
    machine, boot, namespace = _surroundings()
    if asked.machine != machine:
        return False
    if asked.boot != boot:
        return True
    return asked.namespace == namespace and _began(pid) != asked.began


def may_go_on(
    status: str, ended: float | None, host_: str | None, pid: int | None, mark: str | None
) -> bool:
    """Whether a run has not ended, as far as can be told from here.

    Parameters
    ----------
    status, ended, host_, pid, mark
        As the history has them.
    """
    return status in ("running", "LIVE") and ended is None and not is_gone(host_, pid, mark)


@functools.cache
def _surroundings() -> tuple[str, str, str]:
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return _first_line("/etc/machine-id"), _first_line("/proc/sys/kernel/random/boot_id"), namespace


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().strip().replace("|", "")
    except OSError:
        return ""


def _began(pid: int) -> str:
    """When a process began; ``""`` if there is none of this number."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return "" if os.path.exists("/proc/self/stat") else _began_by_ps(pid)
    # a process that ended and was not yet asked for its status does nothing any more
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()


def _began_by_ps(pid: int) -> str:
    import subprocess

    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
