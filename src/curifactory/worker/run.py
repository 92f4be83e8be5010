"""What a worker knows of the run that it works for; it may serve one run after the other."""

from __future__ import annotations

import functools
import importlib
import logging
import os
import pickle
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import curifactory
from curifactory.code import modules_of
from curifactory.running.collecting import is_free
from curifactory.running.elsewhere.order import Order, RunFacts
from curifactory.worker.manager import WorkerManager
from curifactory.worker.receiving import KnownClasses


class RunRefusedError(Exception):
    """This process cannot work for a run; the message goes on after its name."""


@dataclass
class Prepared:
    """A run that this process works for.

    Parameters
    ----------
    facts : RunFacts
    manager : WorkerManager
    may_be_left_alone : bool
        Whether what is there may be left out of searches for garbage.

    Attributes
    ----------
    classes : KnownClasses
    """

    facts: RunFacts
    manager: WorkerManager
    may_be_left_alone: bool
    classes: KnownClasses = field(default_factory=KnownClasses, init=False)
    _told: bool = field(default=False, init=False)

    def notices(self) -> list[str]:
        """What the user should know about this process, once."""
        if self._told:
            return []
        self._told = True
        return list(other_packages(self.facts.versions, versions()))


_current: Prepared | None = None


@contextmanager
def prepared(order: Order) -> Iterator[Prepared]:
    """Make this process ready for the run of an order, if it is not yet.

    Raises
    ------
    RunRefusedError
        If it cannot work for that run.
    """
    global _current
    run = _current
    if run is None or run.facts.token != order.token:
        facts: RunFacts = pickle.loads(order.run)
        _check_places(facts)
        with _in_place_of(facts):
            if run is not None:
                run.manager.session.close()
            _current = None
            _current = run = _prepare(facts)
    with _in_place_of(run.facts):
        yield run


@contextmanager
def _in_place_of(facts: RunFacts) -> Iterator[None]:
    """Work in the run's folder, and look for modules where it does."""
    path = list(sys.path)
    try:
        folder = os.getcwd()
    except FileNotFoundError:
        # that in which this process was started is gone
        folder = facts.folder
    os.chdir(facts.folder)
    _look_where(facts.path)
    try:
        yield
    finally:
        sys.path[:] = path
        os.chdir(folder)


def _check_places(facts: RunFacts) -> None:
    """See whether this process shares the project's folders.

    Raises
    ------
    RunRefusedError
        If it does not.
    """
    if not os.path.exists(facts.handshake):
        raise RunRefusedError(
            f"does not see the cache folder {os.path.dirname(os.path.dirname(facts.handshake))}: a "
            "file that was just written there is missing. Workers have to share the project's "
            "folders with the process that gives them work; set cache_path to a folder that all of "
            "them have."
        )
    if not os.path.isdir(facts.folder):
        raise RunRefusedError(f"has no folder {facts.folder}, in which the run takes place.")


def _prepare(facts: RunFacts) -> Prepared:
    _forget_modules_of(facts.root)
    modules_of.cache_clear()
    try:
        manager = WorkerManager(pickle.loads(facts.manager))
    except ImportError as error:
        raise RunRefusedError(f"cannot import what the run needs: {error}") from error
    for name, level in manager.levels.items():
        logging.getLogger(name).setLevel(level)
    return Prepared(facts, manager, is_free())


def _look_where(path: tuple[str, ...]) -> None:
    """Look for modules where the run does, and then where this process does itself."""
    sys.path[:] = [*path, *(folder for folder in sys.path if folder not in path)]
    importlib.invalidate_caches()


def _forget_modules_of(root: str) -> None:
    """Import the project anew: its files may have been edited since an earlier run."""
    inside = os.path.join(os.path.realpath(root), "")
    # following links takes longest here, and there are few folders
    real = functools.cache(os.path.realpath)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        is_ours = name == "curifactory" or name.startswith("curifactory.")
        if not file or is_ours or name == "__main__" or "site-packages" in file:
            continue
        is_link = os.path.islink(file)
        where = os.path.realpath(file) if is_link else os.path.join(real(os.path.dirname(file)), "")
        if where.startswith(inside):
            del sys.modules[name]


def versions() -> dict[str, str]:
    """The versions that should be the same in all processes of a run."""
    return {"Python": platform.python_version(), "curifactory": curifactory.__version__}


def other_packages(there: Mapping[str, str], here: Mapping[str, str]) -> Iterator[str]:
    """Tell which versions are others in this process than where ``run`` is, if some are."""
    differing = [
        f"{name} {here[name]} (here {there[name]})"
        for name in sorted(here.keys() & there.keys())
        if here[name] != there[name]
    ]
    if differing:
        yield f"Workers have other versions: {', '.join(differing)}."
