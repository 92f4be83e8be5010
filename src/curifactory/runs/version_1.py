"""What a history of version 1 holds: each run as one document, and nothing of artifacts."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from curifactory.runs.entry import seconds_of


@dataclass(frozen=True, slots=True)
class Version1:
    """Its rows: runs as (reference, experiment, number, document), parameter sets."""

    runs: list[tuple[str, str, int, str]]
    sets: list[tuple[str, str]]


def take_version_1(connection: sqlite3.Connection) -> Version1:
    """Read all that its tables hold, and drop them."""
    held = Version1(
        connection.execute(
            "SELECT reference, experiment, number, info FROM runs ORDER BY rowid"
        ).fetchall(),
        connection.execute("SELECT hash, parameters FROM parameter_sets").fetchall(),
    )
    connection.execute("DROP TABLE runs")
    connection.execute("DROP TABLE parameter_sets")
    return held


def enter_version_1(connection: sqlite3.Connection, held: Version1) -> None:
    """Fill the present tables with it."""
    connection.executemany("INSERT INTO parameter_sets VALUES (?, ?)", held.sets)
    for run in held.runs:
        _enter_run(connection, *run)
    connection.execute(
        "INSERT INTO numbers SELECT experiment, max(number) FROM runs GROUP BY experiment"
    )


def _enter_run(
    connection: sqlite3.Connection, reference: str, experiment: str, number: int, text: str
) -> None:
    try:
        info = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        info = None
    # what cannot be read stays as it is, and is told when it is listed
    facts: dict[str, Any] = info if isinstance(info, dict) else {}
    steps = facts.get("steps") or {}
    if facts.get("status") == "running":
        # who was running then cannot be asked any more
        facts["status"] = "dead"
        text = json.dumps(facts)
    columns = {
        "reference": reference,
        "experiment": experiment,
        "number": number,
        "status": facts.get("status") or "unknown",
        "started": seconds_of(facts.get("timestamp")),
        "host": facts.get("host"),
        "user": facts.get("user"),
        "command_line": facts.get("command_line"),
        "commit_hash": facts.get("commit"),
        "dirty": facts.get("dirty"),
        "notes": facts.get("notes"),
        "steps_run": steps.get("RUN"),
        "steps_loaded": steps.get("LOAD"),
        "steps_skipped": steps.get("SKIP"),
        "info": text,
    }
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    run = connection.execute(
        f"INSERT INTO runs ({names}) VALUES ({marks})", [*columns.values()]
    ).lastrowid
    for file, pairs in (facts.get("param_sets") or {}).items():
        connection.executemany(
            "INSERT OR IGNORE INTO run_sets VALUES (?, ?, ?, ?)",
            [(run, hash_, name, file) for name, hash_ in pairs],
        )
