"""What a stage sees besides its arguments, and what of it ``run`` changed since a pass began."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from curifactory.running import generators


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How the surroundings of a stage call differ from those at the start of the pass.

    Parameters
    ----------
    environ_changes : dict of str to (str or None)
        Environment variables that have another value now; ``None`` for one that is gone.
    random_used : tuple of str
        The global random generators that were used or seeded.
    folder : str or None
        The working folder, if it is another one.
    path_changed : bool
        Whether ``sys.path`` is another one.
    """

    environ_changes: Mapping[str, str | None] = field(default_factory=dict)
    random_used: tuple[str, ...] = ()
    folder: str | None = None
    path_changed: bool = False


class SurroundingsWatch:
    """Remembers the surroundings at its start, and tells how they differ later."""

    def __init__(self) -> None:
        self._environ, self._encoded = dict(os.environ), _encoded_environ()
        self._random = generators.states()
        self._folder = os.getcwd()
        self._path = list(sys.path)

    def environ_changes(self) -> Mapping[str, str | None]:
        """Which environment variables differ at this moment."""
        if _encoded_environ() == self._encoded:
            return {}
        return _changes(self._environ, dict(os.environ))

    def now(self, random_counts: bool = True) -> Surroundings:
        """How the surroundings differ at this moment.

        Parameters
        ----------
        random_counts : bool
            Whether to compare the global random generators, which takes longer than the rest.
        """
        folder = os.getcwd()
        return Surroundings(
            environ_changes=self.environ_changes(),
            random_used=generators.changed_since(self._random) if random_counts else (),
            folder=None if folder == self._folder else folder,
            path_changed=sys.path != self._path,
        )


def _encoded_environ() -> dict[Any, Any]:
    """The environment as the mapping holds it: to compare it, nothing has to be decoded."""
    return dict(getattr(os.environ, "_data", os.environ))


def cause_to_stay(surroundings: Surroundings) -> str | None:
    """Why a step has to be carried out where `run` is, so that it sees what it is meant to see.

    Changed environment variables are no cause: they can be sent along.

    Parameters
    ----------
    surroundings : Surroundings
        Those of its call. Where each step is seeded by itself (``seed = "step"``), what was done to
        the generators before makes no difference to it, and is not to be in them.

    Returns
    -------
    str or None
        The cause, as a part of a sentence; ``None`` if there is none.
    """
    if surroundings.random_used:
        names = " and ".join(surroundings.random_used)
        return (
            f"`run` used or seeded the global random generator of {names} before this call "
            '(seed = "step" seeds each stage by itself)'
        )
    if surroundings.folder is not None:
        return f"`run` changed the working folder to {surroundings.folder} before this call"
    if surroundings.path_changed:
        return "`run` changed sys.path before this call"
    return None


@contextmanager
def environ_put_back() -> Iterator[None]:
    """Put the environment variables back afterwards."""
    before = _encoded_environ()
    try:
        yield
    finally:
        now = _encoded_environ()
        if now != before:
            for name in now.keys() - before.keys():
                del os.environ[os.fsdecode(name)]
            os.environ.update({os.fsdecode(n): os.fsdecode(v) for n, v in before.items()})


def set_environ(changes: Mapping[str, str | None]) -> None:
    """Make changes to the environment variables of this process; ``None`` removes one."""
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str | None]:
    if now == before:
        return {}
    found: dict[str, str | None] = {n: v for n, v in now.items() if before.get(n) != v}
    return found | dict.fromkeys(before.keys() - now.keys())
