"""What a step is made from, as far as is known at this moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest
from curifactory.params import Digests
from curifactory.planning.inputs import InputFacts, RecordsFacts, keys_of_value
from curifactory.planning.recipe import OwnKeys, Recipe, parameters_key
from curifactory.request import Request, UserValue
from curifactory.running.cachers_now import cachers_of
from curifactory.running.code_facts import CodeFacts
from curifactory.running.step import Reference, value_content


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
    stage, cachers, static = (
        request.definition.name,
        cachers_of(request.definition),
        request.is_static,
    )
    known = None if static else request.parameters
    parameters = _NO_PARAMETERS if known is None else known.digests
    arguments = _arguments(request, on_unhashable)
    records = [] if static else [[r.get_hash(), r.name] for r in request.records]
    own_key = parameters_key(stage, parameters, arguments, records)
    return Recipe(
        stage,
        code.digest,
        parameters,
        arguments,
        records,
        cachers.described,
        {name: input_facts(name, held, on_unhashable) for name, held in request.inputs.items()},
        code.variables,
        code.packages,
        "step" if seeded else None,
        OwnKeys(own_key, code.key, cachers.key, code.packages_key),
    )


# one each for all the steps that have none
_NO_PARAMETERS = Digests({})
_NO_ARGUMENTS: dict[str, str | None] = {}


def _arguments(request: Request, on_unhashable: Callable[[str], None]) -> dict[str, str | None]:
    if not (request.arguments or request.positionals):
        return _NO_ARGUMENTS
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
