"""Lazy: an output that stays on disk until somebody reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from curifactory.caching.cacheable import Cacheable
from curifactory.errors import UnusableArtifactError


class Lazy:
    """Wrap the name of an output in this to keep its value out of memory.

    As soon as the stage has run, the value is cached and dropped; each access loads it anew.

    Parameters
    ----------
    name : str
        Name of the output.
    resolve : bool
        Whether an access gives the loaded value; with ``False`` it gives this object, whose
        `cacher` has the path.
    """

    def __init__(self, name: str, resolve: bool = True) -> None:
        self.name = name
        self.resolve = resolve
        self._make_cacher: Callable[[], Cacheable] | None = None
        self._cacher: Cacheable | None = None
        self._load: Callable[[], Any] | None = None

    def bound(self, make_cacher: Callable[[], Cacheable], load: Callable[[], Any]) -> Lazy:
        """A `Lazy` for one record; this one, which belongs to the definition, stays as it is."""
        lazy = Lazy(self.name, self.resolve)
        lazy._make_cacher, lazy._load = make_cacher, load
        return lazy

    @property
    def cacher(self) -> Cacheable | None:
        """The cacher of this record's artifact; ``None`` on a definition's `Lazy`."""
        if self._cacher is None and self._make_cacher is not None:
            self._cacher = self._make_cacher()
            # its own load may need what its save put there
            self._cacher.load_metadata()
        return self._cacher

    def load(self) -> Any:
        """Load the value.

        Raises
        ------
        UnusableArtifactError
            If its stage was not called yet, or its artifact is missing or damaged.
        """
        if self._load is None:
            raise UnusableArtifactError(
                f"Lazy('{self.name}') is part of a definition and has nothing to load; "
                "read it from the state of a record whose stage was called."
            )
        return self._load()

    def __repr__(self) -> str:
        return f"Lazy({self.name!r})" if self.resolve else f"Lazy({self.name!r}, resolve=False)"
