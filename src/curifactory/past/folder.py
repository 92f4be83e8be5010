"""The past that a folder of artifacts tells by itself, where no history knows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.past.reader import Past
from curifactory.runs.database import T, Work
from curifactory.runs.in_memory import InMemory
from curifactory.runs.places import Place
from curifactory.runs.scanning import artifacts_in, enter_found
from curifactory.runs.schema import bring_up_to_date


def past_of_folder(folder: str) -> Past:
    """Read the metadata of every artifact in a folder.

    Parameters
    ----------
    folder : str
        A cache folder, or the ``artifacts`` of a full store.
    """
    folder = os.path.abspath(folder)
    # sources lie beside a cache folder that was not configured elsewhere, and in a full store
    return Past(os.path.dirname(folder), _InMemory(folder))


class _InMemory:
    """A history that is only read, made of what lies in a folder."""

    def __init__(self, folder: str) -> None:
        self._connection = InMemory()
        bring_up_to_date(self._connection, 0)
        enter_found(self._connection, list(artifacts_in(Place(folder, folder), [])), folder)

    def read(self, work: Work[T], otherwise: T) -> T:  # noqa: ARG002 - it is always there
        """Do `work`."""
        return work(self._connection)

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """It always is."""
        yield
