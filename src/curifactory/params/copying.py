"""Copies of parameter sets that share nothing that can change."""

from __future__ import annotations

from functools import cache
from typing import Any

from curifactory.params.parameters import ExperimentParameters, fixed_objects


def plain_copy(params: Any) -> Any:
    """Give a copy of a parameter set, if nothing in it could be changed through both.

    Returns
    -------
    ExperimentParameters or None
        ``None`` if a copy takes more than that, or somebody else says how its class is copied.
    """
    cls: type = type(params)
    if not (isinstance(params, ExperimentParameters) and is_copied_as_usual(cls)):
        return None
    held = vars(params)
    if len(held) != len(cls.__dataclass_fields__):  # type: ignore[attr-defined]
        return None
    source = getattr(params.hash, "source", None)
    known = source.objects if source is not None and source.holds_for(params) else None
    if known is None and fixed_objects(params) is None:
        return None
    if not (type(params.name) is str and type(params.overwrite) is bool):
        return None
    new: Any = object.__new__(cls)
    vars(new).update(held, hash_representations={})
    return new


_SAYS_HOW_TO_COPY = (
    *("__copy__", "__deepcopy__", "__getstate__", "__setstate__", "__reduce__", "__reduce_ex__"),
    *("__getnewargs__", "__getnewargs_ex__", "__new__", "__slots__"),
)


@cache
def is_copied_as_usual(cls: type) -> bool:
    """Tell whether a copy of an instance, also by pickling, is what its fields hold."""
    mine = [base for base in cls.__mro__ if base is not object]
    return not any(name in vars(base) for base in mine for name in _SAYS_HOW_TO_COPY)
