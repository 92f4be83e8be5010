"""On the other side: a step sees what was sent along with it, and nothing of it stays."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from curifactory.code import Variable
from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest
from curifactory.running.shipping import Packed, Place, Shipment
from curifactory.running.surroundings import environ_put_back, set_environ


@contextmanager
def unpacked(shipment: Shipment) -> Iterator[None]:
    """See variables and environment as they were at a step's call; put them back afterwards.

    Random generators are not its affair: each execution seeds its own, if it is to.

    Parameters
    ----------
    shipment : Shipment
        What was sent along with the step.

    Raises
    ------
    ImportError
        If a module of it cannot be imported here.
    """
    # before anything changes: a module imported only now must find what it found there
    differing = differing_here(shipment.variables)
    with environ_put_back(), ExitStack() as put_back:
        set_environ(shipment.surroundings.environ_changes)
        for place, packed in differing.items():
            put_back.callback(_set(place, packed.value()))
        yield


def differing_here(variables: Mapping[Place, Packed]) -> dict[Place, Packed]:
    """Those of some variables that have another content in this process; imports their modules.

    Parameters
    ----------
    variables : dict of (str, str) to Packed
        By module and name.

    Raises
    ------
    ImportError
        If a module cannot be imported.
    """
    for module in dict.fromkeys(module for module, _ in variables):
        importlib.import_module(module)
    return {
        place: packed
        for place, packed in variables.items()
        if packed.digest is None or _digest_of(Variable(*place)) != packed.digest
    }


def _digest_of(variable: Variable) -> str | None:
    try:
        return digest(variable()) if variable.is_there() else None
    except UnhashableValueError:
        return None


def _set(place: Place, value: Any) -> Any:
    """Set a variable; returns what puts it back."""
    module, name = place
    owner: Any = importlib.import_module(module)
    *classes, attribute = name.split(".")
    for cls in classes:
        owner = getattr(owner, cls)
    was_there, before = attribute in vars(owner), vars(owner).get(attribute)
    setattr(owner, attribute, value)
    return lambda: setattr(owner, attribute, before) if was_there else delattr(owner, attribute)
