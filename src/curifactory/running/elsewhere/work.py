"""One step that is to run, as a schedule sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curifactory.running.elsewhere.ready import Need


@dataclass(frozen=True, slots=True)
class Work:
    """One step that is to run, as a schedule sees it.

    Parameters
    ----------
    position : int
        Its position in the plan.
    reads : frozenset of int
        The steps to run whose outputs it reads.
    stage : object
        Tells its stage: steps of one stage are expected to take equally long.
    seconds : float, optional
        How long it took when its artifacts were made before.
    resources : dict of str to float
        What it holds while it runs.
    stays : bool
        Whether it is never sent: it is carried out where ``run`` is.
    hands_on : frozenset of int
        Those of the steps that read from it which need a value that no cacher keeps.
    line : object
        Tells its record.
    """

    position: int
    reads: frozenset[int] = frozenset()
    stage: object = None
    seconds: float | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    stays: bool = False
    hands_on: frozenset[int] = frozenset()
    line: object = None

    @property
    def need(self) -> Need:
        """What it holds while it runs."""
        return frozenset(self.resources.items())
