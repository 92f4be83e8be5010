"""From a request to the facts that a decision depends on: the recipe now, and what lies there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from curifactory.caching.cacheable import Cacheable, can_unpickle
from curifactory.errors import UnhashableValueError, UnusableArtifactError
from curifactory.hashing import digest
from curifactory.params import Digests
from curifactory.planning.compare import Difference, Inputs, differences
from curifactory.planning.decide import (
    Facts,
    Kind,
    Reason,
    trigger_among,
)
from curifactory.planning.inputs import (
    InputFacts,
    RecordsFacts,
    inputs_from_json,
    keys_of_value,
)
from curifactory.planning.recipe import Recipe, StageKeys, recipe_from_json
from curifactory.request import Output, Request, StageDefinition, UserValue
from curifactory.running.cachers_now import cachers_of
from curifactory.running.code_facts import CodeFacts
from curifactory.running.reading import Trust, bind_for_reading
from curifactory.running.step import Reference, value_content
from curifactory.store.commit import Commit
from curifactory.store.look import Found, look_at_step
from curifactory.store.metadata import MetadataDocument
from curifactory.store.reserved import REPORTABLES
from curifactory.store.slot import Slot, SlotUse


class Policy(Protocol):
    """What the user asked for, as far as it counts for one step."""

    began: float
    overwrite: bool
    overwrite_stages: list[str]
    on_input_change: str
    on_parameter_change: str
    on_cacher_change: str
    on_code_change: str
    on_package_change: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What lies in the slots of a step: the commits if all is usable, and why if not.

    Parameters
    ----------
    commits : dict of str to Commit
        By output.
    document : MetadataDocument or None
        The metadata that says what they were made from, if that is recorded.
    recipe : Recipe or None
        What they were made from, once `with_recipe` read it.
    undeclared : dict of str to InputFacts
        What was read from states without being declared when they were made.
    unusable : Reason or None
        Why they cannot be used.
    notices : tuple of str
        What a user should know.
    seconds : float or None
        How long making and saving them took, if that is recorded.
    """

    commits: dict[str, Commit] = field(default_factory=dict)
    document: MetadataDocument | None = None
    recipe: Recipe | None = None
    undeclared: Inputs = field(default_factory=dict)
    unusable: Reason | None = None
    notices: tuple[str, ...] = ()
    seconds: float | None = None

    def was_made_from(self, recipe: Recipe) -> bool:
        """Whether the artifacts were certainly made from just this."""
        recorded = None if self.document is None else self.document.get("recipe_digest")
        if recorded is None or recorded != recipe.digest():
            return False
        # how random numbers were seeded is not in the digest
        return recipe.random != "step" or not self.unseeded

    @property
    def unseeded(self) -> bool:
        """Whether unseeded random numbers have a part in the artifacts."""
        if self.recipe is not None:
            return self.recipe.random == "unseeded"
        return self.document is not None and bool(self.document.get("unseeded"))


def slots_of(request: Request) -> dict[str, Slot]:
    """The slots of a step, with that of what it reports."""
    if request.reportables_slot is None:
        return request.slots
    return {**request.slots, REPORTABLES: request.reportables_slot}


def see(
    request: Request,
    slots: dict[str, Slot],
    reportables_slot: Callable[[], Slot | None],
    unusable: Mapping[str, str],
    trust: Trust,
) -> Seen:
    """Look at what lies in the slots of a step.

    Parameters
    ----------
    request : Request
        The step.
    slots : dict of str to Slot
        Where to look.
    reportables_slot : callable
        Gives where to look for what the stage reported, if it did.
    unusable : mapping of str to str
        Metadata paths whose artifact proved unusable before, with the reason.
    trust : Trust
        What may be loaded.
    """
    if not slots:
        return Seen()
    found = look_at_step(slots, REPORTABLES, reportables_slot)
    notices: list[str] = []
    for name, item in found.items():
        path = item.slot.metadata_path
        if path in unusable:
            return Seen(unusable=Reason("damaged", f"'{name}': {unusable[path]}"))
        if item.state == "valid":
            continue
        if item.state == "missing":
            return Seen(unusable=Reason("missing", f"'{name}' is not in the cache"))
        if item.state == "damaged":
            notices.append(f"{path.removesuffix('_metadata.json')}: {item.reason}")
            reason = Reason("damaged", f"'{name}': {item.reason}")
            return Seen(unusable=reason, notices=tuple(notices))
        if item.state == "unverified":
            notices.append(f"{item.slot.path()} is used unverified: {item.reason}")
    refused = _refused_by_trust(request, found, trust) or _refused_by_check(
        request, found, slots, trust
    )
    if refused is not None:
        return Seen(unusable=refused)
    commits = {name: item.commit for name, item in found.items() if item.commit is not None}
    documents = [item.document for item in found.values() if item.document is not None]
    document = next((one for one in documents if _has_recipe(one)), None)
    seconds = None if document is None else seconds_in(document.get("timing"))
    return Seen(commits, document, notices=tuple(notices), seconds=seconds)


def _has_recipe(document: MetadataDocument) -> bool:
    # the digest is at hand, the recipe itself would have to be parsed
    return document.get("recipe_digest") is not None or isinstance(document.get("recipe"), dict)


