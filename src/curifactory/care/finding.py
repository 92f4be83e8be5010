"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warn"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be relied on, or not.

    Parameters
    ----------
    level : str
        ``"ok"``; ``"warn"``: it cannot be relied on; ``"note"``: something optional is not there.
    check : str
        What was tried, such as ``"locks"``.
    place : str
        The folder, file or extra in question.
    says : str
        What was seen.
    remedy : str
        What to do, unless it is ok.
    """

    level: Level
    check: str
    place: str
    says: str
    remedy: str = ""
