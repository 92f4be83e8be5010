"""What a removal did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Removed:
    """What was removed.

    Parameters
    ----------
    artifacts : list of str
        Their metadata paths, relative to the cache folder.
    size : int
        Bytes of the files that were removed.
    kept : dict of str to str
        Artifacts that stay, by their paths, with the reason.
    notes : list of str
        What else a user should be told.
    """

    artifacts: list[str] = field(default_factory=list)
    size: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
