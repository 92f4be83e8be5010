"""Runs the real command in forked children, which spare each trial the imports."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from curifactory.cli import experiment

WAIT_SECONDS = 120
OURS = ("CURIFACTORY_", "SUBJECT_")


@dataclass(frozen=True)
class Ended:
    """How a run of the subject ended.

    Parameters
    ----------
    status : int
        Exit status; minus the signal's number if one ended it.
    said : tuple of str
        The lines in which the subject said what it did.
    stderr : str
        What the command wrote there.
    counts : dict of str to int
        What the shim counted, where it was asked; a killed process leaves nothing.
    """

    status: int
    said: tuple[str, ...]
    stderr: str
    counts: dict[str, int] = field(default_factory=dict)

    def lines(self, what: str) -> list[str]:
        """What the subject said with this first word."""
        return [line.removeprefix(what).strip() for line in self.said if line.startswith(what)]

    @property
    def is_right(self) -> bool:
        """Whether it went through, and all its values were compared and right."""
        return self.status == 0 and bool(self.lines("checked")) and not self.lines("wrong")


class Child:
    """One run of the command in a project folder, in a process of its own.

    Parameters
    ----------
    project : Path
        The project; its parent folder takes what the run says.
    arguments : str
        Of the ``experiment`` command, after the subject's name.
    environment : dict, optional
        Added to what the process has.
    before : callable, optional
        Called in the child just before the command.
    count : callable, optional
        Called in the child after the command; gives what the shim counted.
    label : str
        Tells children apart that run at the same time.
    quiet : bool
        Whether the command keeps its notices to itself.
    """

    def __init__(
        self,
        project: Path,
        *arguments: str,
        environment: dict[str, str] | None = None,
        before: Callable[[], object] | None = None,
        count: Callable[[], dict[str, int]] | None = None,
        label: str = "",
        quiet: bool = True,
    ) -> None:
        self._said = project.parent / f"said{label}.txt"
        self._stderr = project.parent / f"stderr{label}.txt"
        self._count = project.parent / f"count{label}.json"
        for path in (self._said, self._stderr, self._count):
            path.unlink(missing_ok=True)
        self.pid = os.fork()
        if self.pid == 0:
            status = 70
            try:
                self._prepare(project, environment or {})
                if before is not None:
                    before()
                says = ["--quiet"] if quiet else []
                status = command("subject", *says, "--no-report", *arguments)
                if count is not None:
                    self._count.write_text(json.dumps(count()))
            finally:
                os._exit(status)

    def said(self) -> list[str]:
        """What the subject said until now."""
        return self._said.read_text().splitlines() if self._said.exists() else []

    def wait(self) -> Ended:
        """How it ended."""
        with _time_limit(self.pid):
            _, status = os.waitpid(self.pid, 0)
        return Ended(
            os.waitstatus_to_exitcode(status),
            tuple(self.said()),
            self._stderr.read_text() if self._stderr.exists() else "",
            json.loads(self._count.read_text()) if self._count.exists() else {},
        )

    def _prepare(self, project: Path, environment: dict[str, str]) -> None:
        for key in [key for key in os.environ if key.startswith(OURS) and key != "SUBJECT_SIZE"]:
            del os.environ[key]
        ours = {"SUBJECT_LOG": str(self._said), "NO_COLOR": "1", "CURIFACTORY_CHECK_MUTATION": "1"}
        os.environ.update(ours | environment)
        os.chdir(project)
        # a process started in the background may have it ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
        output = os.open(self._stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)


def command(*arguments: str) -> int:
    """The ``experiment`` command in this process; its exit status."""
    try:
        experiment.main(list(arguments), prog_name="experiment")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


@contextmanager
def _time_limit(pid: int) -> Iterator[None]:
    """A child that hangs is ended, and found by its signal."""

    def end_it(*_: object) -> None:
        os.kill(pid, signal.SIGABRT)

    before = signal.signal(signal.SIGALRM, end_it)
    signal.alarm(WAIT_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
