"""The database of the run history: opened for each piece of work, replaced when it is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from curifactory.errors import ArtifactSaveError, HistoryError
from curifactory.runs.damage import (
    DAMAGE,
    FILE_NAME,
    inode,
    is_refusal,
    may_be_the_question,
    set_aside,
)
from curifactory.runs.schema import VERSION, bring_up_to_date, has_present_tables

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

FILES = "history"
"""Name of the folder beside it from whose files it can be restored."""
_BUSY_SECONDS = 60.0


def _lenient(data: bytes) -> str:
    # a broken text must not keep the others from being read
    return data.decode("utf-8", "replace")


class Database:
    """One file, which several processes write to.

    Parameters
    ----------
    folder : str
        Where it lies.
    on_damaged : callable
        Told when it could not be read and what became of it.
    restore : callable, optional
        Called when the tables were made, with the version that they had before: fills a new
        database with what is known from elsewhere, and says what that was.
    """

    def __init__(
        self,
        folder: str,
        on_damaged: Callable[[str], None],
        restore: Callable[[sqlite3.Connection, int], str] | None = None,
    ) -> None:
        self._folder = folder
        self.path = os.path.join(folder, FILE_NAME)
        self._on_damaged = on_damaged
        self._restore = restore
        self._set_aside_as = ""
        self._held: sqlite3.Connection | None = None

    def write(self, work: Work[T]) -> T:
        """Do `work` in one transaction, on a new database if the old one is damaged.

        Raises
        ------
        ArtifactSaveError
            If the place refuses: no room, no permission, locked for too long.
        HistoryError
            If a newer version wrote it; it is left as it is.
        """
        before = inode(self.path)
        try:
            return self._try(work)
        except DAMAGE as error:
            if is_refusal(error):
                raise self._refused(error) from error
            if self._is_whole(error):
                raise
            # another process may have replaced it already
            if inode(self.path) == before:
                self._set_aside(error)
        try:
            return self._try(work)
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def read(self, work: Work[T], otherwise: T) -> T:
        """Do `work`, which only reads; as `write`, should the file first have to be put right.

        Parameters
        ----------
        work : callable
            What to do.
        otherwise : object
            What to give where there is no history.

        Raises
        ------
        ArtifactSaveError, HistoryError
            As `write`.
        """
        if not os.path.exists(self.path) and not os.path.isdir(os.path.join(self._folder, FILES)):
            return otherwise
        if self._held is not None:
            try:
                return work(self._held)
            except DAMAGE:
                self._held = None  # as ever, then
        # a text that is broken is read all the same; most are not, and are read faster without that
        for text in (str, _lenient):
            try:
                with closing(self._open_to_read(text)) as connection:
                    if _version(connection) == VERSION:
                        return work(connection)
            except DAMAGE as error:
                # damaged, or a writer was killed: who writes puts that right
                if self._is_whole(error):
                    raise
        return self.write(work)

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Open the file once for all that is read while this lasts."""
        try:
            connection = self._open_to_read(str)
        except sqlite3.Error:
            yield  # damaged or not there: whoever reads will see
            return
        with closing(connection):
            try:
                self._held = connection if _version(connection) == VERSION else None
            except DAMAGE:
                pass
            try:
                yield
            finally:
                self._held = None

    def read_only(self, work: Work[T], otherwise: T) -> T:
        """Do `work` without writing anything; `otherwise` where nothing can be read."""
        if not os.path.exists(self.path):
            return otherwise
        try:
            with closing(self._open_to_read()) as connection:
                return work(connection)
        except DAMAGE as error:
            self._on_damaged(f"The run history {self.path} cannot be read ({error}).")
            return otherwise

    def _open_to_read(self, text: Callable[[bytes], str] = _lenient) -> sqlite3.Connection:
        location = f"file:{_quoted(os.path.abspath(self.path))}?mode=ro"
        connection = sqlite3.connect(location, timeout=_BUSY_SECONDS, uri=True)
        connection.text_factory = text
        return connection

    def _try(self, work: Work[T]) -> T:
        try:
            os.makedirs(self._folder or ".", exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        if os.path.isdir(self.path):
            raise sqlite3.DatabaseError("it is a folder")
        # transactions are begun by hand; the rollback journal also works on network file systems
        opened = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        with closing(opened) as connection:
            connection.text_factory = _lenient
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            told = self._prepare(connection)
            result = work(connection)
            connection.execute("COMMIT")
        if told:
            self._on_damaged(told)
        return result

    def _prepare(self, connection: sqlite3.Connection) -> str:
        """Have the present tables; returns what a user should be told, if anything."""
        version = _version(connection)
        if version > VERSION:
            raise HistoryError(
                f"The run history {self.path} was written by a newer version of curifactory "
                f"(its tables have version {version}, this one knows {VERSION}). It is left as it "
                "is; upgrade curifactory to use it. Until then, `curifactory artifacts` and `show` "
                "tell what is in a cache folder with --cache DIR."
            )
        restored = ""
        if version < VERSION:
            bring_up_to_date(connection, version)
            restored = self._restore(connection, version) if self._restore is not None else ""
        before, self._set_aside_as = self._set_aside_as, ""
        if before:
            return f"{before} {restored or 'A new one was begun.'} No artifact depends on it."
        return f"The run history {self.path} was gone. {restored}" if restored else ""

    def _is_whole(self, error: Exception) -> bool:
        """Whether a question was at fault, and not the tables that it was put to."""
        if not may_be_the_question(error):
            return False
        with closing(self._open_to_read()) as connection:
            return _version(connection) == VERSION and has_present_tables(connection)

    def _refused(self, error: Exception) -> ArtifactSaveError:
        return ArtifactSaveError(
            f"The run history {self.path} cannot be written ({error}). Check that there is room "
            "and that its folder can be written to, or use a dry run."
        )

    def _set_aside(self, error: Exception) -> None:
        try:
            name = set_aside(self._folder)
        except OSError as refusal:
            raise self._refused(refusal) from error
        # told when the new one stands, and with what is in it
        self._set_aside_as = (
            f"The run history {self.path} cannot be read ({error}). It was set aside with its "
            f"views as {name}."
        )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _quoted(path: str) -> str:
    # in an address these have a meaning; importing urllib for that takes longer than many a query
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
