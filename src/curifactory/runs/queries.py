"""Questions to the history that several commands ask alike."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from curifactory.errors import ConfigurationError, RunNotFoundError

LATEST = "latest"
Condition = tuple[str, list[Any]]
"""An SQL condition, and the values of its question marks."""

Moment = str | datetime | timedelta | float
"""What a moment may be given as."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOST_NAMED = 5


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
        newest = _runs_where(connection, "1 ORDER BY id DESC LIMIT 1")
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
        raise RunNotFoundError(
            f"There is no run '{given}' in the history; `curifactory runs` lists them."
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


def parameter_condition(parameters: Mapping[str, Any], hash_column: str) -> Condition:
    """The condition that one parameter set has all these parameters.

    Parameters
    ----------
    parameters : dict
        Value by name; a name such as ``model.depth`` leads into nested parameters. A number or
        truth value also stands for a text that reads like it.
    hash_column : str
        The column that has the hash of the parameter set.
    """
    if not parameters:
        return "1", []
    conditions: list[str] = []
    values: list[Any] = []
    for name, value in parameters.items():
        path = "$" + "".join(f'."{part}"' for part in name.replace('"', "").split("."))
        test, accepted = _test_of(value)
        conditions.append(test)
        for one in accepted:
            values += [path, one]
    # what does not parse is no parameter set: json_extract() would raise
    return (
        f"{hash_column} IN (SELECT hash FROM parameter_sets WHERE CASE WHEN json_valid(parameters) "
        f"THEN {' AND '.join(conditions)} ELSE 0 END)"
    ), values


def _test_of(value: Any) -> tuple[str, list[Any]]:
    """The test of one parameter, and what its pairs of path and value are compared with."""
    is_value = "json_extract(parameters, ?) = ?"
    has_type = "json_type(parameters, ?) = ?"
    if isinstance(value, bool) or value is None:
        return f"({has_type} OR {is_value})", [json.dumps(value), str(value)]
    if isinstance(value, (int, float)):
        # to SQL a truth value is a number
        is_number = "(json_type(parameters, ?) IN ('integer', 'real')) = ?"
        return f"({is_value} AND {is_number} OR {is_value})", [value, 1, json.dumps(value)]
    if isinstance(value, str):
        return is_value, [value]
    return is_value, [json.dumps(value, separators=(",", ":"))]


def parsed_parameters(given: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """Parameters as they are typed, ``lr=0.1``: a value is JSON, or else text.

    Raises
    ------
    ConfigurationError
        If one of them has no ``=``.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ConfigurationError(f"'{text}' is no parameter: write it as name=value.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def moment(given: Moment) -> float:
    """A moment in seconds since the epoch.

    Parameters
    ----------
    given : str, datetime, timedelta or float
        An age such as ``"7d"`` (``s m h d w``), a date or time such as ``"2026-11-01"``, or
        seconds since the epoch. Without a time zone it is the local time.

    Raises
    ------
    ConfigurationError
        If it is none of these.
    """
    if isinstance(given, (int, float)):
        return float(given)
    if isinstance(given, timedelta):
        return (datetime.now() - given).timestamp()
    if isinstance(given, datetime):
        return given.timestamp()
    age = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", given)
    try:
        if age:
            return moment(timedelta(**{_UNITS[age[2]]: float(age[1])}))
        return datetime.fromisoformat(given.strip()).timestamp()
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"'{given}' is no time: give an age such as 7d or 12h, or a date such as 2026-11-01."
        ) from None
