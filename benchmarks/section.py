"""A section of the page of figures, and how figures become text."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Say = Callable[[str], None]
"""Told what is measured now."""


@dataclass(frozen=True)
class Section:
    """What one benchmark found.

    Parameters
    ----------
    title : str
    text : str
        Markdown: what was measured, and a table.
    figures : object
        The same as data that JSON holds.
    """

    title: str
    text: str
    figures: Any


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows as a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def listed(numbers: Iterable[int]) -> str:
    """Numbers, one after another."""
    return ", ".join(str(number) for number in numbers)


def machine() -> dict[str, object]:
    """What a figure depends on, without naming the machine."""
    return {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
