"""References of runs, as people type them."""

from __future__ import annotations

import sqlite3

from curifactory.errors import RunNotFoundError
from curifactory.settings import nearest

LATEST = "latest"
_MOST_NAMED = 5
_NUMBERED = "SELECT experiment, number FROM runs ORDER BY id DESC LIMIT 1000"


def resolve_reference(connection: sqlite3.Connection, given: str) -> tuple[int, str]:
    """The ``id`` and whole reference of the run that is meant.

    Parameters
    ----------
    given : str
        A reference, the start of one, or ``"latest"``. ``models_1`` is run 1, not run 12.

    Raises
    ------
    RunNotFoundError
        If no run, or more than one, is meant.
    """
    if given == LATEST:
        # in the order in which they began, whatever the clock said; that of runs which only
        # their artifacts tell of is not known
        newest = _runs_where(connection, "1 ORDER BY status = 'unknown', id DESC LIMIT 1")
        if not newest:
            raise RunNotFoundError("There is no latest run: the history is empty.")
        return newest[0]
    starts = "substr(reference, 1, length(?)) = ?"
    found = (
        _runs_where(connection, "reference = ?", given)
        or _runs_where(connection, f"{starts} ORDER BY id", *[f"{given}_"] * 2)
        or _runs_where(connection, f"{starts} ORDER BY id", given, given)
    )
    if not found:
        known = [f"{name}_{number}" for name, number in connection.execute(_NUMBERED)]
        raise RunNotFoundError(
            f"There is no run '{given}' in the history.{nearest(given, [LATEST, *known])} "
            "`curifactory runs` lists them."
        )
    if len(found) > 1:
        few = ", ".join(reference for _, reference in found[-_MOST_NAMED:])
        raise RunNotFoundError(
            f"'{given}' may be any of {len(found)} runs, such as {few}. Give more of the reference."
        )
    return found[0]


def _runs_where(
    connection: sqlite3.Connection, condition: str, *values: str
) -> list[tuple[int, str]]:
    rows = connection.execute(f"SELECT id, reference FROM runs WHERE {condition}", values)
    return [(int(id_), str(reference)) for id_, reference in rows]
