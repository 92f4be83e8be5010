"""``MANIFEST.json``: every file of a full store with size and digest, and what is not in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from curifactory.errors import DamagedStoreError
from curifactory.stores.contents import StoredFile
from curifactory.stores.held import Held, NotHeld
from curifactory.stores.layout import INCOMPLETE_MARK, MANIFEST

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What belongs to a full store.

    Parameters
    ----------
    files : tuple of StoredFile
        Every file but the manifest itself, in order of path.
    artifacts : tuple of Held
        The artifacts, in the order in which the run took them.
    not_held : tuple of NotHeld
        Outputs of which there is no copy.
    missing : tuple of str
        What else one would look for in vain, for a reader.
    """

    files: tuple[StoredFile, ...]
    artifacts: tuple[Held, ...]
    not_held: tuple[NotHeld, ...]
    missing: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The document: one file, and one artifact, a line."""
        files = [[file.path, file.size, file.sha256] for file in self.files]
        document: dict[str, Iterable[Any]] = {
            "files": files,
            "artifacts": map(asdict, self.artifacts),
            "not_held": map(asdict, self.not_held),
            "missing": self.missing,
        }
        parts = [f'  "schema": {SCHEMA}']
        for name, items in document.items():
            lines = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in items)
            parts.append(f'  "{name}": [\n{lines}\n  ]' if lines else f'  "{name}": []')
        text = "{\n" + ",\n".join(parts) + "\n}\n"
        return text.encode("utf-8", "surrogatepass")


def read_manifest(folder: str) -> Manifest:
    """The manifest of a full store.

    Raises
    ------
    DamagedStoreError
        If there is none, or it cannot be read.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, "rb") as file:
            return parse_manifest(file.read())
    except FileNotFoundError:
        why = (
            f"it is incomplete: its run did not come to its end, which writes {MANIFEST}. What is "
            f"whole in there can still be used: --cache {folder}"
            if _is_marked(folder)
            else f"its {MANIFEST} is missing, without which nobody knows what it held"
        )
        raise DamagedStoreError(f"The full store {folder} cannot be verified: {why}.") from None
    except (OSError, ValueError) as error:
        raise DamagedStoreError(f"{path} cannot be read: {error}") from None


def parse_manifest(data: bytes) -> Manifest:
    """Read what `Manifest.to_bytes` gave.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise ValueError(f"it has schema {document['schema']!r}, not {SCHEMA}")
        return Manifest(
            files=tuple(StoredFile(inside(p), int(s), str(d)) for p, s, d in document["files"]),
            artifacts=tuple(_held(item) for item in document["artifacts"]),
            not_held=tuple(NotHeld(**item) for item in document["not_held"]),
            missing=tuple(map(str, document["missing"])),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it is no manifest ({error!r})") from None


def inside(path: Any) -> str:
    """A path that leads nowhere out of the store.

    Raises
    ------
    ValueError
        If it may do so, on some system or other.
    """
    parts = str(path).replace("\\", "/").split("/")
    if {"", ".", ".."} & {*parts} or ":" in parts[0] or "\0" in str(path):
        raise ValueError(f"the path {path!r} leads out of the store")
    return str(path)


def _held(item: dict[str, Any]) -> Held:
    known = {field.name for field in fields(Held)}
    return Held(**{**{k: v for k, v in item.items() if k in known}, "files": tuple(item["files"])})


def _is_marked(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, INCOMPLETE_MARK))
