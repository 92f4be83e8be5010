"""What a run prints: an observer that tells calmly what happens."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TextIO

from curifactory.amounts import format_seconds, format_size
from curifactory.events import (
    WORKER,
    Departed,
    Event,
    Failed,
    Finished,
    Loaded,
    Notice,
    Planned,
    Progress,
    RunEnded,
    RunStarted,
    Saved,
    Started,
    StepName,
    Waiting,
)
from curifactory.reporting.terminal import output_to

# the whole message follows where the run ends
_LONGEST_MESSAGE = 72
# a longer name pushes what follows it to the right, instead of widening every line
_WIDEST_COLUMN = 32
_DONE = {"RUN": "executed", "LOAD": "from cache", "SKIP": "skipped"}
_ENDED = {"complete": "done in", "error": "failed after", "interrupted": "interrupted after"}


class ConsoleObserver:
    """Prints a run as it goes on.

    Parameters
    ----------
    stream : text stream, optional
        Where to; standard output if left out.
    quiet : bool
        Whether only failures are printed.
    verbose : bool
        Whether each decision with its reason and each file are printed, too.
    plain : bool
        Whether to do without colours and bar on a terminal as well.
    no_color : bool
        Whether to do without colours; so does a non-empty environment variable ``NO_COLOR``.
    progress : bool, optional
        Whether a bar shows how far the run is; only a terminal has one, and has it by default.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        quiet: bool = False,
        verbose: bool = False,
        plain: bool = False,
        no_color: bool = False,
        progress: bool | None = None,
    ) -> None:
        self._out = output_to(stream or sys.stdout, plain, no_color, progress)
        self._quiet = quiet
        self._verbose = verbose
        self._planned: dict[StepName, str] = {}
        self._outcomes: dict[StepName, str] = {}
        self._to_run = self._executed = 0
        self._progress: Progress | None = None
        self._record_width = self._stage_width = 0

    def __call__(self, event: Event) -> None:
        """Print what is to be said about one event."""
        if isinstance(event, Failed):
            self._failed(event)
        elif not self._quiet:
            self._tell(event)
            if self._verbose:
                self._tell_more(event)

    def _tell(self, event: Event) -> None:
        match event:
            case RunStarted():
                sets = _count(event.parameter_sets, "parameter set")
                self._out.line(f"{event.experiment}: {event.reference}, {sets}", "bold")
            case Planned():
                self._plan(event)
            case Started() if not WORKER.get():
                self._bar(event.step)
            case Progress():
                self._progress = event
                self._show_progress()
            case Finished():
                self._finished(event)
            case Departed():
                self._out.line(
                    f"  {self._columns(event.step)}  planned {event.planned}, "
                    f"done {event.done}: {event.reason}",
                    "yellow",
                )
            case Waiting():
                self._out.line(f"  {self._columns(event.step)}  waits for {event.holder}", "yellow")
            case Notice():
                self._out.line(f"  note: {' '.join(event.message.split())}", "yellow")
            case RunEnded():
                self._ended(event)

    def _tell_more(self, event: Event) -> None:
        match event:
            case Planned():
                for step in event.steps:
                    columns = self._columns(step.step)
                    self._out.line(f"  {step.decision:<4}  {columns}  {step.reason}", "dim")
            case Started():
                self._out.line(f"  {self._columns(event.step)}  runs: {event.reason}", "dim")
            case Saved():
                self._out.line(f"    saved {event.path} ({format_size(event.size)})", "dim")
            case Loaded():
                took = format_seconds(event.seconds)
                self._out.line(f"    loaded {event.path} in {took}", "dim")
            case Finished(decision="LOAD" | "SKIP"):
                done = _DONE[event.decision]
                self._out.line(f"  {self._columns(event.step)}  {done}: {event.reason}", "dim")

    def _plan(self, event: Planned) -> None:
        self._planned = {step.step: step.decision for step in event.steps}
        records = [len(self._record(step)) for step in self._planned]
        stages = [len(step.stage) for step in self._planned]
        self._record_width = min(max(records, default=0), _WIDEST_COLUMN)
        self._stage_width = min(max(stages, default=0), _WIDEST_COLUMN)
        counts = Counter(step.decision for step in event.steps)
        self._to_run = counts["RUN"]
        self._out.line(
            f"plan: {counts['RUN']} to run, {counts['LOAD']} from cache, {counts['SKIP']} skipped"
        )
        if event.ended_early:
            self._out.line(f"  more may follow: {event.ended_early}")

    def _finished(self, event: Finished) -> None:
        # when the pass starts again, what it executed before is loaded: it stays executed
        if self._outcomes.get(event.step) != "RUN":
            self._outcomes[event.step] = event.decision
        if event.decision == "RUN":
            self._executed += 1
            took = format_seconds(event.seconds)
            self._out.line(f"  {self._columns(event.step)}  {took:>7}", "green")
            self._show_progress()

    def _failed(self, event: Failed) -> None:
        interrupted = isinstance(event.error, KeyboardInterrupt)
        self._outcomes[event.step] = "interrupted" if interrupted else "failed"
        text = _shortened(str(event.error).strip().partition("\n")[0])
        why = "" if interrupted else f": {type(event.error).__name__}{text and ': '}{text}"
        word = self._outcomes[event.step]
        self._out.line(f"  {self._columns(event.step)}  {word}{why}", "bold red")

    def _ended(self, event: RunEnded) -> None:
        counts = Counter(_DONE.get(outcome, outcome) for outcome in self._outcomes.values())
        counts["not reached"] = len(self._planned.keys() - self._outcomes.keys())
        always = ("executed", "from cache", "skipped")
        words = [*always, *(word for word in counts if word not in always and counts[word])]
        numbers = ", ".join(f"{counts[word]} {word}" for word in words)
        ended = _ENDED.get(event.status, f"{event.status} after")
        style = "bold green" if event.status == "complete" else "bold red"
        self._out.line(f"{ended} {format_seconds(event.seconds)}: {numbers}", style)
        width = max(map(len, event.places), default=0)
        for what, path in event.places.items():
            self._out.line(f"  {what:<{width}}  {path}")

    def _bar(self, step: StepName) -> None:
        total = max(self._to_run, self._executed + 1)
        self._out.bar(self._executed, total, f"{step.stage} of {step.record}")

    def _show_progress(self) -> None:
        """Show what other processes are doing, if some are."""
        now = self._progress
        if now is None:
            return
        failed = f", {now.failed} failed" if now.failed else ""
        left = now.seconds_left
        time = f", about {format_seconds(left)} left" if left and now.done < now.total else ""
        self._out.bar(now.done, now.total, f"done, {now.running} running{failed}{time}")

    def _columns(self, step: StepName) -> str:
        record = f"{self._record(step):<{self._record_width}}"
        return f"{record}  {step.stage:<{self._stage_width}}"

    def _record(self, step: StepName) -> str:
        # several sets may have one name; with the hash they can be told apart
        return f"{step.record} {step.hash[:8]}" if self._verbose else step.record


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1].rstrip() + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
