"""The journal of a run: what observers saw of it, kept for history and report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from curifactory.events import Departed, Event, Failed, Finished, Loaded, Notice, Planned, StepName
from curifactory.store.slot import Slot


class UsedArtifact(NamedTuple):
    """An artifact that the run made or could use, and where it lies."""

    step: StepName
    name: str
    slot: Slot

    @property
    def path(self) -> str:
        """Its file, or the folder that holds its files."""
        return self.slot.path()


@dataclass
class Journal:
    """An observer that remembers.

    Attributes
    ----------
    planned : Planned or None
        The plan of the last plan pass.
    finished : list of Finished
        What was done with each step of this pass, in the order of the calls.
    artifacts : list of UsedArtifact
        The artifacts of this pass.
    failed : list of Failed
        The steps that raised.
    messages : list of str
        Notices, departures and failures.
    loading : float
        Seconds that this pass spent on reading artifacts.
    """

    planned: Planned | None = None
    finished: list[Finished] = field(default_factory=list)
    artifacts: list[UsedArtifact] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    loading: float = 0.0

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Planned():
                self.planned = event
            case Finished():
                self.finished.append(event)
            case Loaded():
                self.loading += event.seconds
            case Notice():
                self.messages.append(event.message)
            case Departed():
                self.messages.append(
                    f"{event.step}: planned {event.planned}, done {event.done}: {event.reason}"
                )
            case Failed():
                self.failed.append(event)
                kind = type(event.error).__name__
                self.messages.append(f"{event.step} failed: {kind}: {event.error}")

    def begin_pass(self) -> None:
        """What was done in an earlier pass counts no more."""
        self.finished.clear()
        self.artifacts.clear()
        self.loading = 0.0

    def counts(self) -> dict[str, int]:
        """How many steps were run, loaded and skipped."""
        done = Counter(event.decision for event in self.finished)
        return {action: done[action] for action in ("RUN", "LOAD", "SKIP")}

    def seconds(self) -> dict[str, float]:
        """How long running steps, reading artifacts, and going past the rest took."""
        spent = {"RUN": 0.0, "LOAD": self.loading, "SKIP": 0.0}
        for event in self.finished:
            if event.decision != "LOAD":
                spent[event.decision] += event.seconds
        return {action: round(seconds, 6) for action, seconds in spent.items()}
