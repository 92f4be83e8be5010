"""From a request to the facts that a decision depends on: the recipe now, and what lies there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from curifactory.caching.cacheable import Cacheable, cacher_type, can_unpickle
from curifactory.errors import UnhashableValueError, UnusableArtifactError
from curifactory.gather import REPORTABLES
from curifactory.hashing import digest
from curifactory.params import field_digests
from curifactory.planning.compare import first_difference
from curifactory.planning.decide import Facts, Reason
from curifactory.planning.recipe import InputFacts, Recipe, RecordsFacts
from curifactory.request import Output, Request, UserValue
from curifactory.running.reading import Trust, bind_for_reading
from curifactory.running.step import Reference, Step, value_content
from curifactory.store.commit import Commit
from curifactory.store.look import Found, look_at_step
from curifactory.store.slot import Slot, SlotUse

# what a cacher's arguments say about where a file lies, not about what is in it
_PLACE_ATTRIBUTES = frozenset(vars(Cacheable()))


class Policy(Protocol):
    """What the user asked for, as far as it counts for one step."""

    began: float
    overwrite: bool
    overwrite_stages: list[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What lies in the slots of a step: the commits if all is usable, and why if not."""

    commits: dict[str, Commit] = field(default_factory=dict)
    recipe: Mapping[str, Any] | None = None
    unusable: Reason | None = None
    notices: tuple[str, ...] = ()


def slots_of(request: Request) -> dict[str, Slot]:
    """The slots of a step, with that of what it reports."""
    if request.reportables_slot is None:
        return request.slots
    return {**request.slots, REPORTABLES: request.reportables_slot}


def see(
    request: Request, slots: dict[str, Slot], unusable: Mapping[str, str], trust: Trust
) -> Seen:
    """Look at what lies in the slots of a step.

    Parameters
    ----------
    request : Request
        The step.
    slots : dict of str to Slot
        Where to look.
    unusable : mapping of str to str
        Metadata paths whose artifact proved unusable before, with the reason.
    trust : Trust
        What may be loaded.
    """
    if not slots:
        return Seen()
    found = look_at_step(slots, (REPORTABLES,))
    notices: list[str] = []
    for name, item in found.items():
        path = slots[name].metadata_path
        if path in unusable:
            return Seen(unusable=Reason("damaged", f"'{name}': {unusable[path]}"))
        if item.state == "missing":
            return Seen(unusable=Reason("missing", f"'{name}' is not in the cache"))
        if item.state == "damaged":
            notices.append(f"{path.removesuffix('_metadata.json')}: {item.reason}")
            reason = Reason("damaged", f"'{name}': {item.reason}")
            return Seen(unusable=reason, notices=tuple(notices))
        if item.state == "unverified":
            notices.append(f"{slots[name].path()} is used unverified: {item.reason}")
    refused = _refused_by_trust(request, found, trust) or _refused_by_check(
        request, found, slots, trust
    )
    if refused is not None:
        return Seen(unusable=refused)
    commits = {name: item.commit for name, item in found.items() if item.commit is not None}
    recipes = [item.metadata.get("recipe") for item in found.values() if item.metadata]
    return Seen(
        commits, next((r for r in recipes if isinstance(r, dict)), None), None, tuple(notices)
    )


def _refused_by_trust(request: Request, found: Mapping[str, Found], trust: Trust) -> Reason | None:
    for output in request.definition.outputs:
        if output.cacher is not None and output.name in found:
            refusal = trust.refusal(output.cacher, found[output.name].commit)
            if refusal is not None:
                return Reason("damaged", f"'{output.name}': {refusal}")
    return None


def _refused_by_check(
    request: Request, found: Mapping[str, Found], slots: Mapping[str, Slot], trust: Trust
) -> Reason | None:
    """A cacher's own ``check`` narrows what counts; for an older layout it is all there is."""
    for output in request.definition.outputs:
        cacher = output.cacher
        if cacher is None or output.name not in found:
            continue
        own_check = type(cacher).check is not Cacheable.check
        if own_check or found[output.name].state == "unverified":
            bound = _bound_for_check(output, slots[output.name], found[output.name], request, trust)
            try:
                is_there = bound.check()
            except UnusableArtifactError as error:
                return Reason("damaged", f"'{output.name}': {error}")
            if not is_there:
                return Reason("missing", f"'{output.name}': its cacher does not find it")
    return None


def _bound_for_check(
    output: Output, slot: Slot, found: Found, request: Request, trust: Trust
) -> Cacheable:
    """A cacher for its own ``check``; where that may unpickle, only what may be unpickled."""
    cacher, stage, record = output.cacher, request.definition.name, request.record
    assert cacher is not None, output.name
    if trust.pickle != "always" and can_unpickle(cacher):
        return bind_for_reading(output, slot, found.commit, stage, record, trust)
    return cacher.bound(SlotUse(slot), output.name, stage, record)


def recipe_of(request: Request, on_unhashable: Callable[[str], None]) -> Recipe:
    """What the artifacts of a step are made from, as far as is known now.

    Parameters
    ----------
    request : Request
        The step.
    on_unhashable : callable
        Told the name of each input or argument that has no stable identity.
    """
    static = request.is_static
    params = request.record.params
    return Recipe(
        stage=request.definition.name,
        code=None,
        parameters={} if static or params is None else field_digests(params),
        arguments={
            **{
                name: _hashed(name, value, on_unhashable)
                for name, value in request.arguments.items()
            },
            **{
                f"positional {index}": _hashed(f"argument {index}", value, on_unhashable)
                for index, value in enumerate(request.positionals)
            },
        },
        records=[] if static else [[r.get_hash(), r.name] for r in request.records],
        cachers={
            output.name: describe_cacher(output.cacher)
            for output in request.definition.outputs
            if output.cacher is not None
        },
        inputs={
            name: input_facts(name, source, on_unhashable)
            for name, source in request.inputs.items()
        },
    )


