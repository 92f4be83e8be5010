"""The right values of an experiment, worked out without any cache; and what must run for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from random_experiments import Call, Copy, Experiment, New, Read, Stage, computed


@dataclass(eq=False)
class Step:
    """One stage call: where its artifacts belong, what it read, what it made.

    ``asked`` are the parameter sets whose ``overwrite`` counts for it.
    """

    spec: Stage
    line: Line
    place: tuple[Any, ...]
    asked: frozenset[str]
    inputs: dict[str, Any]
    recipe: Any
    values: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Made:
    """One value in a state, and the step that made it."""

    value: Any
    step: Step
    name: str

    @property
    def recipe(self) -> tuple[Any, ...]:
        return (self.step.recipe, self.name)


@dataclass(eq=False)
class Line:
    """A record: ``identity`` is what its hash stands for."""

    name: str
    size: int | None
    identity: Any
    listed: bool = True
    state: dict[str, Made] = field(default_factory=dict)


@dataclass
class Expected:
    """All that must come out of a run."""

    lines: list[Line] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    reads: list[tuple[Made, bool]] = field(default_factory=list)

    @property
    def shared(self) -> bool:
        """Whether two calls want one file for different things, so that neither is reused."""
        recipes: dict[Any, Any] = {}
        return any(
            recipes.setdefault(step.place, step.recipe) != step.recipe for step in self.steps
        )

    @property
    def reads_uncached(self) -> bool:
        """Whether `run` itself reads what no run can load."""
        return any(made.name in made.step.spec.uncached for made, _ in self.reads)

    def always_executed(self, planned: bool) -> list[Step]:
        """What runs although everything that can be cached is there."""
        needed = self._leaves() if planned else [step.spec.names for step in self.steps]
        executed = []
        for position in range(len(self.steps) - 1, -1, -1):
            step = self.steps[position]
            if not step.spec.names or needed[position] & step.spec.uncached:
                executed.append(step)
                for made in _read_by(step):
                    needed[self.steps.index(made.step)] |= {made.name}
        return executed[::-1]

    def depend_on(self, overwritten: set[Step]) -> set[Step]:
        """The steps, and all that read from them."""
        found = set(overwritten)
        for step in self.steps:
            if any(made.step in found for made in _read_by(step)):
                found.add(step)
        return found

    def _leaves(self) -> list[frozenset[str]]:
        read = {(made.step, made.name) for step in self.steps for made in _read_by(step)}
        return [
            frozenset(name for name in step.spec.names if (step, name) not in read)
            for step in self.steps
        ]


def expected(experiment: Experiment, names: Sequence[str], sizes: Sequence[int]) -> Expected:
    """Do what `run` does with plain values; ``names`` and ``sizes`` are those of the sets."""
    outcome = Expected()
    lines = outcome.lines
    for action in experiment.actions:
        match action:
            case New(None):
                lines.append(Line("no parameters", None, None))
            case New(params):
                lines.append(Line(names[params], sizes[params], sizes[params]))
            case Copy(record, params, listed):
                old = lines[record]
                copy = Line(old.name, old.size, old.identity, listed, dict(old.state))
                if params is not None:
                    copy.name, copy.size, copy.identity = (
                        names[params],
                        sizes[params],
                        sizes[params],
                    )
                lines.append(copy)
            case Call(stage, record, others):
                spec, line = experiment.stages[stage], lines[record]
                chosen = None if others is None else [lines[other] for other in others]
                outcome.steps.append(_called(spec, line, lines, chosen))
            case Read(record, name, in_plan):
                outcome.reads.append((lines[record].state[name], in_plan))
    return outcome


def _called(spec: Stage, line: Line, lines: list[Line], chosen: list[Line] | None) -> Step:
    if spec.is_aggregate:
        if chosen is None:
            chosen = [other for other in lines if other.listed and other is not line]
        inputs: dict[str, Any] = {
            name: [other.state[name] for other in chosen if name in other.state]
            for name in spec.inputs
        }
        read = tuple(sorted(repr(other.identity) for other in chosen))
        if line.size is None:
            line.name = "aggregate"
        line.identity = ("aggregate", line.size, read)
        # its own record, too, by what the call has made of it
        described: Any = [(repr(other.identity), other.name) for other in chosen]
        sources = chosen if line.size is None else [line]
        values = {name: [made.value for made in of] for name, of in inputs.items()}
    else:
        inputs = {name: _first_input(spec, line, name) for name in spec.inputs}
        described, sources = None, [line]
        values = {name: made.value for name, made in inputs.items()}
    recipe = (spec.name, line.identity, described, _recipes(inputs))
    asked = frozenset(other.name for other in sources if other.size is not None)
    made = computed(spec, line.size, values)
    step = Step(spec, line, (spec.name, line.identity), asked, inputs, recipe, made)
    for out, value in zip(spec.outputs, step.values, strict=False):
        line.state[out.name] = Made(value, step, out.name)
    return step


def _first_input(spec: Stage, line: Line, name: str) -> Made:
    """What state holds, unless this very stage put it there: then what that call itself got."""
    made = line.state[name]
    again = made.step.spec is spec and made.step.line is line
    return made.step.inputs[name] if again else made


def _recipes(inputs: dict[str, Any]) -> Any:
    return {
        name: [made.recipe for made in source] if isinstance(source, list) else source.recipe
        for name, source in inputs.items()
    }


def _read_by(step: Step) -> list[Made]:
    return [
        made
        for source in step.inputs.values()
        for made in (source if isinstance(source, list) else [source])
    ]
