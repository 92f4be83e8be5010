"""Orders and answers as bytes: frozen dataclasses by their values, without their field names."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from operator import attrgetter, methodcaller
from typing import Any

Reducer = Callable[[Any], Any]


def pack(message: Any) -> bytes:
    """A message as bytes.

    Parameters
    ----------
    message : object
        Plain data and frozen dataclasses; what belongs to users is in it as bytes.
    """
    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(message)
    return packed.getvalue()


def unpack(packed: bytes) -> Any:
    """The message again."""
    return pickle.loads(packed)


_AS_USUAL = methodcaller("__reduce_ex__", pickle.HIGHEST_PROTOCOL)


class _Reducers(dict[type, Reducer]):
    """By class, what takes an instance apart; that of a dataclass is made when it is asked for.

    On its own, each frozen dataclass with slots asks for its fields anew whenever one of its
    instances is pickled or unpickled, which takes longer than all else about a short step.
    """

    def __missing__(self, cls: type) -> Reducer:
        if not is_dataclass(cls) or "__slots__" not in vars(cls):
            # as it would be done without this; that it is known saves a search that fails
            return self.setdefault(cls, copyreg.dispatch_table.get(cls, _AS_USUAL))
        names = [one.name for one in fields(cls) if one.init]
        if len(names) < 2:
            reducer = _taken_apart(cls, lambda held: tuple(getattr(held, name) for name in names))
        else:
            reducer = _taken_apart(cls, attrgetter(*names))
        self[cls] = reducer
        return reducer


def _taken_apart(cls: type, values: Callable[[Any], tuple[Any, ...]]) -> Reducer:
    return lambda held: (cls, values(held))


_REDUCERS = _Reducers()