def input_facts(
    name: str, source: Any, on_unhashable: Callable[[str], None]
) -> InputFacts | RecordsFacts:
    """What is known now about one input."""
    if isinstance(source, Reference):
        return source.input_facts()
    if isinstance(source, UserValue):
        content = value_content(source.value)
        if content is None:
            on_unhashable(name)
        return InputFacts(None, content, {"parameters": content or "unknown"})
    return RecordsFacts(
        tuple(
            (record.get_hash(), one)
            for record, held in source
            if isinstance(one := input_facts(name, held, on_unhashable), InputFacts)
        )
    )


def _hashed(name: str, value: Any, on_unhashable: Callable[[str], None]) -> str | None:
    try:
        return digest(value)
    except UnhashableValueError:
        on_unhashable(name)
        return None


def describe_cacher(cacher: Cacheable) -> str:
    """A cacher's class, and its arguments where they count for what is in the file."""
    arguments = {
        name: value for name, value in vars(cacher).items() if name not in _PLACE_ATTRIBUTES
    }
    if not arguments:
        return cacher_type(cacher)
    try:
        return f"{cacher_type(cacher)} {digest(arguments)[:12]}"
    except UnhashableValueError:
        return cacher_type(cacher)


def facts_of(request: Request, recipe: Recipe, seen: Seen, policy: Policy) -> Facts:
    """The facts of one step."""
    outputs = frozenset(output.name for output in request.definition.outputs)
    above = _rerun_above(request)
    difference = None
    if seen.recipe is not None and seen.unusable is None:
        difference = first_difference(
            seen.recipe, recipe, undeclared_facts(request, seen.recipe.get("undeclared") or {})
        )
    overwrite = _overwrite(request, policy)
    made_since = (
        difference is None
        and bool(seen.commits)
        and all(commit.time >= policy.began for commit in seen.commits.values())
    )
    asked_above = above is not None and above.kind == "overwritten"
    renewed = made_since and (overwrite is not None or asked_above)
    if made_since:
        overwrite = None
        above = None if asked_above else above
    return Facts(
        outputs=outputs,
        uncached=outputs - request.slots.keys(),
        always=_always(request),
        overwrite=overwrite,
        unusable=seen.unusable if request.slots else None,
        difference=difference,
        rerun_above=above,
        renewed=renewed,
    )


def _always(request: Request) -> str | None:
    if request.definition.is_aggregate and request.record.params is None and not request.records:
        return "an aggregate without parameters and without records always runs"
    return None


def _overwrite(request: Request, policy: Policy) -> str | None:
    name = request.definition.name
    if policy.overwrite:
        return "everything is to be computed anew"
    if name in policy.overwrite_stages:
        return f"stage '{name}' is to be computed anew"
    asking = [request.record]
    if request.record.params is None:
        asking = list(request.records)
    for record in asking:
        if getattr(record.params, "overwrite", False):
            return f"parameter set '{record.name}' is to be computed anew"
    return None


def references_in(request: Request) -> list[Reference]:
    """All stage outputs among the inputs of a step."""
    found = []
    for source in request.inputs.values():
        if isinstance(source, Reference):
            found.append(source)
        elif isinstance(source, tuple):
            found += [held for _, held in source if isinstance(held, Reference)]
    return found


def _rerun_above(request: Request) -> Reason | None:
    reasons = [r.step.spreads for r in references_in(request) if r.step.spreads is not None]
    overwritten = [reason for reason in reasons if reason.kind == "overwritten"]
    return next(iter(overwritten or reasons), None)


def undeclared_facts(request: Request, recorded: Mapping[str, Any]) -> dict[str, InputFacts | None]:
    """What is known now about what the step once read from states without declaring it."""
    facts: dict[str, InputFacts | None] = {}
    for label in recorded:
        held = held_under(request, label)
        if held is None:
            facts[label] = None
            continue
        source = held if isinstance(held, Reference) else UserValue(held)
        one = input_facts(label, source, lambda _: None)
        facts[label] = one if isinstance(one, InputFacts) else None
    return facts


def undeclared_label(request: Request, record: Any, name: str) -> str:
    """How a recipe names what was read from a state: with the hash for another record's."""
    return name if record is request.record else f"{name}@{record.get_hash()}"


def held_under(request: Request, label: str) -> Any:
    """What state holds for such a label, or ``None``."""
    name, _, hash_ = label.partition("@")
    for record in (request.record, *request.records):
        if (record.get_hash() == hash_) if hash_ else (record is request.record):
            return record.state.raw(name) if name in record.state else None
    return None


def step_of(
    request: Request,
    slots: dict[str, Slot],
    seen: Seen,
    policy: Policy,
    recipe: Recipe,
) -> Step:
    """A step with all that is known about it before it is decided."""
    return Step(
        request=request,
        facts=facts_of(request, recipe, seen, policy),
        recipe=recipe,
        slots=slots,
        commits=seen.commits,
        notices=seen.notices,
    )
