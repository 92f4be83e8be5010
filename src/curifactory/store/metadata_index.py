"""What metadata files said when they were last read whole, in one file for thousands of them.

An accelerator and nothing else: an entry counts as long as its metadata file is in the very state
in which it was read, and only for planning; whatever is loaded is read and compared itself. Without
the index, or with a damaged one, every metadata file is read again.
"""

from __future__ import annotations

import json
import os
import time

from curifactory.store.digest import digest_bytes
from curifactory.store.files import read_with_state, write_whole
from curifactory.store.metadata import MetadataDocument, known_end

_BEGINNING = "curifactory metadata index 1 "
# what is changed so soon after it was changed may have the same times twice
_FINE_NS, _COARSE_NS = 100_000_000, 2_000_000_000
_decode = json.JSONDecoder().raw_decode


class MetadataIndex:
    """The ends of the metadata files in one folder and below it.

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
        # the whole text once, and where each file's entry begins in it
        self._text = ""
        self._places: dict[str, int] | None = None
        self._unknown: list[str] = []

    def find(self, path: str) -> MetadataDocument | None:
        """The document of a metadata file, if it was read before and is as it was then."""
        if self._places is None:
            self._text, self._places = self._read()
        # asked for once in a plan, and many: not to be held longer than that
        place = self._places.pop(path.removeprefix(self._below), None)
        if place is None:
            return None
        try:
            state = _state(os.stat(path))
        except OSError:
            return None
        if not self._text.startswith(state, place):
            return None
        return MetadataDocument.known(path, _decode(self._text, place + len(state))[0])

    def note(self, path: str) -> None:
        """Take in a metadata file at the next `save`."""
        if path.startswith(self._below):
            self._unknown.append(path)

    def forget(self) -> None:
        """Hold no entries in memory any more, until one is asked for."""
        self._text, self._places = "", None

    def save(self) -> None:
        """Write the index with what was noted since; if it cannot be written, there is none."""
        noted, self._unknown = dict.fromkeys(self._unknown), []
        self.forget()
        new = {
            path.removeprefix(self._below): entry
            for path in noted
            if (entry := _entry(path)) is not None
        }
        if not new:
            return
        text, places = self._read()
        kept = {
            name: text[place : text.index("\n", place)]
            for name, place in places.items()
            if os.path.exists(self._below + name)
        }
        body = "".join(f"{name}\t{entry}\n" for name, entry in (kept | new).items())
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_whole(self._path, _encode(f"{_BEGINNING}{digest_bytes(_encode(body))}\n{body}"))
        except OSError:
            pass

    def _read(self) -> tuple[str, dict[str, int]]:
        try:
            with open(self._path, "rb") as file:
                beginning, _, body = file.read().partition(b"\n")
        except OSError:
            return "", {}
        if beginning != _encode(f"{_BEGINNING}{digest_bytes(body)}"):
            return "", {}
        text, places, begins = body.decode("utf-8", "surrogateescape"), dict[str, int](), 0
        while (ends := text.find("\t", begins)) >= 0:
            places[text[begins:ends]] = ends + 1
            begins = text.index("\n", ends) + 1
        return text, places


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


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
