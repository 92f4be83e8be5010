"""Pickling what belongs to users: by value where no import would give it elsewhere."""

from __future__ import annotations

import io
import pickle
from collections import ChainMap
from collections.abc import Callable
from types import CodeType
from typing import Any


def dumps(value: Any) -> bytes:
    """Pickle a value; functions and classes of ``__main__`` and of functions go by value.

    Raises
    ------
    Exception
        Whatever its own pickling raises.
    """
    try:
        pickled = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:
        pickled = None
    # what is referred to by name stands there with its module: elsewhere `__main__` is another one
    if pickled is not None and b"__main__" not in pickled:
        return pickled
    whole = io.BytesIO()
    _whole_pickler(whole).dump(value)
    return whole.getvalue()


def _whole_pickler(file: io.BytesIO) -> Any:
    import cloudpickle

    reduce_code = cloudpickle.Pickler.dispatch_table[CodeType]

    def with_file(code: CodeType) -> Any:
        return _code_of_file, (*reduce_code(code)[:2], code.co_filename)

    class Whole(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table = ChainMap({CodeType: with_file}, cloudpickle.Pickler.dispatch_table)

    return Whole(file, protocol=pickle.HIGHEST_PROTOCOL)


def _code_of_file(make: Callable[..., CodeType], parts: tuple[Any, ...], file: str) -> CodeType:
    """Code that knows its file, which hashing and tracebacks read, and cloudpickle leaves out."""
    return make(*parts).replace(co_filename=file)


def dumps_small(value: Any, most_bytes: int) -> bytes | None:
    """Pickle a value if that is easily done; ``None`` if it becomes large, or cannot be."""
    small = _Small(most_bytes)
    try:
        pickle.Pickler(small, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    except Exception:
        return None
    pickled = small.getvalue()
    return None if b"__main__" in pickled else pickled


class _Small(io.BytesIO):
    """Refuses to become large."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._most = most_bytes

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self._most:
            raise OverflowError
        return super().write(data)


def loads(pickled: bytes) -> Any:
    """Give the value again."""
    return pickle.loads(pickled)


def why_not(error: Exception) -> str:
    """Say in short why something cannot be pickled."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
