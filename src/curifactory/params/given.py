"""What users give: classes of parameter sets, and hashes by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

from curifactory.errors import DefinitionError, InvalidNameError

_LONGEST_HASH = 100


@cache
def check_is_dataclass(cls: type, root_class: type) -> None:
    """Refuse a class whose annotations never became fields: its sets would share one hash."""
    for base in cls.__mro__:
        names = [
            name
            for name, kind in vars(base).get("__annotations__", {}).items()
            if "ClassVar" not in str(kind)
        ]
        lost = [name for name in names if name not in getattr(cls, "__dataclass_fields__", {})]
        if lost and issubclass(base, root_class):
            raise DefinitionError(
                f"{base.__module__}.{base.__qualname__} extends ExperimentParameters and is no "
                f"dataclass itself, so '{lost[0]}' is not a parameter. Write @dataclass above it."
            )


def usable_hash(given: object, params: Any) -> str:
    """Give a hash that was given by hand, if it can be part of a file name."""
    if (
        isinstance(given, str)
        and 0 < len(given) <= _LONGEST_HASH
        and given.isprintable()
        and not any(part in given for part in ("/", "\\", ".."))
    ):
        return given
    raise InvalidNameError(
        f"Parameter set '{params.name}' of class '{type(params).__qualname__}' was given the hash "
        f"{given!r}, which cannot be part of a file name: give 1 to {_LONGEST_HASH} printable "
        "characters without slashes and '..', or None to have it computed."
    )
