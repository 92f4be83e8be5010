"""How much of the disk a cache folder takes, and what takes it."""

from __future__ import annotations

import os
import time
from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, dataclass
from sqlite3 import Connection
from typing import Any

from curifactory.care.cache_folder import CacheFolder
from curifactory.care.contents import contents_of
from curifactory.care.inventory import Inventory, Stored, take_inventory
from curifactory.care.share import Share
from curifactory.errors import HistoryError
from curifactory.store.files import files_at
from curifactory.store.reserved import METADATA_SUFFIX, REPORTABLES

_DAY = 86400.0
_AGES = (
    (_DAY, "under a day"),
    (7 * _DAY, "under a week"),
    (30 * _DAY, "under 30 days"),
    (90 * _DAY, "under 90 days"),
    (365 * _DAY, "under a year"),
    (float("inf"), "a year or more"),
)
_PARTS = ("artifacts", "reports", "metadata", "others")
NOBODY = "(unknown)"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a cache folder holds; every file is counted once, and so is every artifact.

    Parameters
    ----------
    folder : str
        The folder.
    parts : dict of str to Share
        ``"artifacts"`` with their data files; ``"reports"``: files of what stages reported;
        ``"metadata"`` files; ``"others"``: files that belong to none of these.
    by : dict of str to dict of str to Share
        The artifacts by ``"experiment"``, ``"stage"``, ``"age"``, and ``"run"`` that made them.
    """

    folder: str
    parts: dict[str, Share]
    by: dict[str, dict[str, Share]]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(part.size for part in self.parts.values())

    def to_json(self) -> dict[str, Any]:
        """The form in which it is printed for programs."""
        return {"size": self.size, **asdict(self)}


def usage_of(cache: CacheFolder) -> Usage:
    """Add up the files of a cache folder.

    Parameters
    ----------
    cache : CacheFolder
        The folder. What its history does not know, metadata tells.
    """
    try:
        return cache.ask(lambda connection: _usage(connection, cache))
    except HistoryError as error:
        cache.tell(str(error))
        return cache.ask_nobody(lambda connection: _usage(connection, cache))


def _usage(connection: Connection, cache: CacheFolder) -> Usage:
    inventory = take_inventory(connection, cache)
    files = list(_files(cache))
    owners: dict[str, Stored | None] = {
        path.removesuffix(METADATA_SUFFIX): None
        for path, _ in files
        if path.endswith(f"_{REPORTABLES}{METADATA_SUFFIX}")
    }
    owners |= {one.metadata_path.removesuffix(METADATA_SUFFIX): one for one in inventory.stored}
    sizes = {one.id: 0 for one in inventory.stored}
    parts = dict.fromkeys(_PARTS, Share())
    for path, size in files:
        stem = _stem(path, owners)
        owner = owners.get(stem)
        if path == stem + METADATA_SUFFIX:
            parts["metadata"] = parts["metadata"].and_one(size)
        elif owner is not None:
            sizes[owner.id] += size
        else:
            part = "reports" if stem else "others"
            parts[part] = parts[part].and_one(size)
    parts["artifacts"] = Share(len(sizes), sum(sizes.values()))
    return Usage(cache.path, parts, _by(inventory, sizes))


def _files(cache: CacheFolder) -> Iterator[tuple[str, int]]:
    """Every file with its size, hidden ones too; of hard links the first."""
    contents = contents_of(cache.path, cache.apart)
    aside = [os.path.join(cache.path, name) for name in contents.aside]
    paths = [*contents.files, *(os.path.relpath(f, cache.path) for a in aside for f in files_at(a))]
    linked = set()
    for path in paths:
        try:
            state = os.lstat(os.path.join(cache.path, path))
        except OSError:
            continue
        if state.st_nlink > 1:
            if (state.st_dev, state.st_ino) in linked:
                continue
            linked.add((state.st_dev, state.st_ino))
        yield path, state.st_size


def _stem(path: str, stems: Container[str]) -> str:
    """With which of these a file's name begins: the longest; ``""`` if it does with none."""
    return next((path[:end] for end in range(len(path), 0, -1) if path[:end] in stems), "")


def _by(inventory: Inventory, sizes: Mapping[int, int]) -> dict[str, dict[str, Share]]:
    facts = inventory.facts("experiment", "stage", "made_by")
    found: dict[str, dict[str, Share]] = {"experiment": {}, "stage": {}, "age": {}, "run": {}}
    now = time.time()
    for one in inventory.stored:
        experiment, stage, run = facts[one.id]
        labels = (experiment, stage, _age(now - one.made), run)
        for shares, label in zip(found.values(), labels, strict=True):
            name = label or NOBODY
            shares[name] = shares.get(name, Share()).and_one(sizes[one.id])
    ages = found.pop("age")
    ordered = {
        kind: dict(sorted(shares.items(), key=lambda item: (-item[1].size, item[0])))
        for kind, shares in found.items()
    }
    return {**ordered, "age": {label: ages[label] for _, label in _AGES if label in ages}}


def _age(seconds: float) -> str:
    return next(label for limit, label in _AGES if seconds < limit)
