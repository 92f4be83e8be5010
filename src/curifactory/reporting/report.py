"""What a report says about a run, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from curifactory.caching.rendered import RenderedReportable


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the run.

    Parameters
    ----------
    record, stage : str
        Which step.
    decision, reason : str
        What was planned (``"RUN"``, ``"LOAD"``, ``"SKIP"``), and why.
    outcome : str
        What was done, in a word a reader knows; empty if the run never came there.
    seconds : float, optional
        How long it took.
    """

    record: str
    stage: str
    decision: str
    reason: str
    outcome: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ParameterSetRow:
    """One parameter set: its name, its hash, and each field's value as text."""

    name: str
    hash: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """One artifact of the run and where it lies."""

    record: str
    stage: str
    artifact: str
    path: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything that the page of one run shows.

    Parameters
    ----------
    reference : str
        The run's reference; the title of the page.
    status : str
        ``"complete"``, ``"error"``, ``"interrupted"``, ``"LIVE"``, …
    started, ended : str
        Times, ISO 8601, so that reports sort by them; `ended` is empty while the run goes on.
    facts : dict of str to str
        What else to say on top: experiment, run number, commit, command line, host, notes, …
    steps : tuple of StepRow
    parameter_sets : tuple of ParameterSetRow
    reportables : tuple of (RenderedReportable, str)
        Each with the folder where its files are.
    artifacts : tuple of ArtifactRow
    messages : tuple of str
        Notices, warnings and failures of the run.
    """

    reference: str
    status: str
    started: str
    ended: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    steps: tuple[StepRow, ...] = ()
    parameter_sets: tuple[ParameterSetRow, ...] = ()
    reportables: tuple[tuple[RenderedReportable, str], ...] = ()
    artifacts: tuple[ArtifactRow, ...] = ()
    messages: tuple[str, ...] = ()
