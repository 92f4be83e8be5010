"""What a power loss may do to files that were not forced to disk, from the shim's log."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from pathlib import Path
from random import Random

# the database has its own promise, and a lock's content is for readers only
EXEMPT = (".sqlite", ".sqlite-journal", ".lock", ".log")
ABSENT, NOW = "", "now"


def lose_power(log: Path, random: Random) -> None:
    """Give each file one of the states that it may have after a power loss.

    The content of a file that was not synced since it was written may be whole, cut, empty,
    zeroed or what lay on the disk before. Every name in a folder that was not synced since may be as it is, or as it was before
    any of the later changes: a rename that never happened, a removal that did not.
    """
    unsynced: set[str] = set()
    versions: dict[str, list[str]] = defaultdict(lambda: [ABSENT])
    for line in log.read_text().splitlines():
        kind = line[0]
        path, _, other = line[2:].partition("\t")
        if kind == "W":
            unsynced.add(path)
            if versions[path][-1] == ABSENT:
                versions[path].append(NOW)
        elif kind == "S":
            unsynced.discard(path)
            for known in versions:
                if os.path.dirname(known) == path:
                    del versions[known][:-1]
        elif kind == "U":
            versions[path][-1] = other
            versions[path].append(ABSENT)
        else:
            _move(path, other, unsynced, versions)
    # a few files of many, so that those which matter together are often of different fate
    rate = random.choice((0.02, 0.1, 0.5))
    for path in sorted(unsynced):
        if random.random() < rate:
            _damage(Path(path), random)
    for path, states in sorted(versions.items()):
        if random.random() < rate:
            _set_back(Path(path), random.choice(states))


def _move(source: str, target: str, unsynced: set[str], versions: dict[str, list[str]]) -> None:
    unsynced.discard(target)
    for path in [path for path in unsynced if path == source or path.startswith(source + "/")]:
        unsynced.discard(path)
        unsynced.add(target + path.removeprefix(source))
    # what lay aside is gone with the folder it lay in
    versions.pop(source, None)
    if versions[target][-1] != NOW:
        versions[target].append(NOW)


def _damage(path: Path, random: Random) -> None:
    if not path.is_file() or path.name.endswith(EXEMPT):
        return
    size = path.stat().st_size
    how = random.choice(("empty", "half", "zeros", "foreign"))
    if how in ("empty", "half"):
        os.truncate(path, size // 2 if how == "half" else 0)
    else:
        path.write_bytes(bytes(size) if how == "zeros" else random.randbytes(size))


def _set_back(path: Path, state: str) -> None:
    if path.name.endswith(EXEMPT) or state == NOW or not path.parent.is_dir():
        return
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if state != ABSENT:
        shutil.copy2(state, path)
