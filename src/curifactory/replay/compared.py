"""What became of artifacts that were computed anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["identical", "equal", "different", "not made"]


@dataclass(frozen=True)
class Compared:
    """An artifact of a full store, compared with what was computed anew.

    Parameters
    ----------
    path : str
        Where it lies in the store.
    stage, record, name : str
        Which artifact it is.
    verdict : str
        ``"identical"``: the same bytes; ``"equal"``: the same value but for rounding;
        ``"different"``; ``"not made"``: the run made nothing of this name.
    detail : str
        Where and how the value differs; of an equal one, how far numbers are apart.
    """

    path: str
    stage: str
    record: str
    name: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True)
class Recomputed:
    """All artifacts of a full store, compared with what was computed anew.

    Parameters
    ----------
    artifacts : tuple of Compared
        In the order in which they were made.
    executed : int
        How many stage calls were executed.
    """

    artifacts: tuple[Compared, ...]
    executed: int

    @property
    def counts(self) -> dict[str, int]:
        """How many artifacts have each verdict."""
        counted = Counter(one.verdict for one in self.artifacts)
        return {word: counted[word] for word in ("identical", "equal", "different", "not made")}

    @property
    def first_difference(self) -> Compared | None:
        """The artifact where the run first went another way."""
        wrong = (one for one in self.artifacts if one.verdict in ("different", "not made"))
        return next(wrong, None)
