"""What a stage reported, as data: kept with its artifacts and read back without its class.

Reports are made from this alone, so a stage that is loaded from cache shows what it showed when
it ran, and nothing of foreign origin is ever unpickled for a page.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from curifactory.errors import UnusableArtifactError

# stands in the kept HTML for the folder of the files; relative, so that folders can be moved
PLACEHOLDER = "reportables"
FILE_NAME = "reportables.json"


@dataclass(frozen=True, slots=True)
class RenderedReportable:
    """A reportable as it is kept with the artifacts of its stage.

    Parameters
    ----------
    name, group : str
        What a reader calls it; the group is empty if there is none.
    kind : str
        The class that rendered it.
    qualified_name : str
        Its safe file name, without extension.
    stage, record_name, record_hash : str
        Where it was reported.
    html : tuple of str
        What the page shows. Files are referred to as ``reportables/<file>``.
    files : tuple of str
        What it wrote, relative to its folder.
    """

    name: str
    group: str
    kind: str
    qualified_name: str
    stage: str
    record_name: str
    record_hash: str
    html: tuple[str, ...]
    files: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as a document that JSON holds exactly."""
        return asdict(self) | {"html": list(self.html), "files": list(self.files)}

    @classmethod
    def from_json(cls, document: object, where: str = "a kept report") -> RenderedReportable:
        """Make it from what `to_json` gave; keys that are not known are left aside.

        Parameters
        ----------
        document : object
            The parsed JSON.
        where : str
            The file it came from, for the message.

        Raises
        ------
        UnusableArtifactError
            If a part is missing, of another type, or names a file outside of its folder.
        """
        if not isinstance(document, Mapping):
            raise _unusable(where, f"a reportable is a {type(document).__name__}, not an object")
        values: dict[str, Any] = {}
        for field in fields(cls):
            value = document.get(field.name)
            if field.name in ("html", "files"):
                if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
                    raise _unusable(where, f"'{field.name}' is not a list of strings")
                value = tuple(value)
            elif not isinstance(value, str):
                raise _unusable(where, f"'{field.name}' is not a string")
            values[field.name] = value
        for path in values["files"]:
            if not _stays_inside(path):
                raise _unusable(where, f"the file {path!r} is not inside its folder")
        return cls(**values)


def save_rendered(reportables: Sequence[RenderedReportable], folder: str) -> None:
    """Write ``reportables.json`` beside the files of the reportables.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, FILE_NAME), "w", encoding="utf-8") as file:
        json.dump([item.to_json() for item in reportables], file, indent=2)
        file.write("\n")


def load_rendered(folder: str) -> list[RenderedReportable]:
    """Read what `save_rendered` wrote.

    Raises
    ------
    UnusableArtifactError
        If the file is missing or damaged.
    """
    path = os.path.join(folder, FILE_NAME)
    try:
        with open(path, encoding="utf-8") as file:
            documents = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(path, str(error)) from error
    if not isinstance(documents, list):
        raise _unusable(path, "it is not a list")
    return [RenderedReportable.from_json(document, path) for document in documents]


def _stays_inside(path: str) -> bool:
    parts = path.split("/")
    return not ({"", ".", ".."} & {*parts}) and "\\" not in path and "\0" not in path


def _unusable(where: str, problem: str) -> UnusableArtifactError:
    return UnusableArtifactError(
        f"What was reported cannot be read from {where}: {problem}. "
        "Remove the file; the stage reports again when it runs again."
    )
