"""Facts of runs and artifacts: as dictionaries, as JSON, and as data frames."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from curifactory.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas


def facts_of(one: Any) -> dict[str, Any]:
    """The public fields of an object."""
    return {name: value for name, value in vars(one).items() if not name.startswith("_")}


def as_json(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as JSON holds them: moments as text."""
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in facts.items()
    }


def table_of(facts: dict[str, Any]) -> str:
    """Facts as an HTML table for a notebook, without those that say nothing."""
    import html  # only notebooks need it

    rows = [
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in as_json(facts).items()
        if value is not None and value is not False and value != ""
    ]
    return f"<table>{''.join(rows)}</table>"


def parsed(text: Any) -> dict[str, Any]:
    """A dictionary that was kept as JSON; an empty one if that cannot be read."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def frame_of(rows: Iterable[dict[str, Any]]) -> pandas.DataFrame:
    """One row per dictionary.

    Raises
    ------
    MissingDependencyError
        If pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise MissingDependencyError(
            'A data frame needs pandas: pip install "curifactory[pandas]"'
        ) from error
    return pandas.DataFrame(list(rows))
