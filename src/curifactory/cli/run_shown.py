"""All that is known of one run, for a reader and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from curifactory.cli.output import from_here
from curifactory.past.artifact import Artifacts
from curifactory.past.run import Run

_WIDTH = 14
_MOST_ARTIFACTS = 50


def run_lines(run: Run, everything: bool) -> Iterator[str]:
    """The lines that are printed of a run.

    Parameters
    ----------
    run : Run
        Which.
    everything : bool
        Whether to name all artifacts, however many.
    """
    yield run.reference
    for name, value in _facts(run).items():
        if value not in (None, ""):
            yield f"  {name:<{_WIDTH}}{value}"
    yield from _parameter_sets(run)
    most = None if everything else _MOST_ARTIFACTS
    yield from _artifacts("made", run.made, most)
    yield from _artifacts("used", run.used, most)
    if run.status == "dead":
        yield "It ended before it could say what it made; `curifactory runs rebuild` finds that."
    if run.traceback:
        yield "error"
        yield from (f"  {line}" for line in run.traceback.splitlines())


def _facts(run: Run) -> dict[str, Any]:
    return {
        "status": run.status,
        "started": run.started.strftime("%Y-%m-%d %H:%M:%S"),
        "seconds": None if run.seconds is None else f"{run.seconds:.1f}",
        "command": run.command_line,
        "steps": _steps(run),
        "commit": run.commit,
        "branch": run.branch,
        "changes": "uncommitted; --patch prints them" if run.dirty else None,
        "by": f"{run.user} on {run.host}, process {run.pid}" if run.user else None,
        "python": _python(run),
        "notes": run.notes,
    }


def _steps(run: Run) -> str | None:
    spent = run.step_seconds
    parts = []
    for name, count in run.steps.items():
        if count is not None:
            seconds = spent.get(name)
            parts.append(f"{count} {name}" + (f" ({seconds:.1f} s)" if seconds else ""))
    return ", ".join(parts) or None


def _python(run: Run) -> str | None:
    environment = run.environment
    if not environment:
        return None
    return f"{environment.get('python')}, {len(environment.get('packages', {}))} packages"


def _parameter_sets(run: Run) -> Iterator[str]:
    hashes = run.hashes
    if hashes:
        yield "parameter sets"
    for name, parameters in run.parameter_sets.items():
        values = ", ".join(f"{key}={json.dumps(value)}" for key, value in parameters.items())
        yield f"  {name}  {hashes[name]}  {values}".rstrip()


def _artifacts(title: str, artifacts: Artifacts, most: int | None) -> Iterator[str]:
    if artifacts:
        yield title
    for one in artifacts[:most]:
        yield f"  {from_here(one.path)}" + (" (replaced or removed since)" if one.gone else "")
    if most is not None and len(artifacts) > most:
        yield f"  and {len(artifacts) - most} more; --all names them"


def run_as_json(run: Run) -> dict[str, Any]:
    """The form in which it is printed for programs."""
    return {
        **run.to_json(),
        "traceback": run.traceback,
        "environment": run.environment,
        "parameter_sets": run.parameter_sets,
        "hashes": run.hashes,
        "made": [one.to_json() for one in run.made],
        "used": [one.to_json() for one in run.used],
    }
