"""Recipe then against recipe now: every difference, as data; nothing else compares recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curifactory.planning.decide import Kind, Reason
from curifactory.planning.inputs import KEY_CLASSES, InputFacts, Origin, RecordsFacts
from curifactory.planning.other_records import how_records_differ
from curifactory.planning.recipe import EDITED, Recipe

Inputs = Mapping[str, InputFacts | RecordsFacts]
# as long as an input is absent, its keys tell, each class under its own trigger
_KIND_OF_KEY: dict[str, Kind] = {
    "parameters": "inputs",
    "cacher": "inputs",
    "code": "code",
    "packages": "packages",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two recipes differ.

    Parameters
    ----------
    kind : str
        The trigger that it belongs to.
    field, name : str
        Which part of the recipe, and which entry of it.
    then, now : object
        What each has there: digests, names or versions; ``None`` where it has nothing.
    detail : str
        What differs, for a reader.
    """

    kind: Kind
    field: str
    name: str
    then: Any
    now: Any
    detail: str

    @property
    def reason(self) -> Reason:
        """The difference as a reason for a decision."""
        return Reason(self.kind, self.detail)


def differences(
    then: Recipe, now: Recipe, undeclared_then: Inputs, undeclared_now: Mapping[str, Any]
) -> Iterator[Difference]:
    """Give in what two recipes differ: what is the step's own first, then its inputs.

    Parameters
    ----------
    then, now : Recipe
        The recipe of an artifact, and that of the step as things are now.
    undeclared_then : dict of str to InputFacts
        What the stage read from state without naming it.
    undeclared_now : dict of str to (InputFacts or None)
        What is known now of each of these; ``None`` if it is not there any more.
    """
    yield from _fields("parameters", "parameters", "parameter", then.parameters, now.parameters)
    yield from _fields("parameters", "arguments", "argument", then.arguments, now.arguments)
    if [list(pair) for pair in then.records] != [list(pair) for pair in now.records]:
        detail = how_records_differ(then.records, now.records)
        yield Difference("inputs", "records", "", then.records, now.records, detail)
    yield from _fields("cacher", "cachers", "cacher of", then.cachers, now.cachers)
    yield from _code("code", then.stage, then.code, now.code, "its code changed")
    if then.code is not None and now.code is not None:
        yield from _fields("code", "variables", "variable", then.variables, now.variables)
        yield from _packages("packages", then.packages, now.packages, "")
    if (then.random, now.random) == ("unseeded", "step"):
        detail = "it was made with random numbers that nobody seeded, and each stage is seeded now"
        yield Difference("seed", "random", "", then.random, now.random, detail)
    yield from _inputs(then.inputs, now.inputs)
    yield from _undeclared(undeclared_then, undeclared_now)


def differ(one: Recipe, other: Recipe) -> bool:
    """Whether two steps of one run are made from different things."""
    return next(differences(one, other, {}, {}), None) is not None


def new_keys(then: Recipe, now: Recipe) -> Iterator[Difference]:
    """Give the keys of inputs that differ although the content is as it was.

    Once such an input is absent, only these can tell; so they are kept as equal.
    """
    for name, facts in now.inputs.items():
        recorded = then.inputs.get(name)
        if recorded is None or not _all_equal(recorded, facts):
            continue
        yield from _keys(name, recorded.keys, facts.keys_now)


