"""Parts of a cache: how many, how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """How many there are of something, and how many bytes they have."""

    count: int = 0
    size: int = 0

    def and_one(self, size: int) -> Share:
        """With one more."""
        return Share(self.count + 1, self.size + size)
