"""Pickling what belongs to users: by value where no import would give it elsewhere."""

from __future__ import annotations

import pickle
from typing import Any

from curifactory.errors import MissingDependencyError


def dumps(value: Any) -> bytes:
    """Pickle a value; functions and classes of ``__main__`` and of functions go by value.

    Raises
    ------
    Exception
        Whatever its own pickling raises.
    """
    try:
        import cloudpickle
    except ImportError as error:
        raise MissingDependencyError(
            "Carrying out steps in other processes needs cloudpickle: pip install cloudpickle"
        ) from error
    pickled: bytes = cloudpickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return pickled


def loads(pickled: bytes) -> Any:
    """Give the value again."""
    return pickle.loads(pickled)


def why_not(error: Exception) -> str:
    """Say in short why something cannot be pickled."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
