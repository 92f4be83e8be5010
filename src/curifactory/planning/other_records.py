"""How the records that an aggregate reads differ from those that it read: pure, for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MOST = 3


def how_records_differ(then: Iterable[Sequence[str]], now: Iterable[Sequence[str]]) -> str:
    """One line about two different lists of ``(hash, name)``."""
    before, after = [tuple(pair) for pair in then], [tuple(pair) for pair in now]
    gone = _names_of(set(before) - set(after))
    new = _names_of(set(after) - set(before))
    if not gone and not new:
        same = sorted(before) == sorted(after)
        return f"it reads its records {'in another order' if same else 'another number of times'}"
    if [hash_ for hash_, *_ in before] == [hash_ for hash_, *_ in after]:
        pairs = zip(before, after, strict=True)
        renamed = [f"'{one[1]}' is '{other[1]}' now" for one, other in pairs if one != other]
        return f"records that it reads were renamed: {_few(renamed)}"
    parts = [f"{_few(names)} {word}" for names, word in ((new, "new"), (gone, "gone")) if names]
    return f"it reads other records: {', '.join(parts)}"


def _names_of(records: Iterable[Sequence[str]]) -> list[str]:
    return sorted(f"'{name}'" for _, name in records)


def _few(items: list[str]) -> str:
    more = len(items) - _MOST
    return ", ".join(items[:_MOST]) + (f" and {more} more" if more > 0 else "")
