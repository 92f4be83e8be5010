"""Code then against code now, part by part: functions, methods, classes and globals."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptPart:
    """One function, method, class or global as it was when an artifact was made.

    Parameters
    ----------
    name : str
        Module and qualified name.
    file : str
        Relative to the project's folder.
    line : int
        Where it began.
    digest : str
        Of what it says.
    source : str
        What it says, without comments, docstrings and annotations.
    """

    name: str
    file: str
    line: int
    digest: str
    source: str

    @property
    def place(self) -> str:
        """Function, file and line, such as ``clean() in src/data.py:14``."""
        last = self.name.rpartition(".")[2]
        is_function = re.search(rf"^\s*(async )?def {re.escape(last)}\(", self.source, re.MULTILINE)
        return f"{last}{'()' if is_function else ''} in {self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class PartChange:
    """How one part differs; one of the two is ``None`` if it is new or gone."""

    then: KeptPart | None
    now: KeptPart | None

    def __str__(self) -> str:
        if self.then is None or self.now is None:
            part, what = (self.now, "new") if self.then is None else (self.then, "gone")
            assert part is not None
            return f"{part.place} is {what}"
        return self.now.place

    def diff(self) -> str:
        """The change as a unified diff."""
        before, after = _lines(self.then), _lines(self.now)
        return "\n".join(
            difflib.unified_diff(before, after, _name(self.then), _name(self.now), lineterm="")
        )


def changed_parts(then: Sequence[KeptPart], now: Sequence[KeptPart]) -> list[PartChange]:
    """Give the parts that differ; what only moved to another place does not.

    Parameters
    ----------
    then, now : sequence of KeptPart
        All parts of some code.
    """
    digests_then, digests_now = {p.digest for p in then}, {p.digest for p in now}
    old = _by_name(part for part in then if part.digest not in digests_now)
    new = _by_name(part for part in now if part.digest not in digests_then)
    changes = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, []), new.get(name, [])
        for index in range(max(len(before), len(after))):
            changes.append(PartChange(_at(before, index), _at(after, index)))
    return changes


def _by_name(parts: Iterable[KeptPart]) -> dict[str, list[KeptPart]]:
    found: dict[str, list[KeptPart]] = defaultdict(list)
    for part in parts:
        found[part.name].append(part)
    return found


def _at(parts: list[KeptPart], index: int) -> KeptPart | None:
    return parts[index] if index < len(parts) else None


def _lines(part: KeptPart | None) -> list[str]:
    return [] if part is None else part.source.splitlines()


def _name(part: KeptPart | None) -> str:
    return "nothing" if part is None else f"{part.file}:{part.line}"
