"""Read positions such as ``0-2,5``; a range includes its lower and excludes its upper bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from curifactory.errors import ConfigurationError, ParameterFileNotFoundError

Indices = Iterable[str | int] | str | int


def parse_indices(given: Indices | None) -> list[range]:
    """Return the positions as ranges; an empty list means that there is no choice.

    Parameters
    ----------
    given : str, int or iterable of these, optional
        Such as ``["0-2", 5]`` or ``"0-2,5"``.

    Raises
    ------
    ConfigurationError
        Something is neither a position nor a range with a lower and a higher bound.
    """
    items = [given] if isinstance(given, str | int) else list(given or ())
    return [_parse(word.strip()) for item in items for word in str(item).split(",")]


def check_indices(chosen: Sequence[range], length: int, what: str) -> None:
    """Check that each range begins before the end, counted in ``what`` (for the message).

    Raises
    ------
    ParameterFileNotFoundError
        A range begins behind the last position.
    """
    for positions in chosen:
        if positions.start >= length:
            raise ParameterFileNotFoundError(
                f"There is no parameter set at index {positions.start}: "
                f"{what} {length}, counted from 0."
            )


def is_chosen(position: int, chosen: Sequence[range]) -> bool:
    """Tell whether a position is in one of the ranges, or there are none."""
    return not chosen or any(position in positions for positions in chosen)


def _parse(word: str) -> range:
    first, dash, last = word.partition("-")
    bounds = [bound.strip() for bound in ([first, last] if dash else [first])]
    if all(bound.isascii() and bound.isdigit() for bound in bounds):
        lower = int(bounds[0])
        upper = int(bounds[1]) if dash else lower + 1
        if lower < upper:
            return range(lower, upper)
    raise ConfigurationError(
        f"'{word}' chooses no parameter sets. Write an index such as 3, or a range such as 0-2, "
        f"which means 0 and 1."
    )
