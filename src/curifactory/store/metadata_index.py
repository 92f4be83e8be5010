"""What metadata files said when they were last read whole, in one file for thousands of them.

An accelerator and nothing else: an entry counts as long as its metadata file is in the very state
in which it was read, and only for planning; whatever is loaded is read and compared itself. Without
the index, or with a damaged one, every metadata file is read again.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Collection, Generator, Iterable, Iterator
from typing import BinaryIO

from curifactory.store.digest import CHUNK_BYTES, METHOD, Hasher, hasher
from curifactory.store.files import read_with_state, whole_file
from curifactory.store.metadata import MetadataDocument, known_end

# what is changed so soon after it was changed may have the same times twice
_FINE_NS, _COARSE_NS = 100_000_000, 2_000_000_000
_decode = json.JSONDecoder().raw_decode


class MetadataIndex:
    """The ends of the metadata files in one folder and below it.

    Entries stand in the order in which they were noted, which is that of the calls. So what is
    asked for next comes next, and nothing need be held.

    Parameters
    ----------
    path : str
        The index file.
    folder : str
        The cache folder; only what is in it is indexed.
    """

    def __init__(self, path: str, folder: str) -> None:
        self._path = path
        self._below = os.path.join(folder, "")
        self._unread: Generator[tuple[str, str]] | None = None
        self._passed: dict[str, str] = {}
        self._unknown: list[str] = []

    def find(self, path: str) -> MetadataDocument | None:
        """The document of a metadata file, if it was read before and is as it was then."""
        entry = self._take(path.removeprefix(self._below))
        if entry is None:
            return None
        try:
            state = _state(os.stat(path))
        except OSError:
            return None
        if not entry.startswith(state):
            return None
        return MetadataDocument.known(path, _decode(entry, len(state))[0])

    def note(self, path: str) -> None:
        """Take in a metadata file at the next `save`."""
        if path.startswith(self._below):
            self._unknown.append(path)

    def forget(self) -> None:
        """Hold no entries in memory any more, until one is asked for."""
        if self._unread is not None:
            self._unread.close()
        self._unread, self._passed = None, {}

    def save(self) -> None:
        """Write the index with what was noted since; if it cannot be written, there is none."""
        noted, self._unknown = dict.fromkeys(self._unknown), []
        self.forget()
        lines = filter(None, map(self._line, noted))
        first = next(lines, None)
        if first is None:
            return
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            with whole_file(self._path) as file:
                _write(file, itertools.chain(self._kept(noted), [first], lines))
        except OSError:
            pass

    def _kept(self, noted: Collection[str]) -> Iterator[str]:
        """The lines of what is there still and not to be read again."""
        for name, entry in self._read():
            path = self._below + name
            if path not in noted and os.path.exists(path):
                yield f"{name}\t{entry}\n"

    def _line(self, path: str) -> str:
        entry = _entry(path)
        return "" if entry is None else f"{path.removeprefix(self._below)}\t{entry}\n"

    def _take(self, name: str) -> str | None:
        """The entry of this name; each once, as a plan asks."""
        entry = self._passed.pop(name, None)
        if entry is not None:
            return entry
        if self._unread is None:
            self._unread = self._read()
        for found, entry in self._unread:
            if found == name:
                return entry
            self._passed[found] = entry
        return None

    def _read(self) -> Generator[tuple[str, str]]:
        """Name and entry of each file; nothing if the index is not whole."""
        try:
            file = open(self._path, "rb")  # noqa: SIM115 - closed below
        except OSError:
            return
        with file:
            made = hasher(METHOD)
            beginning = file.readline()
            while chunk := file.read(CHUNK_BYTES):
                made.update(chunk)
            if beginning != _beginning(made):
                return
            file.seek(len(beginning))
            for line in file:
                name, _, entry = line[:-1].decode("utf-8", "surrogateescape").partition("\t")
                yield name, entry


def _write(file: BinaryIO, lines: Iterable[str]) -> None:
    made = hasher(METHOD)
    # its place; what belongs there is known at the end
    file.write(_beginning(made))
    for line in lines:
        data = line.encode("utf-8", "surrogateescape")
        made.update(data)
        file.write(data)
    file.seek(0)
    file.write(_beginning(made))


def _beginning(made: Hasher) -> bytes:
    return f"curifactory metadata index 1 {METHOD}:{made.hexdigest()}\n".encode()


def _entry(path: str) -> str | None:
    """State and end of a metadata file; ``None`` if a change of it might go unnoticed."""
    if not path.isprintable():
        return None
    now = time.time_ns()
    try:
        stat, data = read_with_state(path)
    except OSError:
        return None
    times = (stat.st_mtime_ns, stat.st_ctime_ns)
    # times of whole milliseconds may be those of a coarse clock
    settled = _FINE_NS if all(one % 1_000_000 for one in times) else _COARSE_NS
    end = known_end(data) if now - max(times) >= settled else None
    return None if end is None else _state(stat) + end


def _state(stat: os.stat_result) -> str:
    return f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}\t"
