"""What is told of steps that other processes carry out, from the thread of ``run``."""

from __future__ import annotations

from collections.abc import Sequence

from curifactory.events import Events, Failed, Progress
from curifactory.running.elsewhere.dispatcher import Dispatcher
from curifactory.running.elsewhere.news import Failure, Staying
from curifactory.running.elsewhere.replay import replay
from curifactory.running.pass_plan import Entry
from curifactory.running.step import Step


class Telling:
    """Tells what came back from the workers of one pass.

    Parameters
    ----------
    entries : sequence of Entry
        The plan.
    events : Events
        Told.
    """

    def __init__(self, entries: Sequence[Entry], events: Events) -> None:
        self._entries, self._events = entries, events
        self._total = sum(one.planned.decision.action == "RUN" for one in entries)
        self._failed = 0

    def news(self, dispatcher: Dispatcher) -> None:
        """Tell everything that came back since the last time, and how far the steps are."""
        found = dispatcher.news()
        for one in found:
            if isinstance(one, Staying):
                self.stay(self._entries[one.position].step, one.why)
            elif isinstance(one, Failure):
                self._failed += 1
                self._events.emit(Failed(self._entries[one.position].step.name, one.error))
            else:
                replay(one.happened, one.worker, self._events)
        if found:
            self._events.emit(
                Progress(
                    done=len(dispatcher.outcomes.answers),
                    running=dispatcher.running(),
                    failed=self._failed,
                    total=self._total,
                    seconds_left=dispatcher.seconds_left(),
                )
            )

    def stay(self, step: Step, why: str) -> None:
        """Tell, once, why a stage runs in this process."""
        stage = step.name.stage
        self._events.notice(
            f"Stage '{stage}' runs in this process: {why}.", key=f"stays {stage} {why}"
        )

    def other_call(self, step: Step, how: str) -> None:
        """Tell that a step which was carried out elsewhere is called otherwise than planned."""
        self._events.notice(
            f"{step.name} was carried out as planned, but is called otherwise now ({how}): it "
            "runs again here."
        )
