"""Carrying out a step in another process than ``run``'s: see there what its call would see here."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from curifactory.running.surroundings import environ_put_back, set_environ

Place = tuple[str, str]
"""Module and name of a variable; that of a class's attribute is ``"Class.name"``."""


@contextmanager
def applied(
    variables: Mapping[Place, bytes], environ_changes: Mapping[str, str | None]
) -> Iterator[None]:
    """See variables and environment as they were at a step's call; put them back afterwards.

    Random generators are not its affair: each execution seeds its own, if it is to.

    Parameters
    ----------
    variables : dict of (str, str) to bytes
        Pickled values of globals and of attributes of classes that an import would not give.
    environ_changes : dict of str to (str or None)
        As `Surroundings` has them.

    Raises
    ------
    ImportError
        If a module cannot be imported here.
    """
    # before anything changes: a module imported only now must find what it found there
    for module in dict.fromkeys(module for module, _ in variables):
        importlib.import_module(module)
    with environ_put_back(), ExitStack() as put_back:
        set_environ(environ_changes)
        for place, pickled in variables.items():
            put_back.callback(_set(place, pickle.loads(pickled)))
        yield


def _set(place: Place, value: Any) -> Callable[[], None]:
    """Set a variable; returns what puts it back."""
    module, name = place
    owner: Any = importlib.import_module(module)
    *classes, attribute = name.split(".")
    for cls in classes:
        owner = getattr(owner, cls)
    was_there, before = attribute in vars(owner), vars(owner).get(attribute)
    setattr(owner, attribute, value)
    return lambda: setattr(owner, attribute, before) if was_there else delattr(owner, attribute)