def _fields(
    kind: Kind, field: str, label: str, then: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[Difference]:
    if then == now:
        return
    for name in sorted(then.keys() | now.keys()):
        before, after = then.get(name), now.get(name)
        if name not in now:
            yield Difference(kind, field, name, before, None, f"{label} '{name}' is gone")
        elif name not in then:
            yield Difference(kind, field, name, None, after, f"{label} '{name}' is new")
        # None: a value that cannot be hashed is unknown, not changed
        elif None not in (before, after) and before != after:
            yield Difference(kind, field, name, before, after, f"{label} '{name}' changed")


def _code(
    field: str, name: str, then: str | None, now: str | None, detail: str
) -> Iterator[Difference]:
    """Unknown is not changed."""
    if then is None or now is None or then == now:
        return
    if then.startswith(EDITED) or now.startswith(EDITED):
        detail += " (a file was edited after its import, so what ran is not what it says)"
    yield Difference("code", field, name, then, now, detail)


def _packages(
    field: str, then: Mapping[str, str], now: Mapping[str, str], where: str
) -> Iterator[Difference]:
    # a package that the code does not name any more, or names now, is a change of code
    for name in sorted(then.keys() & now.keys()):
        if then[name] != now[name]:
            detail = f"package {name}{where} changed: {then[name]} -> {now[name]}"
            yield Difference("packages", field, name, then[name], now[name], detail)


def _inputs(then: Inputs, now: Inputs) -> Iterator[Difference]:
    for name in sorted(then.keys() | now.keys()):
        if name not in now:
            yield Difference("inputs", "inputs", name, "there", None, f"input '{name}' is gone")
        elif name not in then:
            yield Difference("inputs", "inputs", name, None, "there", f"input '{name}' is new")
        else:
            yield from _one_input(name, then[name], now[name])


def _one_input(
    name: str, then: InputFacts | RecordsFacts, now: InputFacts | RecordsFacts
) -> Iterator[Difference]:
    mutated_by = _mutated_by(then)
    if mutated_by is not None:
        detail = f"stage '{mutated_by}' had changed input '{name}' in place"
        yield Difference("inputs", "inputs", name, None, None, detail)
    elif isinstance(then, RecordsFacts) and isinstance(now, RecordsFacts):
        yield from _of_records(name, then, now)
    elif isinstance(then, InputFacts) and isinstance(now, InputFacts):
        yield from _of_one(name, then, now)
    else:
        were = "many records" if isinstance(then, RecordsFacts) else "one record"
        yield Difference("inputs", "inputs", name, None, None, f"input '{name}' was of {were}")


def _mutated_by(facts: InputFacts | RecordsFacts) -> str | None:
    if isinstance(facts, InputFacts):
        return facts.mutated_by
    return next((one.mutated_by for _, one in facts.entries if one.mutated_by), None)


def _undeclared(then: Inputs, now: Mapping[str, Any]) -> Iterator[Difference]:
    for name, recorded in then.items():
        facts = now.get(name)
        if facts is None:
            detail = f"'{name}', which it read from state, is not there"
            yield Difference("inputs", "undeclared", name, "there", None, detail)
        else:
            yield from _one_input(name, recorded, facts)


def _of_one(name: str, then: InputFacts, now: InputFacts) -> Iterator[Difference]:
    same = _same_content(then, now)
    if same is False:
        detail = f"input '{name}' has another content"
        yield Difference("inputs", "inputs", name, then.content, now.content, detail)
    elif same is None:
        yield from _made_from(name, then, now)


def _of_records(name: str, then: RecordsFacts, now: RecordsFacts) -> Iterator[Difference]:
    before = [hash_ for hash_, _ in then.entries]
    after = [hash_ for hash_, _ in now.entries]
    if before != after:
        detail = f"input '{name}' comes from other records"
        yield Difference("inputs", "inputs", name, before, after, detail)
        return
    all_known = True
    for (hash_, one), (_, other) in zip(then.entries, now.entries, strict=True):
        same = _same_content(one, other)
        if same is False:
            detail = f"input '{name}' of record {hash_[:8]} has another content"
            yield Difference(
                "inputs", "inputs", f"{name}@{hash_}", one.content, other.content, detail
            )
        all_known = all_known and same is not None
    if not all_known:
        yield from _made_from(name, then, now)


def _same_content(then: InputFacts, now: InputFacts) -> bool | None:
    """Whether an input is what it was; ``None`` if only what it is made from can tell."""
    if then.content is not None and now.content is not None:
        return then.content == now.content
    if then.origin is not None and now.origin is not None and then.origin.key != now.origin.key:
        return False
    return None


def _all_equal(then: InputFacts | RecordsFacts, now: InputFacts | RecordsFacts) -> bool:
    if isinstance(then, InputFacts) and isinstance(now, InputFacts):
        return _same_content(then, now) is True
    if isinstance(then, InputFacts) or isinstance(now, InputFacts):
        return False
    return len(then.entries) == len(now.entries) and all(
        hash_ == other_hash and _same_content(one, other) is True
        for (hash_, one), (other_hash, other) in zip(then.entries, now.entries, strict=True)
    )


def _made_from(
    name: str, then: InputFacts | RecordsFacts, now: InputFacts | RecordsFacts
) -> Iterator[Difference]:
    """Compare what an input is made from: down to what the cache holds, or all the way."""
    if then.origin is not None and now.origin is not None:
        yield from _origins(name, then.origin, now.origin)
    else:
        yield from _keys(name, then.keys, now.keys)


def _origins(name: str, then: Origin, now: Origin) -> Iterator[Difference]:
    for stage in sorted(then.codes.keys() & now.codes.keys()):
        detail = f"code of stage '{stage}', which has a part in input '{name}', changed"
        code_then, code_now = then.codes[stage], now.codes[stage]
        yield from _code("codes", f"{name}/{stage}", code_then, code_now, detail)
    yield from _packages("packages", then.packages, now.packages, f" of input '{name}'")


def _keys(name: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for key_class in KEY_CLASSES:
        before, after = then.get(key_class), now.get(key_class)
        if before is not None and before != after:
            detail = f"what input '{name}' is made from changed ({key_class})"
            kind = _KIND_OF_KEY[key_class]
            yield Difference(kind, f"keys {key_class}", name, before, after, detail)