def with_recipe(seen: Seen) -> Seen:
    """The same with what the artifacts were made from, where that is to be compared in detail."""
    if seen.document is None:
        return seen
    document = seen.document.get("recipe")
    try:
        recipe = recipe_from_json(document)
        undeclared = inputs_from_json(document.get("undeclared"))
    except (TypeError, ValueError, AttributeError, KeyError):
        return Seen(unusable=Reason("damaged", "its recipe cannot be read"))
    return replace(seen, recipe=recipe, undeclared=undeclared)


def seconds_in(timing: Any) -> float | None:
    """How long making and saving an artifact took, if the timing in its metadata says so."""
    try:
        return float(timing["executed_seconds"]) + float(timing["saved_seconds"])
    except (TypeError, KeyError, ValueError):
        return None


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


def recipe_of(
    request: Request, code: CodeFacts, seeded: bool, on_unhashable: Callable[[str], None]
) -> Recipe:
    """What the artifacts of a step are made from, as far as is known now.

    Parameters
    ----------
    request : Request
        The step.
    code : CodeFacts
        What its code is.
    seeded : bool
        Whether the random generators are seeded for it.
    on_unhashable : callable
        Told the name of each input or argument that has no stable identity.
    """
    static = request.is_static
    parameters = None if static else request.record.parameters_now()
    cachers = cachers_of(request.definition)
    return Recipe(
        stage=request.definition.name,
        code=code.digest,
        variables=code.variables,
        packages=code.packages,
        parameters=_NO_PARAMETERS if parameters is None else parameters.digests,
        arguments=_arguments(request, on_unhashable),
        records=[] if static else [[r.get_hash(), r.name] for r in request.records],
        cachers=cachers.described,
        inputs={
            name: input_facts(name, source, on_unhashable)
            for name, source in request.inputs.items()
        },
        random="step" if seeded else None,
        stage_keys=_stage_keys(code.key, cachers.key, code.packages_key),
    )


_NO_PARAMETERS = Digests({})
# one object for all steps of a stage
_stage_keys = functools.lru_cache(maxsize=4096)(StageKeys)


def _arguments(request: Request, on_unhashable: Callable[[str], None]) -> dict[str, str | None]:
    found = {name: _hashed(name, value, on_unhashable) for name, value in request.arguments.items()}
    for index, value in enumerate(request.positionals):
        found[f"positional {index}"] = _hashed(f"argument {index}", value, on_unhashable)
    return found


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
        return InputFacts(None, content, keys_of_value(content))
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


def facts_of(
    request: Request, differences: tuple[Reason, ...], seen: Seen, policy: Policy
) -> Facts:
    """The facts of one step."""
    above = _rerun_above(request)
    triggers = triggers_of(policy)
    overwrite = _overwrite(request, policy)
    always = _always(request)
    unusable = seen.unusable if request.slots else None
    usual = _usual_facts(request.definition, triggers)
    if not (differences or above or overwrite or always or unusable):
        return usual
    made_since = (
        trigger_among(differences, triggers) is None
        and bool(seen.commits)
        and all(commit.time >= policy.began for commit in seen.commits.values())
    )
    asked_above = above is not None and above.kind == "overwritten"
    renewed = made_since and (overwrite is not None or asked_above)
    if made_since:
        overwrite = None
        above = None if asked_above else above
    return replace(
        usual,
        always=always,
        overwrite=overwrite,
        unusable=unusable,
        differences=differences,
        rerun_above=above,
        renewed=renewed,
    )


@functools.lru_cache(maxsize=4096)
def _usual_facts(definition: StageDefinition, triggers: frozenset[Kind]) -> Facts:
    """Nothing special about a step: one object for all steps of a stage."""
    uncached = frozenset(one.name for one in definition.outputs if one.cacher is None)
    outputs = frozenset(one.name for one in definition.outputs)
    return Facts(outputs=outputs, uncached=uncached, triggers=triggers)


def differences_of(request: Request, recipe: Recipe, seen: Seen) -> list[Difference]:
    """How what lies there differs from what the step would make now."""
    if seen.recipe is None or seen.unusable is not None:
        return []
    undeclared = undeclared_facts(request, seen.undeclared)
    return list(differences(seen.recipe, recipe, seen.undeclared, undeclared))


def triggers_of(policy: Policy) -> frozenset[Kind]:
    """Which kinds of difference make an artifact stale."""
    return _triggers(
        policy.on_input_change,
        policy.on_parameter_change,
        policy.on_cacher_change,
        policy.on_code_change,
        policy.on_package_change,
    )


@functools.cache
def _triggers(*policies: str) -> frozenset[Kind]:
    kinds: tuple[Kind, ...] = ("inputs", "parameters", "cacher", "code", "packages")
    chosen = zip(kinds, policies, strict=True)
    # the setting `seed` decides whether there is such a difference
    always: frozenset[Kind] = frozenset(("seed",))
    return always | {kind for kind, policy in chosen if policy in ("rerun", "error")}


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
    found = None
    for reference in references_in(request):
        reason = reference.step.spreads
        if reason is not None and reason.kind == "overwritten":
            return reason
        found = found or reason
    return found


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
