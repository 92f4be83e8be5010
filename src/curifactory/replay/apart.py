"""How far two parts of values may be apart, and what is said when they are further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_LONGEST = 60


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may be apart.

    Parameters
    ----------
    relative : float
        As a share of the larger one.
    absolute : float
        In any case: around zero a relative distance means nothing.
    """

    relative: float = 1e-6
    absolute: float = 1e-12

    def allowed(self, scale: Any) -> Any:
        """The most that two numbers may be apart, the larger of which is `scale` from zero."""
        return self.relative * scale + self.absolute


class DifferentError(Exception):
    """Two values are not the same; the text says where and how."""


def require(same: Any, place: str, first: Any, second: Any) -> None:
    """Raise unless two parts are the same."""
    if not same:
        raise DifferentError(f"{at(place)}{shown(first)} then, {shown(second)} now")


def at(place: str) -> str:
    """The place, to begin a sentence with."""
    return f"at {place}: " if place else ""


def shown(value: Any) -> str:
    """A value in few characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
