"""Accepting changed code: artifacts count as made by what is there now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curifactory.errors import ConfigurationError, UnusableArtifactError
from curifactory.manager import ArtifactManager
from curifactory.planning.compare import Difference
from curifactory.running.equivalents import Equivalents, acceptable_of
from curifactory.running.step import Step
from curifactory.settings import nearest


@dataclass(frozen=True, slots=True)
class Acceptable:
    """A step whose artifacts were made by other code, and in what that differs."""

    step: Step
    changed: tuple[Difference, ...]

    @property
    def what(self) -> str:
        """What differs, in words."""
        return ", ".join(one.detail for one in self.changed)


def acceptable(manager: ArtifactManager, stages: Sequence[str]) -> list[Acceptable]:
    """The planned steps whose artifacts were made by other code or packages.

    Parameters
    ----------
    manager : ArtifactManager
        Has a plan.
    stages : sequence of str
        Only these, if any are named.

    Raises
    ------
    ConfigurationError
        If the plan has no stage of such a name.
    """
    entries = manager.session.plan.entries
    known = {entry.step.name.stage for entry in entries}
    for name in stages:
        if name not in known:
            raise ConfigurationError(
                f"There is no stage '{name}' in experiment '{manager.experiment_name}'."
                f"{nearest(name, known)}"
            )
    found = [
        Acceptable(entry.step, acceptable_of(entry.step.changed))
        for entry in entries
        if not stages or entry.step.name.stage in stages
    ]
    return [one for one in found if one.changed]


def accept_changes(manager: ArtifactManager, found: Sequence[Acceptable]) -> None:
    """Remember for each of these steps that the change makes no difference."""
    equivalents = Equivalents(manager)
    for one in found:
        equivalents.add(one.step.slots, one.changed, "accepted")


def check_samples(manager: ArtifactManager, found: Sequence[Acceptable], count: int) -> None:
    """Execute some of the steps again, in a temporary folder, and compare what they give.

    Raises
    ------
    UnusableArtifactError
        If one gives another content: nothing is accepted then.
    """
    # the last of a stage's steps are as good as the first; spread them over all
    chosen = found[:: max(1, len(found) // count)][:count]
    for one in chosen:
        before = {name: commit.content for name, commit in one.step.commits.items()}
        after = manager.session.try_again(one.step.request)
        different = [name for name in before if before[name] != after.get(name)]
        if different:
            raise UnusableArtifactError(
                f"{one.step.name} gives another content for '{different[0]}' now. Nothing was "
                f"accepted. To make it anew: experiment {manager.experiment_name} "
                f"--overwrite-stage {one.step.name.stage}."
            )
