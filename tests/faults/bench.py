"""A bench on which trials are made: projects that hold the subject, and what a trial must show."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curifactory.store.metadata import BrokenMetadata, parse

from .child import Child, Ended, command

SUBJECT = Path(__file__).with_name("subject.py")
# of an older value: the same files, made with another salt
OLDER = {"SUBJECT_SALT": "100"}
STEPS = 9


@dataclass
class Bench:
    """A folder for the projects of many trials, which come after each other.

    Parameters
    ----------
    base : Path
        An empty folder.
    counts : Counter
        What the trials showed: ``trials``, and whatever must not be there.
    """

    base: Path
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def project(self) -> Path:
        """The project of the trial that goes on."""
        return self.base / "trial" / "project"

    def new_project(self, full: bool = False) -> Path:
        """A new project; a full one has the artifacts of a run with older values."""
        shutil.rmtree(self.project, ignore_errors=True)
        if full:
            if not (self.base / "full").exists():
                self._fill(self.base / "full")
            shutil.copytree(self.base / "full", self.project)
        else:
            _make_project(self.project)
        return self.project

    def warm_up(self) -> None:
        """Run the subject in this process, so that its children find all that is read but once."""
        folder = os.getcwd()
        os.environ["SUBJECT_LOG"] = os.devnull
        os.chdir(self.new_project())
        for _ in range(2):
            assert command("subject", "--quiet", "--no-report") == 0
        os.chdir(folder)
        gc.collect()
        # what is not visited is not copied for the children
        gc.freeze()

    def run(self, *arguments: str, **options: Any) -> Ended:
        """One run of the subject in the trial's project."""
        return Child(self.project, *arguments, **options).wait()

    def expect_recovery(
        self,
        what: str,
        kept: list[str],
        environment: dict[str, str],
        runs: Collection[str] | None = None,
    ) -> None:
        """Run to the end, then once more: right values, nothing lost, nothing done twice, no rest.

        In every fifth trial the database of the run history is lost then, and has to come back.

        Parameters
        ----------
        what : str
            What was done to the project, to be found again.
        kept : list of str
            Steps that must not be executed, since they were finished.
        runs : collection of str, optional
            Runs that must be listed; by default those that have a file of their own.
        """
        self.counts["trials"] += 1
        entered = runs_with_file(self.project) if runs is None else runs
        second = self.run(environment=environment)
        self._note_run(f"{what}: second run", second)
        again = sorted(set(kept) & set(second.lines("executed")))
        if again:
            self.note("lost", f"{what}: {again}")
        third = self.run(environment=environment)
        self._note_run(f"{what}: third run", third)
        if third.lines("executed"):
            self.note("third run executed", f"{what}: {third.lines('executed')}")
        for rest in leftovers(self.project):
            self.note("leftovers", f"{what}: {rest}")
        self._expect_runs(what, entered)
        if self.counts["trials"] % 5 == 0:
            self._lose_database(f"{what}: then no database", environment)

    def expect_clear(self, what: str, ended: Ended) -> None:
        """A failure must name what failed, and must not pass for success."""
        if ended.lines("wrong"):
            self.note("wrong", f"{what}: {ended.lines('wrong')}")
        if ended.status == 0:
            self.counts["went through"] += 1
            if not ended.is_right:
                self.note("wrong", f"{what}: {ended}")
        elif ended.status < 0:
            self.note("broken", f"{what}: {ended}")
        elif is_clear(ended.stderr):
            self.counts["clear error"] += 1
        elif is_of_the_experiment(ended.stderr):
            # a file that `run` opens by itself: its error stays as it is
            self.counts["error of the experiment's own code"] += 1
        else:
            self.note("unclear", f"{what}: {ended.stderr[-1500:]}")

    def note(self, kind: str, text: str) -> None:
        """Note something that must not be."""
        self.counts[kind] += 1
        with open(self.base / "found.txt", "a") as file:
            file.write(f"{kind}: {text}\n")

    def _note_run(self, what: str, ended: Ended) -> None:
        if ended.lines("wrong"):
            self.note("wrong", f"{what}: {ended.lines('wrong')}")
        elif not ended.is_right:
            self.note("broken", f"{what}: status {ended.status}: {ended.stderr[-1500:]}")

    def _lose_database(self, what: str, environment: dict[str, str]) -> None:
        entered = runs_with_file(self.project)
        for path in (self.project / "data").glob("runs.sqlite*"):
            path.unlink()
        self._note_run(what, self.run(environment=environment))
        self._expect_runs(what, entered)

    def _expect_runs(self, what: str, runs: Collection[str]) -> None:
        listed = read_runs(self.project)
        numbers = [run["run_number"] for run in listed]
        missing = set(runs) - {run["reference"] for run in listed}
        if missing or len(set(numbers)) != len(numbers) or len(numbers) < 2:
            self.note("runs lost", f"{what}: {sorted(missing)}, listed {numbers}")

    def _fill(self, target: Path) -> None:
        _make_project(self.project)
        ended = self.run(environment=OLDER)
        assert ended.is_right, ended
        assert len(ended.lines("executed")) == STEPS, ended
        shutil.move(self.project, target)


def _make_project(folder: Path) -> None:
    (folder / "experiments").mkdir(parents=True)
    (folder / "curifactory_config.json").write_text("{}")
    shutil.copy(SUBJECT, folder / "experiments" / "subject.py")


_PLACE = re.compile(r"stage '\w+'|record '\w+'|[\w.-]*/[\w./-]*")


def is_clear(stderr: str) -> bool:
    """Whether what the command says about a failure helps: one message with a place.

    A traceback is clear where it ends in the user's own code and names stage and record.
    """
    if "Traceback" in stderr:
        return "in stage '" in stderr and "experiments/subject.py" in stderr
    errors = [line for line in stderr.splitlines() if line.startswith("Error: ")]
    return len(errors) == 1 and bool(_PLACE.search(errors[0]))


def is_of_the_experiment(stderr: str) -> bool:
    """Whether the experiment's own code failed outside of any stage, as its traceback shows."""
    if "Traceback" not in stderr:
        return False
    places = [line for line in stderr.splitlines() if line.lstrip().startswith('File "')]
    return "experiments/subject.py" in places[-1] and "in stage '" not in stderr


def leftovers(project: Path) -> list[str]:
    """Hidden files of ours that a finished run leaves in the project's data."""
    return [
        os.path.relpath(os.path.join(root, name), project)
        for root, folders, names in os.walk(project / "data")
        for name in [*folders, *names]
        if (name.startswith(".") and name != ".cache-locks") or name.endswith("-journal")
    ]


def runs_with_file(project: Path) -> list[str]:
    """References of the runs that have a whole file of their own."""
    return [path.stem for path in (project / "data" / "history").glob("*.json") if _is_whole(path)]


def _is_whole(path: Path) -> bool:
    try:
        return bool(parse(path.read_bytes()))
    except (BrokenMetadata, OSError):
        return False


def read_runs(project: Path) -> list[dict[str, Any]]:
    """The view of the run history."""
    runs: list[dict[str, Any]] = json.loads((project / "data" / "store.json").read_text())
    return runs
