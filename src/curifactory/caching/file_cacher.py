"""FileCacher: what the built-in cachers share. One file, written aside, errors that name it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from curifactory.caching.cacheable import Cacheable
from curifactory.errors import (
    ArtifactSaveError,
    CurifactoryError,
    MissingDependencyError,
    UnusableArtifactError,
)
from curifactory.store.slot import Readable


class FileCacher(Cacheable):
    """Base of the built-in cachers: the artifact is one file, and `save` is atomic.

    A format says how to write one file (``_write``) and read it: from its path (``_read``), or from
    the open file where nothing but its bytes is needed (``_read_open``), which are then compared
    with what was saved as they are read.

    Attributes
    ----------
    default_extension : str
        The extension unless the constructor is given another.
    needs : str or None
        The extra of curifactory that has the libraries of this format.
    """

    staged = True
    may_unpickle = False
    default_extension: ClassVar[str] = ""
    needs: ClassVar[str | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.extension is None:
            self.extension = self.default_extension

    def save(self, obj: Any) -> None:
        """Write the artifact; the old one stays as it is unless all went well.

        Raises
        ------
        ArtifactSaveError
            If the format cannot hold such an object at all.
        MissingDependencyError
            If a library that the format needs is not installed.
        OSError
            If the disk or a permission refused.
        """
        with self._explained_save(obj), self.atomic_path() as path:
            self._write(obj, path)

    def load(self) -> Any:
        """Read the artifact.

        Raises
        ------
        FileNotFoundError
            If there is none.
        UnusableArtifactError
            If the file is damaged or of another format; its ``__cause__`` is the library's error.
        MissingDependencyError
            If a library that the format needs is not installed.
        """
        if type(self)._read is FileCacher._read:
            use = self._current_use()
            with self._explained_load(use.slot.path()), use.opened() as file:
                return self._read_open(file)
        path = self.get_path()
        # some readers take a path where nothing is for something else
        os.stat(path)
        with self._explained_load(path):
            return self._read(path)

    def _write(self, obj: Any, path: str) -> None:
        raise NotImplementedError

    def _read(self, path: str) -> Any:
        raise NotImplementedError

    def _read_open(self, file: Readable) -> Any:
        raise NotImplementedError

    @contextmanager
    def _explained_save(self, obj: Any) -> Iterator[None]:
        try:
            yield
        except (CurifactoryError, OSError):
            raise
        except ImportError as error:
            raise self._missing(error) from error
        except Exception as error:
            raise ArtifactSaveError(
                f"{type(self).__name__} cannot store the {type(obj).__name__} of {self._what()}: "
                f"{type(error).__name__}: {error}"
            ) from error

    @contextmanager
    def _explained_load(self, path: str) -> Iterator[None]:
        try:
            yield
        except (CurifactoryError, FileNotFoundError):
            raise
        except Exception as error:
            if self.needs is not None and isinstance(error, ImportError):
                raise self._missing(error) from error
            raise UnusableArtifactError(
                f"{type(self).__name__} cannot read {path}: {type(error).__name__}: {error}. "
                "The file is damaged or something else wrote it; remove it and make it again."
            ) from error

    def _missing(self, error: ImportError) -> CurifactoryError:
        if self.needs is None:
            return ArtifactSaveError(f"{type(self).__name__} cannot store {self._what()}: {error}")
        reason = str(error).partition("\n")[0]
        return MissingDependencyError(
            f"{type(self).__name__} needs a library that is not installed ({reason}). "
            f'Install it with: pip install "curifactory[{self.needs}]"'
        )

    def _what(self) -> str:
        """The artifact, for a message."""
        if self.name is None:
            return self.get_path()
        return f"output '{self.name}'" + (f" of stage '{self.stage}'" if self.stage else "")
