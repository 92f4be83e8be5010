"""How a parameter class says that a field counts as something else, or not at all."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from curifactory.errors import DefinitionError

Representation = Callable[..., object] | None


def set_hash_functions(
    functions: Mapping[str, Representation] | None = None, /, **named: Representation
) -> Any:
    """Give the field ``hash_representations`` of a parameter class.

    Parameters
    ----------
    functions : mapping of str to (callable or None), optional
        Field names with what to hash in place of their values. ``None`` leaves the field out. A
        function gets the parameter set and the value (or only the value, if it has one
        argument), and what it returns is hashed.
    **named
        The same, as keywords.

    Returns
    -------
    dataclasses.Field

    Examples
    --------
    >>> @dataclass
    ... class Params(ExperimentParameters):
    ...     model: object = None
    ...     workers: int = 4
    ...     hash_representations: dict = set_hash_functions(
    ...         workers=None, model=lambda self, model: model.name
    ...     )
    """
    both = {**(functions or {}), **named}
    return dataclasses.field(default_factory=lambda: dict(both), repr=False, compare=False)


def checked(
    representations: Mapping[str, Representation], cls: type, fields: Sequence[str]
) -> Mapping[str, Representation]:
    """Give ``representations`` back if they name fields of ``cls``, else raise DefinitionError."""
    for name, function in representations.items():
        where = f"hash_representations of parameter class '{cls.__qualname__}'"
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(fields)}."
            raise DefinitionError(f"{where} names '{name}', which is no field of it: {hint}")
        if function is not None and not callable(function):
            raise DefinitionError(f"{where}: '{name}' needs a function or None, not {function!r}.")
    return representations


def represent(owner: object, name: str, function: Callable[..., object], value: object) -> object:
    """Give what ``function`` puts in place of the field ``name`` of ``owner``."""
    try:
        return function(owner, value) if _takes_two(function) else function(value)
    except Exception as error:
        error.add_note(
            f"in hash_representations['{name}'] of parameter class '{type(owner).__qualname__}'"
        )
        raise


def _takes_two(function: Callable[..., object]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False  # built-in classes such as str
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return True
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.kind in positional and one.default is one.empty]
    return len(needed) >= 2
