"""The source that artifacts were made from: once per code digest, compressed, for explaining."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import asdict
from typing import Protocol

from curifactory.planning.code_changes import KeptPart
from curifactory.planning.recipe import EDITED
from curifactory.running.code_facts import CodeFacts
from curifactory.store.files import write_whole


class CodeStoreSettings(Protocol):
    """What a code store asks of the manager."""

    dry: bool

    @property
    def manager_cache_path(self) -> str: ...


# code of this process, which a dry run does not write down
_HERE: dict[str, CodeFacts] = {}


class CodeStore:
    """Keeps sources below the manager's cache folder, in ``code/``.

    Parameters
    ----------
    settings : CodeStoreSettings
        The manager.
    """

    def __init__(self, settings: CodeStoreSettings) -> None:
        self._settings = settings
        self._kept: set[str] = set()

    def keep(self, code: CodeFacts) -> None:
        """Write what some code says, if nobody did before."""
        digest = code.digest
        if digest is None or digest in self._kept:
            return
        _HERE[digest] = code
        if self._settings.dry:
            return
        self._kept.add(digest)
        path = code_path(self._settings.manager_cache_path, digest)
        if digest.startswith(EDITED) or os.path.exists(path):
            return
        document = [asdict(part) for part in _parts(code)]
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_whole(path, zlib.compress(json.dumps(document).encode("utf-8", "surrogatepass")))
        except OSError:
            # it only explains; the disk will be heard of when artifacts are saved
            self._kept.discard(digest)


def code_path(manager_cache_path: str, digest: str) -> str:
    """Where the source of a code digest lies."""
    return os.path.join(manager_cache_path, "code", f"{digest}.json.z")


def kept_parts(manager_cache_path: str, digest: str | None) -> list[KeptPart] | None:
    """The parts of some code; ``None`` if they were not kept or cannot be read.

    Parameters
    ----------
    manager_cache_path : str
        The manager's cache folder.
    digest : str, optional
        Of the code, as a recipe has it.
    """
    if digest is None:
        return None
    try:
        with open(code_path(manager_cache_path, digest), "rb") as file:
            document = json.loads(zlib.decompress(file.read()))
        return [KeptPart(**part) for part in document]
    except (OSError, ValueError, TypeError, zlib.error):
        return _parts(_HERE[digest]) if digest in _HERE else None


def _parts(code: CodeFacts) -> list[KeptPart]:
    return [
        KeptPart(part.name, part.file, part.line, part.digest, part.source) for part in code.parts
    ]
