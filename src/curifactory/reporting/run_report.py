"""From a run to its report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from curifactory.caching.rendered import RenderedReportable
from curifactory.events import PlannedStep, StepName
from curifactory.params import describe
from curifactory.reporting.index import update_latest, write_index
from curifactory.reporting.page import write_report
from curifactory.reporting.report import ArtifactRow, ParameterSetRow, RunReport, StepRow
from curifactory.runs.identity import RunIdentity
from curifactory.runs.journal import Journal

_OUTCOMES = {"RUN": "executed", "LOAD": "from cache", "SKIP": "skipped"}


class Run(Protocol):
    """What is asked of a manager here."""

    run: RunIdentity
    journal: Journal
    records: list[Any]
    status: str
    notes: str | None
    reports_path: str
    report_css_path: str
    cache_path: str


def write_run_report(run: Run, reported: Sequence[tuple[str, list[RenderedReportable]]]) -> str:
    """Write the page of a run, the list of all reports, and the copy of the newest.

    Parameters
    ----------
    run : ArtifactManager
        The run.
    reported : sequence of (str, list of RenderedReportable)
        What was reported, with the folder where its files are.

    Returns
    -------
    str
        Path of the page.
    """
    reference = run.run.reference
    report = RunReport(
        reference=reference,
        status=run.status,
        started=run.run.started.isoformat(timespec="seconds"),
        ended=datetime.now().astimezone().isoformat(timespec="seconds"),
        facts=_facts(run),
        steps=_steps(run.journal),
        parameter_sets=_parameter_sets(run.records),
        reportables=tuple((item, folder) for folder, items in reported for item in items),
        artifacts=tuple(
            ArtifactRow(used.step.record, used.step.stage, used.name, used.path)
            for used in run.journal.artifacts
        ),
        messages=tuple(run.journal.messages),
    )
    page = write_report(report, os.path.join(run.reports_path, reference), run.report_css_path)
    update_latest(run.reports_path, reference)
    write_index(run.reports_path, run.report_css_path)
    return page


def _facts(run: Run) -> dict[str, str]:
    facts = {**run.run.facts(run.notes), "cache": run.cache_path}
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}


def _steps(journal: Journal) -> tuple[StepRow, ...]:
    """The steps that were done or failed, then those of the plan that the run never came to."""
    planned = {row.step: row for row in journal.planned.steps} if journal.planned else {}
    rows = []
    for done in journal.finished:
        seconds = done.seconds if done.decision == "RUN" else None
        row = planned.pop(done.step, None)
        outcome = _OUTCOMES.get(done.decision, done.decision)
        rows.append(_row(done.step, row, done.decision, done.reason, outcome, seconds))
    for failure in journal.failed:
        reason = f"{type(failure.error).__name__}: {failure.error}"
        row = planned.pop(failure.step, None)
        rows.append(_row(failure.step, row, "RUN", reason, "failed", None))
    rows += [_row(row.step, row, row.decision, row.reason, "", None) for row in planned.values()]
    return tuple(rows)


def _row(
    step: StepName,
    planned: PlannedStep | None,
    decision: str,
    reason: str,
    outcome: str,
    seconds: float | None,
) -> StepRow:
    decision = planned.decision if planned is not None else decision
    return StepRow(step.record, step.stage, decision, reason, outcome, seconds)


def _parameter_sets(records: Sequence[Any]) -> tuple[ParameterSetRow, ...]:
    rows = {}
    for record in records:
        if record.params is not None:
            fields = {name: str(value) for name, value in describe(record.params).items()}
            rows[record.params.hash] = ParameterSetRow(record.name, record.params.hash, fields)
    return tuple(rows.values())
