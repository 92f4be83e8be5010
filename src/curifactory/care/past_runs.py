"""The runs that may need what is in a cache, and the newest of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from curifactory.care.inventory import Inventory
from curifactory.runs.process import may_go_on

# a run that failed at once must not be kept in the place of one that has results
_COUNTED = ("complete", "LIVE", "unknown")


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that made or used artifacts in a cache folder.

    Parameters
    ----------
    id : int
        Its row in the history.
    reference, experiment, status : str
        As the history has them; the status is ``"unknown"`` if only artifacts tell of the run.
    started : float
        Seconds since the epoch.
    going_on : bool
        Whether its process may still be there.
    ended : bool
        Whether its end is written down, and with it what it used.
    """

    id: int
    reference: str
    experiment: str
    status: str
    started: float
    going_on: bool = False
    ended: bool = False


def past_runs(inventory: Inventory) -> list[PastRun]:
    """The runs that used a cache folder, and all that are going on; the oldest first."""
    rows = inventory.connection.execute(
        "SELECT id, reference, experiment, status, started, ended, host, pid, process FROM runs "
        "WHERE place IN (SELECT value FROM json_each(?)) OR ended IS NULL "
        # the order in which they began, whatever the clock said; that of others is not known
        "ORDER BY status <> 'unknown', CASE status WHEN 'unknown' THEN started END, id",
        (json.dumps(inventory.places),),
    )
    return [_past_run(*row) for row in rows]


def newest(runs: Iterable[PastRun], count: int) -> list[PastRun]:
    """The newest runs of each experiment: so many that came to their end, and all after these.

    Runs that the history knows are counted apart from those that only artifacts tell of.

    Parameters
    ----------
    runs : iterable of PastRun
        The oldest first.
    count : int
        How many.
    """
    found = []
    counted: dict[tuple[str, bool], int] = {}
    for run in reversed(list(runs)):
        kind = (run.experiment, run.status == "unknown")
        if counted.get(kind, 0) < count:
            found.append(run)
            counted[kind] = counted.get(kind, 0) + (run.status in _COUNTED)
    return found


def _past_run(
    id_: int,
    reference: str,
    experiment: str,
    status: str,
    started: float,
    ended: float | None,
    host: str | None,
    pid: int | None,
    process: str | None,
) -> PastRun:
    going_on = may_go_on(status, ended, host, pid, process)
    return PastRun(id_, reference, experiment, status, started, going_on, ended is not None)
