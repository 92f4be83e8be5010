"""How a report is laid out: what stands together, what differs. Pure; the templates only print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curifactory.caching.rendered import safe_file_name
from curifactory.reporting.files import Placed
from curifactory.reporting.report import ParameterSetRow, StepRow


@dataclass(frozen=True, slots=True)
class Section:
    """The reportables that one stage reported in one group; each with its anchor."""

    group: str
    stage: str
    anchor: str
    items: tuple[tuple[str, Placed], ...]


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """Parameter sets side by side.

    Parameters
    ----------
    common : dict of str to str
        Fields that have the same value in all of them.
    varying : tuple of str
        The other fields.
    rows : tuple of (ParameterSetRow, tuple of (str or None))
        Each set with its values of `varying`; ``None`` where it has no such field.
    """

    common: dict[str, str]
    varying: tuple[str, ...]
    rows: tuple[tuple[ParameterSetRow, tuple[str | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class StageSteps:
    """The steps of one stage, and how many had which outcome."""

    stage: str
    counts: dict[str, int]
    rows: tuple[StepRow, ...]


def sections_of(placed: Iterable[Placed]) -> list[Section]:
    """Group reportables by group, then stage, as they came; those without a group stand last."""
    together: dict[str, dict[str, list[tuple[str, Placed]]]] = {}
    anchors = _Anchors()
    for item in placed:
        rendered = item.reportable
        stages = together.setdefault(rendered.group, {})
        anchor = anchors.make(rendered.qualified_name)
        stages.setdefault(rendered.stage, []).append((anchor, item))
    ungrouped = together.pop("", {})
    return [
        Section(group, stage, anchors.make(f"of-{group}-{stage}"), tuple(items))
        for group, stages in [*together.items(), ("", ungrouped)]
        for stage, items in stages.items()
    ]


def parameter_table(parameter_sets: Sequence[ParameterSetRow]) -> ParameterTable:
    """Part what all parameter sets have in common from what tells them apart."""
    holders: Counter[tuple[str, str]] = Counter()
    names: dict[str, None] = {}
    for row in parameter_sets:
        holders.update(row.fields.items())
        names |= dict.fromkeys(row.fields)
    common = {
        name: value for (name, value), count in holders.items() if count == len(parameter_sets)
    }
    varying = tuple(name for name in names if name not in common)
    rows = tuple((row, tuple(row.fields.get(name) for name in varying)) for row in parameter_sets)
    return ParameterTable(common, varying, rows)


def stage_steps(steps: Iterable[StepRow]) -> list[StageSteps]:
    """Put the steps of each stage together, stages in the order of their first step."""
    by_stage: dict[str, list[StepRow]] = {}
    for row in steps:
        by_stage.setdefault(row.stage, []).append(row)
    return [StageSteps(stage, counts_of(rows), tuple(rows)) for stage, rows in by_stage.items()]


def counts_of(steps: Iterable[StepRow]) -> dict[str, int]:
    """How many steps had which outcome."""
    return dict(Counter(row.outcome or "not reached" for row in steps))


class _Anchors:
    """Ids of a page: readable, each given once."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def make(self, text: str) -> str:
        anchor = "r-" + safe_file_name(text)
        self._given[anchor] += 1
        count = self._given[anchor]
        return anchor if count == 1 else f"{anchor}--{count}"
