"""Sending along what a step's code sees besides its inputs, so that it sees the same elsewhere."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from curifactory.code import Variable
from curifactory.planning.recipe import Recipe
from curifactory.request import Request
from curifactory.running.code_facts import values_now
from curifactory.running.surroundings import Surroundings, SurroundingsWatch, cause_to_stay

Place = tuple[str, str]
"""Module and name of a variable; that of a class's attribute is ``"Class.name"``."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A value as it was when it was packed, whatever became of the object since.

    Parameters
    ----------
    digest : str or None
        Of its content; ``None`` if it has no stable identity.
    pickled : bytes
        The value.
    """

    digest: str | None
    pickled: bytes

    def value(self) -> Any:
        """A new object of that value."""
        return pickle.loads(self.pickled)


@dataclass(frozen=True, slots=True)
class Shipment:
    """What has to be sent along with a step, as it was at the step's call in the plan pass.

    Parameters
    ----------
    surroundings : Surroundings
        How those of the call differ from those at the start of the pass.
    variables : dict of (str, str) to Packed
        Globals and attributes of classes that are, or may be, other than a fresh import gives.
    function : bytes or None
        The stage's function with all that it closes over, pickled, if it cannot be imported by
        its name.
    obstacle : str or None
        What cannot be sent along, as a part of a sentence, if something cannot.
    """

    surroundings: Surroundings
    variables: Mapping[Place, Packed] = field(default_factory=dict)
    function: bytes | None = None
    obstacle: str | None = None

    def cause_to_stay(self, seeded: bool) -> str | None:
        """Why the step has to be carried out where `run` is; ``None`` if it need not.

        Parameters
        ----------
        seeded : bool
            Whether each step is seeded by itself.
        """
        return self.obstacle or cause_to_stay(self.surroundings, seeded)


class Shipper:
    """Packs what the steps of one plan pass see, each at its call; made when the pass begins.

    Parameters
    ----------
    root : str
        The project's folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._watch = SurroundingsWatch()
        # most steps see the same values: what is equal is pickled and kept once
        self._packed: dict[Any, Packed] = {}

    def shipment(self, request: Request, recipe: Recipe) -> Shipment:
        """What has to be sent along with a step that is called at this moment.

        Parameters
        ----------
        request : Request
            The step.
        recipe : Recipe
            What it is made from, found at this call.
        """
        surroundings, function = self._watch.now(), request.definition.function
        variables: dict[Place, Packed] = {}
        packed = None
        try:
            for name, get in values_now(request, self._root).items():
                # what the main module holds is pickled with its functions
                if isinstance(get, Variable) and get.module != "__main__":
                    place, content = (get.module, get.name), recipe.variables.get(name)
                    what = f"the value of {get.module}.{get.name}"
                    variables[place] = self._pack(place, content, get(), what)
            if not is_importable(function):
                content = recipe.code_key() if None not in recipe.variables.values() else None
                what = f"the function of stage '{request.definition.name}'"
                packed = self._pack(function, content, function, what)
        except _UnsendableError as obstacle:
            return Shipment(surroundings, obstacle=str(obstacle))
        return Shipment(surroundings, variables, packed.pickled if packed else None)

    def _pack(self, of: object, content: str | None, value: Any, what: str) -> Packed:
        if content is None:
            return Packed(None, _pickled(value, what))
        if (of, content) not in self._packed:
            self._packed[of, content] = Packed(content, _pickled(value, what))
        return self._packed[of, content]


def is_importable(function: Callable[..., Any]) -> bool:
    """Whether a stage's function can be found in its module, bare or under its decorators."""
    module = getattr(function, "__module__", None)
    found: Any = sys.modules.get(module) if module and module != "__main__" else None
    for name in getattr(function, "__qualname__", "<nameless>").split("."):
        found = getattr(found, name, None)
    while found is not None and found is not function:
        found = getattr(found, "__wrapped__", None)
    return found is not None


class _UnsendableError(Exception):
    """Says what cannot be pickled."""


def _pickled(value: Any, what: str) -> bytes:
    # only needed where steps leave this process
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except Exception as error:  # whatever is odd about somebody's object, the step can stay
        reason = str(error) or type(error).__name__
        raise _UnsendableError(f"{what} cannot be sent to another process ({reason})") from error
