"""The past that a folder of artifacts tells by itself, where no history knows it."""

from __future__ import annotations

import os

from curifactory.past.opened import Opened
from curifactory.past.reader import Past
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
    return Past(os.path.dirname(folder), Opened(_history_of(folder)))


def _history_of(folder: str) -> InMemory:
    """A history in memory, made of what lies in a folder."""
    connection = InMemory()
    bring_up_to_date(connection, 0)
    enter_found(connection, list(artifacts_in(Place(folder, folder), [])), folder)
    return connection
