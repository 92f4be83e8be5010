"""One stage call of one pass, and the references to its outputs that state holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from curifactory.caching.cacheable import Cacheable
from curifactory.caching.lazy import Lazy
from curifactory.errors import UnhashableValueError
from curifactory.events import StepName
from curifactory.hashing import digest
from curifactory.planning.compare import Difference
from curifactory.planning.decide import (
    KINDS_THAT_SPREAD,
    Decision,
    Facts,
    Kind,
    Reason,
)
from curifactory.planning.inputs import InputFacts, Keys, Origin
from curifactory.planning.recipe import Recipe
from curifactory.request import Output, Request
from curifactory.state import Deferred
from curifactory.store.commit import Commit
from curifactory.store.slot import Slot

UNSET: Any = object()
# one for all steps: there may be many
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(eq=False, slots=True, weakref_slot=True)
class Step:
    """A stage call: the request, what is known about it, and what became of it.

    Parameters
    ----------
    request : Request
        What was asked for.
    facts : Facts
        What the decision depends on.
    recipe : Recipe
        What its artifacts are made from.
    slots : dict of str to Slot
        Where its artifacts are read, which a dry run moves elsewhere.
    commits : dict of str to Commit
        The commits that its references are pinned to.
    keys : dict of str to str
        The recipe's content-free keys.
    changed : tuple of Difference
        How what it is made from differs from what the artifacts there were made from.
    made_keys : dict of str to str, optional
        Those of the recipe that the artifacts there were made from, if it is another one.
    seconds : float, optional
        How long making these artifacts took.
    timing : (float, float) or (None, None)
        How long executing the stage and saving its outputs took in this pass.
    undeclared : dict of str to InputFacts
        What its function read from state in this pass without naming it as an input.
    stale : Reason or None
        Why its artifacts cannot be taken as they are.
    spreads : Reason or None
        Why what reads from it must run too, if so.
    decision, needed
        What is done with it, and which outputs are needed.
    wanted : frozenset of str
        Outputs that somebody read outside of any stage.
    executed : bool
        Whether the function was called in this pass.
    plan_index : int or None
        Its position in the plan.
    as_planned : bool
        Whether everything about it is still as the plan says.
    tracked : tuple of str
        Paths that its function asked for and that a full store gets a copy of.
    reports_folder : str or None
        Where what it reported is kept, for a stage without cached outputs.
    notices : tuple of str
        What a user should know about the files there, once they matter.
    travelled : dict of str to bytes
        Pickled values that came from a worker, of outputs that no cacher keeps.
    unseeded : bool
        Whether unseeded random numbers have a part in its artifacts, or in the values it made.
    name : StepName
        How the step is named to a reader.
    """

    request: Request
    facts: Facts
    recipe: Recipe
    slots: dict[str, Slot]
    commits: dict[str, Commit]
    keys: Keys = field(default_factory=dict)
    changed: tuple[Difference, ...] = ()
    made_keys: Keys | None = None
    seconds: float | None = None
    timing: tuple[float, float] | tuple[None, None] = (None, None)
    undeclared: Mapping[str, InputFacts] = field(default_factory=_nothing)
    stale: Reason | None = None
    spreads: Reason | None = None
    decision: Decision | None = None
    needed: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    executed: bool = False
    plan_index: int | None = None
    as_planned: bool = False
    tracked: tuple[str, ...] = ()
    reports_folder: str | None = None
    notices: tuple[str, ...] = ()
    travelled: Mapping[str, bytes] = field(default_factory=_nothing)
    unseeded: bool = False
    name: StepName = field(init=False)
    _origin: Any = field(init=False, default=UNSET)

    def __post_init__(self) -> None:
        # now: a record without parameters has another name once it is an aggregate's
        self.name = StepName(
            self.request.definition.name, self.request.record.name, self.request.record_hash
        )
        self.keys = self.keys or self.recipe.keys()
        self.stale = self.facts.stale
        if self.stale is not None and self.stale.kind in KINDS_THAT_SPREAD:
            kind: Kind = "overwritten" if self.stale.kind == "overwritten" else "inputs"
            detail = f"stage '{self.request.definition.name}' runs again"
            self.spreads = Reason(kind, detail)
        if self.facts.renewed:
            detail = f"stage '{self.request.definition.name}' ran again"
            self.spreads = Reason("overwritten", detail)

    def origin(self) -> Origin | None:
        """What its uncached outputs are made from; found once, however many steps read them."""
        if self._origin is UNSET:
            self._origin = self.recipe.origin()
        origin: Origin | None = self._origin
        return origin

    def settled(self) -> None:
        """Its outputs are there now: what comes after compares contents, not reasons."""
        self.stale = self.made_keys = None
        if self.spreads is not None and self.spreads.kind != "overwritten":
            self.spreads = None


class Reader(Protocol):
    """Whoever can load what a reference stands for."""

    def read(self, reference: Reference) -> Any: ...
    def cacher(self, reference: Reference) -> Cacheable: ...


class Reference(Deferred):
    """What state holds for one output of a step; pinned to one commit.

    Parameters
    ----------
    step : Step
        The call that makes it.
    output : Output
        Which output.
    reader : Reader
        Loads the value when it is asked for.
    """

    __slots__ = (
        "_content",
        "_reader",
        "is_lazy",
        "mutated_by",
        "output",
        "resolve",
        "step",
        "value",
    )

    def __init__(self, step: Step, output: Output, reader: Reader) -> None:
        self.step = step
        self.output = output
        self.is_lazy = output.lazy
        self.resolve = output.resolve
        self.value: Any = UNSET
        # the stage that was seen to change the value in place, if one was
        self.mutated_by: str | None = None
        self._content: Any = UNSET
        self._reader = reader

    @property
    def request(self) -> Request:
        """The stage call that makes it."""
        return self.step.request

    def read(self) -> Any:
        """The value, loaded if need be."""
        return self.value if self.value is not UNSET else self._reader.read(self)

    def as_lazy(self) -> Lazy:
        """A `Lazy` that loads this."""
        lazy = Lazy(self.output.name, self.output.resolve)
        return lazy.bound(lambda: self._reader.cacher(self), lambda: self._reader.read(self))

    def input_facts(self) -> InputFacts:
        """What a step that reads this knows about it."""
        step, name = self.step, self.output.name
        stage = step.name.stage
        if name in step.facts.uncached:
            content, origin = self._value_content(), step.origin()
            return InputFacts(
                stage, content, step.keys, origin, self.mutated_by, unseeded=step.unseeded
            )
        commit = step.commits.get(name)
        if commit is None or step.stale is not None:
            return InputFacts(stage, None, step.keys)
        if step.made_keys is None:
            return InputFacts(stage, commit.content, step.keys, unseeded=step.unseeded)
        # loaded as it is although something changed: it was still made from what it was made from
        would_be = None if step.facts.differences else step.keys
        return InputFacts(
            stage,
            commit.content,
            step.made_keys,
            keys_if_made_now=would_be,
            unseeded=step.unseeded,
        )

    def _value_content(self) -> str | None:
        if self._content is UNSET and self.value is not UNSET:
            self._content = value_content(self.value)
        return None if self._content is UNSET else self._content

    def __repr__(self) -> str:
        return f"<'{self.output.name}' of {self.step.name}>"


def value_content(value: Any) -> str | None:
    """Digest of a value in memory; ``None`` if it has no stable identity."""
    try:
        return f"value:{digest(value)}"
    except UnhashableValueError:
        return None
