"""The base of every cacher: a strategy that saves and loads one kind of artifact."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from curifactory.caching.locate import RecordLike, locate
from curifactory.errors import DefinitionError
from curifactory.store.metadata import SCHEMA, BrokenMetadata, MetadataDocument, parse, render
from curifactory.store.names import aside_path
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot, SlotUse


@dataclass(frozen=True, slots=True)
class AsLoaded:
    """A value as a cacher will give it back.

    Parameters
    ----------
    value : object
        What `Cacheable.load` gives for what was saved.
    difference : str, optional
        Where and how it differs from what was saved, if the format cannot hold that exactly.
    """

    value: Any
    difference: str | None = None


class Cacheable:
    """Base class of cachers; extend it with ``save(obj)`` and ``load()``.

    Both use the paths that `get_path` and `get_dir` return, exactly as they are.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path. With a record at hand, ``{hash}``, ``{cache}``, ``{stage}``,
        ``{name}``, ``{params.X}``, ``{experiment}`` and ``{artifact_filename}`` are filled in.
    name : str, optional
        Name of the artifact; a stage sets it to the name of the output.
    subdir : str, optional
        A folder below the cache folder (and below a full store's ``artifacts``).
    prefix : str, optional
        First part of the file name in place of the experiment's name.
    extension : str, optional
        What the file name ends with, such as ``".json"``, when no suffix is asked for.
    record : Record, optional
        The record that the artifact belongs to; a stage sets it.
    track : bool
        Whether a full store gets a copy.
    overwrite_path : str or path-like, optional
        Another word for `path_override`.
    strict : bool
        Whether a value that the format cannot hold exactly is an error, not a notice.

    Attributes
    ----------
    staged : bool
        A class that sets this to ``True`` says of its own `save` that it only writes to the
        paths it was given and keeps none of them; the files are then written aside and renamed.
    stage_writes : bool
        Whether the stage itself writes the artifact, and `save` only looks at it.
    may_unpickle : bool
        Whether `load` may run code that lies in the file, as unpickling does. A class that sets
        this to ``False`` is used for foreign caches whatever ``trust_pickle`` says.
    handing_over : tuple of str
        Names of attributes that say how a value is handed over, not what is in its file: an
        artifact stays valid when they change.
    extra_metadata : dict
        What a custom cacher wants kept in the metadata, under ``"extra"``.
    cache_paths : list of str
        Every path that was given out.
    """

    staged = False
    stage_writes = False
    may_unpickle = True
    handing_over: tuple[str, ...] = ()

    def __init__(
        self,
        path_override: str | os.PathLike[str] | None = None,
        name: str | None = None,
        subdir: str | None = None,
        prefix: str | None = None,
        extension: str | None = None,
        record: RecordLike | None = None,
        track: bool = True,
        *,
        overwrite_path: str | os.PathLike[str] | None = None,
        strict: bool = False,
    ) -> None:
        if overwrite_path is not None and path_override is not None:
            raise DefinitionError(
                f"{type(self).__name__} got both path_override={path_override!r} and "
                f"overwrite_path={overwrite_path!r}; they are one argument, give one."
            )
        given = path_override if overwrite_path is None else overwrite_path
        self.path_override = None if given is None else os.fspath(given)
        self.name = name
        self.subdir = subdir
        self.prefix = prefix
        self.extension = extension
        self.record = record
        self.track = track
        self.strict = strict
        self.stage: str | None = None
        self.cache_paths: list[str] = []
        self.extra_metadata: dict[str, Any] = {}
        self._metadata: dict[str, Any] | None = None
        self._document: MetadataDocument | None = None
        self._use: SlotUse | None = None
        self._writes_aside = False

    def get_path(self, suffix: str | None = None) -> str:
        """The path of one file of the artifact.

        Parameters
        ----------
        suffix : str, optional
            For a further file: ends the file name in place of the extension.

        Raises
        ------
        DefinitionError
            If the cacher was given neither a path nor a record and a name.
        """
        path = self._current_use().path(suffix)
        return self._remember(path)

    def get_dir(self, suffix: str | None = None) -> str:
        """The path of a folder that belongs to the artifact with all that is in it; made."""
        return self._remember(self._current_use().folder(suffix))

    def check(self) -> bool:
        """Whether the artifact's file is there; a cacher may narrow this further."""
        return os.path.exists(self.get_path())

    def save(self, obj: Any) -> None:
        """Write the artifact to `get_path` or below `get_dir`."""
        raise NotImplementedError(f"{type(self).__name__} has no save(obj).")

    def load(self) -> Any:
        """Read the artifact back."""
        raise NotImplementedError(f"{type(self).__name__} has no load().")

    def as_loaded(self, obj: Any) -> AsLoaded:
        """What `load` gives for the `obj` that was just saved, and how that differs.

        The built-in cachers answer for their own format; another cacher is trusted to give
        back what it was given.
        """
        return AsLoaded(obj)

    def references(self) -> list[str]:
        """Paths outside the slot that the saved artifact points at; they must stay there."""
        return []

    @contextmanager
    def atomic_path(self, suffix: str | None = None) -> Iterator[str]:
        """A path to write one file to, which takes its final place only when all went well."""
        path = self.get_path(suffix)
        if self._writes_aside:
            yield path
            return
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        aside = aside_path(path)
        try:
            yield aside
            os.replace(aside, path)
        finally:
            if os.path.lexists(aside):
                os.unlink(aside)

    @property
    def metadata(self) -> dict[str, Any]:
        """The artifact's metadata; before there is any, the facts that are known already."""
        if self._metadata is None and self._document is not None:
            self._metadata = self._document.whole()
        return self._metadata or self._read_metadata() or self._inline_metadata()

    @metadata.setter
    def metadata(self, metadata: dict[str, Any] | None) -> None:
        self._metadata = metadata

    def save_metadata(self) -> None:
        """Write the metadata file beside the artifact, for a cacher that is used inline.

        A stage does so by itself; called within its save, this does nothing more.
        """
        if self._use is not None:
            return
        self.metadata = self._inline_metadata()
        with self.atomic_path(METADATA_SUFFIX) as path, open(path, "wb") as file:
            file.write(render(self.metadata))

    def load_metadata(self) -> dict[str, Any] | None:
        """Read the artifact's metadata, and `extra_metadata` from it; ``None`` without one."""
        metadata = self._read_metadata()
        if metadata is not None:
            self.metadata = metadata
            self._take_extra(metadata.get("extra"))
        return metadata

    def set_document(self, document: MetadataDocument) -> None:
        """Take over the artifact's metadata, which was read already."""
        self._metadata, self._document = None, document
        self._take_extra(document.get("extra"))

    def _take_extra(self, extra: Any) -> None:
        self.extra_metadata = dict(extra) if isinstance(extra, dict) else {}

    def bound(
        self,
        use: SlotUse,
        name: str,
        stage: str,
        record: RecordLike | None,
        writes_aside: bool = False,
    ) -> Cacheable:
        """A copy of this cacher that works on one use of a slot; this one stays as it is."""
        bound = copy.copy(self)
        bound._use, bound._writes_aside = use, writes_aside
        bound.name, bound.stage, bound.record = name, stage, record
        bound.cache_paths, bound._metadata, bound._document = [], None, None
        bound.extra_metadata = dict(self.extra_metadata)
        return bound

    def take_arguments(self, arguments: dict[str, Any]) -> None:
        """Take over arguments that metadata recorded; whoever wrote that may be a stranger.

        A class whose `may_unpickle` depends on an argument must settle it here anew.
        """
        vars(self).update({n: v for n, v in arguments.items() if not hasattr(Cacheable, n)})

    def slot(self) -> Slot:
        """Where the artifact lies."""
        return locate(
            path_override=self.path_override,
            name=self.name,
            subdir=self.subdir,
            prefix=self.prefix,
            extension=self.extension or "",
            stage=self.stage,
            record=self.record,
            cacher=type(self).__name__,
        )

    def _current_use(self) -> SlotUse:
        return SlotUse(self.slot()) if self._use is None else self._use

    def _metadata_path(self) -> str:
        return (self.slot() if self._use is None else self._use.slot).metadata_path

    def _read_metadata(self) -> dict[str, Any] | None:
        try:
            with open(self._metadata_path(), "rb") as file:
                return parse(file.read())
        except (FileNotFoundError, NotADirectoryError, BrokenMetadata):
            return None

    def _remember(self, path: str) -> str:
        if path not in self.cache_paths:
            self.cache_paths.append(path)
        return path

    def _inline_metadata(self) -> dict[str, Any]:
        facts = {} if self.record is None else self.record.describe(self.stage)
        name = self.name or os.path.basename(self.get_path())
        return {
            "schema": SCHEMA,
            "artifact_name": name,
            "cacher_type": cacher_type(self),
            **facts,
            "extra": self.extra_metadata,
        }


def cacher_type(cacher: Cacheable) -> str:
    """Module and qualified name of a cacher's class; built-ins under their public name."""
    cls = type(cacher)
    if cls.__module__.startswith("curifactory.caching."):
        return f"curifactory.caching.{cls.__qualname__}"
    return f"{cls.__module__}.{cls.__qualname__}"


@functools.lru_cache(maxsize=4096)
def declares_for(cls: type, declaration: str, *methods: str) -> bool:
    """Whether `declaration` is made by a class at least as derived as those of `methods`.

    A subclass that replaces ``save`` thereby leaves what its parent said about its own.
    """

    def depth(name: str) -> int:
        return next(index for index, base in enumerate(cls.__mro__) if name in vars(base))

    return all(depth(declaration) <= depth(method) for method in methods)


def is_staged(cacher: Cacheable) -> bool:
    """Whether a cacher's save may write aside."""
    cls: type = type(cacher)
    return bool(cacher.staged) and declares_for(cls, "staged", "save")


def can_unpickle(cacher: Cacheable) -> bool:
    """Whether loading with a cacher may run code that lies in the file."""
    cls: type = type(cacher)
    return bool(cacher.may_unpickle) or not declares_for(cls, "may_unpickle", "load")


def round_trip(cacher: Cacheable, obj: Any) -> AsLoaded:
    """What consumers are handed for an `obj` that this cacher just saved."""
    cls: type = type(cacher)
    if not declares_for(cls, "as_loaded", "save", "load"):
        return AsLoaded(obj)
    return cacher.as_loaded(obj)
