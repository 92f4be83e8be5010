"""One run of a random experiment, and every promise that it must keep."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from expected_values import Expected, Made
from random_experiments import Called, WasCalled, WasRead, plain, runnable
from random_histories import History

from curifactory.errors import CodeChangedError, UnusableArtifactError
from curifactory.events import Departed, Finished, Notice, Planned
from curifactory.experiment.accept import accept_changes, acceptable
from curifactory.experiment.passes import plan
from laboratory import Lab

NAMES = ("p0", "p1", "p2")
OURS = re.compile(r"lab_([0-9a-f]{32}|None)_(s|all)\d_(data|x|y|z)(\.json|\.pkl|_metadata\.json)")


@dataclass
class Past:
    """What happened in the runs before, and between them.

    Parameters
    ----------
    harmed : bool
        Whether anything ever happened to the cache behind the engine's back.
    trusted : bool
        Whether code that changed was accepted: what was made by other code is right then.
    made : dict
        For stage and hash, the inputs and outputs of each of its executions.
    """

    harmed: bool = False
    trusted: bool = False
    made: dict[tuple[str, str], list[tuple[Any, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )


class Run:
    """One run, and what it must show.

    Parameters
    ----------
    lab : Lab
        Where it is done.
    outcome : Expected
        What must come out.
    mode : str
        The engine's mode.
    overwrite : str, int or None
        As in `Round`.
    past : Past
        What happened before.
    policy : str
        What happens to artifacts whose code changed.
    """

    def __init__(
        self,
        lab: Lab,
        outcome: Expected,
        mode: str,
        overwrite: str | int | None,
        past: Past,
        policy: str,
    ) -> None:
        self.lab, self.outcome, self.mode, self.past = lab, outcome, mode, past
        self.policy = policy
        self.overwrite = overwrite
        if isinstance(overwrite, int):
            stages = [step.spec.name for step in outcome.steps]
            self.overwrite = stages[overwrite % len(stages)] if stages else None
        self.records: list = []

    def carried_out(self, history: History, sizes: tuple[int, ...]) -> bool:
        """Do it; whether it came to its end.

        A live one may refuse a damaged file by name, and changed code may be refused.
        """
        sets = self.sets(sizes)
        options: dict[str, Any] = {"on_code_change": self.policy}
        if self.overwrite == "all":
            options["overwrite"] = True
        if self.overwrite in {step.spec.name for step in self.outcome.steps}:
            options["overwrite_stages"] = [self.overwrite]
        run = runnable(history.experiment)
        try:
            self.records = self.lab.run(run, *sets, mode=self.mode, **options)
        except UnusableArtifactError as refused:
            error = refused
        except CodeChangedError:
            assert self.policy == "error"
            if self.mode == "plan" and self.of(Planned)[-1].ended_early is None:
                assert not self.of(Called)
            self.remember()
            return False
        else:
            self.remember()
            return True
        self.remember()
        assert self.mode == "live"
        assert self.past.harmed
        assert "data/cache" in str(error)
        return False

    def sets(self, sizes: tuple[int, ...]) -> list:
        return [
            self.lab.Params(name, size=size, overwrite=name == self.overwrite)
            for name, size in zip(NAMES, sizes, strict=False)
        ]

    def accept_all(self, history: History, sizes: tuple[int, ...]) -> bool:
        """Accept all edits since artifacts were made; whether all of the plan was seen."""
        manager = self.lab.manager("plan", dry=True, on_code_change="ignore")
        plan(runnable(history.experiment), self.sets(sizes), manager)
        found = acceptable(manager, ())
        accept_changes(manager, found)
        manager.close()
        self.past.trusted |= bool(found)
        return manager.session.plan.ended_early is None

    def remember(self) -> None:
        """Keep what was executed, as later runs may load it."""
        for event in self.of(Called):
            outputs = dict(zip(self.outputs_of(event.stage), event.returned, strict=False))
            self.past.made[event.stage, event.hash].append((event.inputs, outputs))

    def outputs_of(self, stage: str) -> list[str]:
        specs = {step.spec.name: step.spec for step in self.outcome.steps}
        return [out.name for out in specs[stage].outputs]

    # ------------------------------------------------------------------ checks

    def check(self) -> None:
        self.check_what_was_done_is_what_was_told()
        if self.mode == "plan":
            self.check_the_plan_was_followed()
        self.check_values_fit_together()
        if self.policy in ("rerun", "error") and not self.past.trusted:
            self.check_values()
        self.check_each_was_executed_once()
        self.check_overwritten()
        self.check_files()

    def check_what_was_done_is_what_was_told(self) -> None:
        executed = [(event.stage, event.record, event.hash) for event in self.of(Called)]
        told = [event.step for event in self.of(Finished) if event.decision == "RUN"]
        assert executed == [(name.stage, name.record, name.hash) for name in told]
        assert [name.stage for name in self.names] == [s.spec.name for s in self.outcome.steps]

    def check_the_plan_was_followed(self) -> None:
        planned = self.of(Planned)[-1]
        assert planned.ended_early is not None or len(planned.steps) == len(self.names)
        departed = Counter(
            (event.step, event.planned, event.done) for event in self.last_pass(Departed)
        )
        assert all(event.reason for event in self.of(Departed))
        differing = Counter(
            (done.step, then.decision, done.decision)
            for then, done in zip(planned.steps, self.last_pass(Finished), strict=False)
            if then.decision != done.decision
        )
        assert departed == differing
        named = [step.step for step in planned.steps]
        assert named == self.names[: len(named)]

    def check_values(self) -> None:
        assert [event.value for event in self.last_pass(WasRead)] == [
            made.value for made, in_plan in self.outcome.reads
        ]
        done = {
            step: event.decision
            for step, event in zip(self.outcome.steps, self.last_pass(Finished), strict=True)
        }
        for record, line in zip(self.records, self.outcome.lines, strict=True):
            assert set(record.state.keys()) == set(line.state)
            for name, made in line.state.items():
                try:
                    value = plain(record.state[name])
                except UnusableArtifactError:
                    assert self.may_be_unreadable(made, done[made.step])
                else:
                    assert value == made.value

    def check_values_fit_together(self) -> None:
        """Whatever the policy: each value was made by its stage of just the inputs that it has."""
        for event in self.last_pass(WasCalled):
            inputs = {name: _read(one) for name, one in event.inputs.items()}
            outputs = {name: _read(one) for name, one in event.outputs.items()}
            assert any(
                all(_fits(inputs[name], was[name]) for name in inputs)
                and all(_fits(outputs[name], made[name]) for name in outputs)
                for was, made in self.past.made[event.stage, event.hash]
            ) or all(value is _UNREADABLE for value in outputs.values())

    def may_be_unreadable(self, made: Made, decision: str) -> bool:
        """Whether nobody needed the value, or nobody read it and found it damaged or replaced."""
        if decision == "SKIP" or self.outcome.shared:
            return True
        replaced = self.executions[made.step.place] > (decision == "RUN")
        uncached = made.name in made.step.spec.uncached
        return replaced or (decision == "LOAD" and (self.past.harmed or uncached))

    def check_each_was_executed_once(self) -> None:
        if self.outcome.shared:
            return
        cached = {step.spec.name for step in self.outcome.steps if step.spec.is_cached}
        executed = Counter((e.stage, e.hash) for e in self.of(Called) if e.stage in cached)
        assert all(times == 1 for times in executed.values())
        for event, step in zip(self.last_pass(Finished), self.outcome.steps, strict=True):
            if not step.spec.outputs:
                assert event.decision == "RUN"

    def check_overwritten(self) -> None:
        asked = {
            step
            for step in self.outcome.steps
            if self.overwrite in ("all", step.spec.name) or self.overwrite in step.asked
        }
        executed = {(event.stage, event.hash) for event in self.of(Called)}
        for step in self.outcome.depend_on(asked):
            name = self.names[self.outcome.steps.index(step)]
            assert (name.stage, name.hash) in executed

    def check_files(self) -> None:
        for path in self.lab.cache.rglob("*"):
            assert OURS.fullmatch(path.name)

    def check_nothing_is_made_twice(self) -> None:
        """After a run in which nothing changed: only what cannot be kept was executed."""
        if self.outcome.shared:
            return
        executed = {(event.stage, event.hash) for event in self.of(Called)}
        if self.outcome.reads_uncached:
            most = self.outcome.always_executed(planned=False)
            assert executed <= self.named(most)
        else:
            must = self.outcome.always_executed(planned=self.mode == "plan")
            assert executed == self.named(must)

    # ------------------------------------------------------------------ events

    def of(self, kind: type) -> list:
        return [event for event in self.lab.events if isinstance(event, kind)]

    def last_pass(self, kind: type) -> list:
        """Events since the engine began for the last time."""
        began = max((i for i, e in enumerate(self.lab.events) if _begins(e)), default=0)
        return [event for event in self.lab.events[began:] if isinstance(event, kind)]

    @property
    def names(self) -> list:
        return [event.step for event in self.last_pass(Finished)]

    @property
    def executions(self) -> Counter:
        """How often a stage function was called for each place, in all passes."""
        called = Counter((event.stage, event.hash) for event in self.of(Called))
        steps = zip(self.names, self.outcome.steps, strict=True)
        return Counter({step.place: called[name.stage, name.hash] for name, step in steps})

    def named(self, steps: list) -> set:
        positions = [self.outcome.steps.index(step) for step in steps]
        return {(self.names[i].stage, self.names[i].hash) for i in positions}


_UNREADABLE = object()


def _read(held: Any) -> Any:
    """What references stand for; nobody may have needed it."""
    if isinstance(held, list):
        return [_read(one) for one in held]
    try:
        return held.read()
    except UnusableArtifactError:
        return _UNREADABLE


def _fits(value: Any, was: Any) -> bool:
    if value is _UNREADABLE:
        return True
    if isinstance(value, list) and isinstance(was, list):
        return len(value) == len(was) and all(map(_fits, value, was))
    return bool(value == was)


def _begins(event: object) -> bool:
    again = isinstance(event, Notice) and event.message.startswith("The run starts again")
    return again or isinstance(event, Planned)
