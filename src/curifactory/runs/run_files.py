"""One file per run, forced to disk: what the database is made anew from when it is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from curifactory.runs.database import FILES
from curifactory.runs.entry import RunFile
from curifactory.runs.long_document import write_document
from curifactory.store.metadata import SCHEMA, BrokenMetadata, parse

PINS = "pins.json"
FORGOTTEN = "forgotten"
_ENVIRONMENTS = "environments"


@dataclass(frozen=True, slots=True)
class Removed:
    """What is left of a run that was removed: its number is not given again."""

    reference: str
    experiment: str
    number: int


class RunFiles:
    """The files beside the database.

    Parameters
    ----------
    history : str
        The folder of the run history.
    """

    def __init__(self, history: str) -> None:
        self.history = history
        self.folder = os.path.join(history, FILES)

    def path(self, reference: str) -> str:
        """The file of one run."""
        return os.path.join(self.folder, f"{reference}.json")

    def write(self, run: RunFile, durable: bool = True) -> None:
        """Write what is known of a run; `durable`: forced to disk.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        document = {"schema": SCHEMA, **run.to_json()}
        self._write(self.path(run.entry.reference), document, durable)

    def claim(self, run: RunFile) -> bool:
        """Write it if there is none of this reference; says whether there was none.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        path = self.path(run.entry.reference)
        os.makedirs(self.folder, exist_ok=True)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
        self.write(run)
        return True

    def write_removed(self, removed: Removed) -> None:
        """Leave of a run only that it was removed.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        document = {
            "schema": SCHEMA,
            "removed": datetime.now().astimezone().isoformat(timespec="seconds"),
            "reference": removed.reference,
            "experiment": removed.experiment,
            "number": removed.number,
        }
        self._write(self.path(removed.reference), document)

    def read(self, reference: str) -> RunFile | Removed:
        """What is known of a run.

        Raises
        ------
        BrokenMetadata
            If the file is missing, or is not what was written.
        """
        return _read(self.path(reference))

    def read_all(self, on_broken: Callable[[str], None]) -> Iterator[RunFile | Removed]:
        """Read every file; `on_broken` is called with the path of one that cannot be read."""
        for name in self.names():
            path = os.path.join(self.folder, name)
            try:
                yield _read(path)
            except BrokenMetadata:
                on_broken(path)

    def names(self) -> list[str]:
        """The names of all runs' files."""
        try:
            found = os.listdir(self.folder)
        except OSError:
            return []
        return sorted(name for name in found if name.endswith(".json") and name != PINS)

    def keep_environment(self, digest: str, facts: dict[str, Any]) -> None:
        """Keep what a run took place in, once per content.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        path = os.path.join(self.folder, _ENVIRONMENTS, f"{digest}.json")
        if not os.path.exists(path):
            self._write(path, {"schema": SCHEMA, **facts})

    def environments(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Digest and facts of every environment that is held."""
        folder = os.path.join(self.folder, _ENVIRONMENTS)
        names = os.listdir(folder) if os.path.isdir(folder) else []
        for name in sorted(name for name in names if name.endswith(".json")):
            try:
                facts = _document(os.path.join(folder, name))
            except BrokenMetadata:
                continue
            facts.pop("schema")
            yield name.removesuffix(".json"), facts

    def _write(self, path: str, document: dict[str, Any], durable: bool = True) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_document(path, document, durable)


def _read(path: str) -> RunFile | Removed:
    document = _document(path)
    try:
        if "removed" in document:
            number = int(document["number"])
            return Removed(str(document["reference"]), str(document["experiment"]), number)
        return RunFile.from_json(document)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenMetadata(f"it is no file of a run ({error!r})") from None


def _document(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            document = parse(file.read())
    except OSError as error:
        raise BrokenMetadata(f"it cannot be read ({error.strerror or error})") from None
    if "schema" not in document:
        raise BrokenMetadata("it was not written here")
    return document


def to_json(value: Any) -> str:
    """JSON of anything; what it does not know becomes its ``str()``."""
    return json.dumps(value, default=str)
