"""A cache folder, with the history of the project that it belongs to."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from curifactory.runs.in_memory import InMemory
from curifactory.runs.opening import open_database
from curifactory.runs.places import Place, stored_folder
from curifactory.runs.schema import bring_up_to_date
from curifactory.settings import LoadedSettings, Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """A cache folder that is looked after.

    Parameters
    ----------
    place : Place
        Where it is, and how the history names it.
    history : str
        Folder of the history (``manager_cache_path``).
    apart : tuple of str
        Files and folders that are for other things, should they lie in the cache folder.
    tell : callable
        Told when the history is damaged.
    """

    place: Place
    history: str
    apart: tuple[str, ...]
    tell: Callable[[str], None]

    @property
    def path(self) -> str:
        """The folder."""
        return self.place.cache_path

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the history; where there is none, one that is empty.

        Raises
        ------
        ArtifactSaveError, HistoryError
            If it cannot be read.
        """

        found = open_database(self.history, self.tell).read(lambda c: (question(c),), None)
        return self.ask_nobody(question) if found is None else found[0]

    def ask_nobody(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask a history that is empty."""
        with closing(InMemory()) as connection:
            bring_up_to_date(connection, 0)
            return question(connection)


def cache_folder(
    loaded: LoadedSettings, tell: Callable[[str], None], path: str | None = None
) -> CacheFolder:
    """The cache folder of a project, or another one.

    Parameters
    ----------
    loaded : LoadedSettings
        The project.
    tell : callable
        Told when the history is damaged.
    path : str, optional
        The other one.
    """
    settings = loaded.settings
    folder = path or settings.cache_path
    history = settings.manager_cache_path
    name = stored_folder(folder, history, loaded.root)
    return CacheFolder(Place(folder, name), history, tuple(what_is_apart(settings)), tell)


def what_is_apart(settings: Settings) -> list[str]:
    """What lies in the cache folder, if it is configured so, and is no artifact."""
    history = ("runs.sqlite", "store.json", "params_registry.json", "history")
    facts = ("code", "equivalents", "index")
    return [
        settings.manager_cache_path,
        settings.runs_path,
        settings.logs_path,
        settings.notebooks_path,
        settings.reports_path,
        *(os.path.join(settings.manager_cache_path, name) for name in (*history, *facts)),
    ]
