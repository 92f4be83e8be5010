"""What is said, or refused, about artifacts whose code changed since they were made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from curifactory.errors import CodeChangedError
from curifactory.events import Events
from curifactory.planning.code_changes import PartChange, changed_parts
from curifactory.planning.compare import Difference
from curifactory.planning.decide import Kind
from curifactory.running.code_store import kept_parts
from curifactory.running.equivalents import acceptable_of
from curifactory.running.step import Step

_MOST_NAMED = 3
_POLICIES: dict[Kind, str] = {
    "inputs": "on_input_change",
    "parameters": "on_parameter_change",
    "cacher": "on_cacher_change",
    "code": "on_code_change",
    "packages": "on_package_change",
}


class ChangedCodeSettings(Protocol):
    """What this asks of the manager."""

    on_input_change: str
    on_parameter_change: str
    on_cacher_change: str
    on_code_change: str
    on_package_change: str

    @property
    def experiment_name(self) -> str: ...
    @property
    def manager_cache_path(self) -> str: ...


class ChangedCode:
    """Tells of artifacts that are used although code or packages changed, once per stage.

    Parameters
    ----------
    settings : ChangedCodeSettings
        The manager.
    events : Events
        Told.
    """

    def __init__(self, settings: ChangedCodeSettings, events: Events) -> None:
        self._settings = settings
        self._events = events

    def tell(self, steps: Iterable[Step]) -> None:
        """Tell what changed since artifacts were made that are used as they are."""
        found: dict[str, list[Difference]] = {}
        counts: dict[str, int] = {}
        for step in steps:
            changed = [one for one in step.changed if self._policy(one) == "warn"]
            if changed and step.stale is None:
                found.setdefault(step.name.stage, []).extend(changed)
                counts[step.name.stage] = counts.get(step.name.stage, 0) + 1
        for stage, changed in found.items():
            experiment = self._settings.experiment_name
            made = (
                "the artifacts of 1 record"
                if counts[stage] == 1
                else (f"the artifacts of {counts[stage]} records")
            )
            self._events.notice(
                f"Stage '{stage}': {self._what(changed)} changed since {made} were made. They are "
                f"used as they are. To make them anew: experiment {experiment} --overwrite-stage "
                f"{stage}.{self._acceptance(changed, stage)}",
                key=f"changed code {stage}",
            )

    def refuse(self, steps: Iterable[Step]) -> None:
        """Refuse to go on if a step is to run because of a change that is to be an error.

        Raises
        ------
        CodeChangedError
            If there is such a step; names all of their stages.
        """
        found: dict[str, list[Difference]] = {}
        for step in steps:
            decision = step.decision
            if decision is not None and decision.action == "RUN":
                changed = [
                    one
                    for one in step.changed
                    if self._policy(one) == "error" and one.reason == decision.reason
                ]
                if changed:
                    found.setdefault(step.name.stage, []).extend(changed)
        if found:
            told = "; ".join(
                f"stage '{stage}': {self._what(changed)}" for stage, changed in found.items()
            )
            first, experiment = next(iter(found)), self._settings.experiment_name
            raise CodeChangedError(
                f"What artifacts are made from changed ({told}), and that is to be an error. "
                f"Nothing was run. To make them anew: experiment {experiment} {self._anew(found)}."
                f"{self._acceptance(found[first], first)}"
            )

    def _anew(self, found: dict[str, list[Difference]]) -> str:
        """The options that say that these are to be made anew."""
        if all(one.kind == "code" for changed in found.values() for one in changed):
            return "--on-code-change rerun"
        return " ".join(f"--overwrite-stage {stage}" for stage in found)

    def _acceptance(self, changed: list[Difference], stage: str) -> str:
        """How to say that a change makes no difference, if it may make none."""
        if len(acceptable_of(changed)) < len(changed):
            return ""
        experiment = self._settings.experiment_name
        return f" If it makes no difference: curifactory accept {experiment} --stage {stage}."

    def _policy(self, one: Difference) -> str:
        chosen = _POLICIES.get(one.kind)
        return "rerun" if chosen is None else str(getattr(self._settings, chosen))

    def _what(self, changed: list[Difference]) -> str:
        """What changed, down to function, file and line."""
        named: dict[str, None] = {}
        for one in changed:
            parts = parts_changed(one, self._settings.manager_cache_path)
            named.update(dict.fromkeys(map(str, parts) if parts else [_in_short(one)]))
        more = len(named) - _MOST_NAMED
        return ", ".join(list(named)[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def parts_changed(one: Difference, manager_cache_path: str) -> list[PartChange]:
    """The functions, methods, classes and globals that differ, where their sources were kept."""
    if one.field not in ("code", "codes"):
        return []
    then = kept_parts(manager_cache_path, one.then)
    now = kept_parts(manager_cache_path, one.now)
    return changed_parts(then, now) if then is not None and now is not None else []


def _in_short(one: Difference) -> str:
    return {
        "code": "its code",
        "variables": f"variable '{one.name}'",
        "packages": f"package {one.name} ({one.then} -> {one.now})",
    }.get(one.field, one.detail.removesuffix(" changed"))
