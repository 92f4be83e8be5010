"""What is known to give the same artifact although a recipe says otherwise.

Metadata of a valid artifact is never rewritten, so this stands in a small file per step outside of
the cache folder: keys of inputs that were found to give equal content, and edits that a user
accepted.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import socket
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from curifactory.planning.compare import Difference
from curifactory.store.files import write_whole
from curifactory.store.slot import Slot

# other differences are of values, which nothing can make equal
_KINDS = ("code", "packages")


class EquivalentsSettings(Protocol):
    """What this asks of the manager."""

    @property
    def cache_path(self) -> str: ...
    @property
    def manager_cache_path(self) -> str: ...


class Equivalents:
    """Reads and writes these files.

    Parameters
    ----------
    settings : EquivalentsSettings
        The manager.
    """

    def __init__(self, settings: EquivalentsSettings) -> None:
        self._settings = settings

    def without_equal(self, slots: Mapping[str, Slot], found: list[Difference]) -> list[Difference]:
        """Leave out the differences that are known to make none."""
        if not any(one.kind in _KINDS for one in found):
            return found
        known = {_mark(entry) for entry in self.entries(slots)}
        return [one for one in found if one.kind not in _KINDS or _mark_of(one) not in known]

    def add(
        self,
        slots: Mapping[str, Slot],
        found: Iterable[Difference],
        by: Literal["content", "accepted"],
    ) -> None:
        """Remember that some differences make none, who says so, and when."""
        wanted = list(found)
        if not wanted:
            return
        entries = self.entries(slots)
        known = {_mark(entry) for entry in entries}
        new = [one for one in wanted if _mark_of(one) not in known]
        if not new:
            return
        facts = {"by": by, "user": _user(), "when": datetime.now().astimezone().isoformat()}
        entries += [
            {"field": one.field, "name": one.name, "then": one.then, "now": one.now, **facts}
            for one in new
        ]
        path = self._path(slots)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_whole(path, json.dumps({"schema": 1, "entries": entries}, indent=1).encode())

    def who(self, slots: Mapping[str, Slot], one: Difference) -> str:
        """Who says that a difference makes none, and when."""
        for entry in self.entries(slots):
            if _mark(entry) == _mark_of(one):
                if entry.get("by") == "content":
                    return f"found to give equal content on {_day(entry)}"
                return f"accepted by {entry.get('user')} on {_day(entry)}"
        return "makes no difference"

    def entries(self, slots: Mapping[str, Slot]) -> list[dict[str, Any]]:
        """All that is remembered for a step; nothing if its file is gone or damaged."""
        try:
            with open(self._path(slots), "rb") as file:
                entries = json.load(file)["entries"]
            return [dict(entry) for entry in entries]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def _path(self, slots: Mapping[str, Slot]) -> str:
        slot = next(iter(slots.values()))
        path = os.path.abspath(slot.metadata_path)
        cache = os.path.abspath(self._settings.cache_path)
        if path.startswith(cache + os.sep):
            # relative, so that it still counts when the project's folder was moved
            path = os.path.relpath(path, cache)
        name = hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()
        return os.path.join(self._settings.manager_cache_path, "equivalents", f"{name}.json")


def acceptable_of(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Those of some differences that may make none."""
    return tuple(one for one in found if one.kind in _KINDS)


def _day(entry: Mapping[str, Any]) -> str:
    return str(entry.get("when"))[:10]


def _mark(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return (entry.get("field"), entry.get("name"), entry.get("then"), entry.get("now"))


def _mark_of(one: Difference) -> tuple[Any, ...]:
    return (one.field, one.name, one.then, one.now)


def _user() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()
