"""Parameter sets are found by their values, in SQL."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

Condition = tuple[str, list[Any]]
"""An SQL condition, and the values of its question marks."""

_LARGE = 2**63
"""SQLite's integers end below; it reads larger ones as floating point numbers."""


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
        if not math.isfinite(value) or abs(value) >= _LARGE:
            # what is infinite or no number is kept as a text
            return f"({is_value} OR {is_value})", [float(value), str(value)]
        # to SQL a truth value is a number
        is_number = "(json_type(parameters, ?) IN ('integer', 'real')) = ?"
        return f"({is_value} AND {is_number} OR {is_value})", [value, 1, json.dumps(value)]
    if isinstance(value, str):
        return is_value, [value]
    return is_value, [json.dumps(value, separators=(",", ":"))]
