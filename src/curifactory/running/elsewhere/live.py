"""What workers tell while an order goes on: each in a file of its own, beside the handshake."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from curifactory.events import Event
from curifactory.running.elsewhere.answer import Happened, Said
from curifactory.running.elsewhere.messages import pack, unpack

_SUFFIX = ".live"
_LENGTH = struct.Struct("<Q")


def live_path(folder: str, worker: str) -> str:
    """The file in which a worker tells."""
    return os.path.join(folder, worker.replace(os.sep, "_") + _SUFFIX)


def tell_live(path: str, worker: str, what: Sequence[Event | Said]) -> None:
    """Add to such a file.

    Raises
    ------
    OSError
        If that is not possible.
    """
    packed = pack(Happened(worker, tuple(what)))
    with open(path, "ab") as file:
        file.write(_LENGTH.pack(len(packed)) + packed)


class Hearing:
    """Hears what workers tell.

    Parameters
    ----------
    folder : str
        Where their files are.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._heard: dict[str, int] = {}

    def news(self) -> list[Happened]:
        """What was told since this was last asked, as far as it is there as a whole."""
        try:
            names = sorted(os.listdir(self._folder))
        except OSError:
            return []
        return [one for name in names if name.endswith(_SUFFIX) for one in self._news_of(name)]

    def _news_of(self, name: str) -> list[Happened]:
        found, begin = [], self._heard.get(name, 0)
        try:
            with open(os.path.join(self._folder, name), "rb") as file:
                file.seek(begin)
                new = file.read()
        except OSError:
            return []
        at = 0
        while at + _LENGTH.size <= len(new):
            (length,) = _LENGTH.unpack_from(new, at)
            end = at + _LENGTH.size + length
            if end > len(new):
                break
            found.append(unpack(new[at + _LENGTH.size : end]))
            at = end
        self._heard[name] = begin + at
        return found
