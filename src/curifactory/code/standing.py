"""Whether an answer about code still stands, told by comparing objects alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from operator import getitem, is_
from typing import Any

from curifactory.code.dynamic import Watched
from curifactory.fixed import is_fixed


class Standing:
    """What an answer was found from: names that led to certain objects, and still have to.

    Parameters
    ----------
    runs : iterable of (str, str)
        Module and name of each global that the answer covers.
    watched : iterable of Watched
        Variables that may count by value.
    """

    def __init__(self, runs: Iterable[tuple[str, str]], watched: Iterable[Watched]) -> None:
        self._asked: set[tuple[int, str]] = set()
        self._spaces: list[Mapping[str, Any]] = []
        self._names: list[str] = []
        self._objects: list[object] = []
        self._literals: list[Watched] = []
        self._is_certain = True
        for place in dict.fromkeys(runs):
            self._add_global(*place)
        for one in watched:
            self._add_watched(one)

    def holds(self) -> bool:
        """Tell whether asking again would certainly give an equal answer."""
        if not self._is_certain:
            return False
        try:
            same = all(map(is_, map(getitem, self._spaces, self._names), self._objects))
        except KeyError:
            return False
        return same and not (self._literals and any(one.counts() for one in self._literals))

    def _add_global(self, module: str, name: str) -> None:
        self._add(sys.modules, module)
        self._add(getattr(sys.modules.get(module), "__dict__", {}), name)

    def _add_watched(self, one: Watched) -> None:
        cls, _, attribute = one.get.name.rpartition(".")
        self._add_global(one.get.module, cls or attribute)
        if cls:
            owner = getattr(sys.modules.get(one.get.module), cls, None)
            self._add(getattr(owner, "__dict__", {}), attribute)
        if one.get.is_there() and not is_fixed(one.get()):
            # what can change and be the same object stands as long as it is as its source says
            self._is_certain = self._is_certain and not one.counts()
            self._literals.append(one)

    def _add(self, space: Mapping[str, Any], name: str) -> None:
        if name not in space:
            self._is_certain = False
            return
        if (id(space), name) in self._asked:
            return
        self._asked.add((id(space), name))
        self._spaces.append(space)
        self._names.append(name)
        self._objects.append(space[name])
