"""Recipe then against recipe now: the first difference that makes an artifact stale, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from curifactory.planning.decide import Kind, Reason
from curifactory.planning.recipe import InputFacts, Recipe, RecordsFacts


def first_difference(
    then: Mapping[str, Any], now: Recipe, undeclared: Mapping[str, InputFacts | None]
) -> Reason | None:
    """Why an artifact with the recipe `then` is not what the step would make now.

    Parameters
    ----------
    then : dict
        The recipe in the artifact's metadata.
    now : Recipe
        The recipe of the step.
    undeclared : dict of str to (InputFacts or None)
        What is known now of each input that was read without being declared; ``None`` if it is
        not there any more.
    """
    questions: tuple[Callable[[], Reason | None], ...] = (
        lambda: _fields("parameters", "parameter", then.get("parameters"), now.parameters),
        lambda: _fields("parameters", "argument", then.get("arguments"), now.arguments),
        lambda: _records(then.get("records"), now.records),
        lambda: _fields("cacher", "cacher of", then.get("cachers"), now.cachers),
        lambda: _inputs(then.get("inputs"), now.inputs),
        lambda: _undeclared(then.get("undeclared"), undeclared),
    )
    for question in questions:
        reason = question()
        if reason is not None:
            return reason
    return None


def _fields(kind: Kind, label: str, then: Any, now: Mapping[str, str | None]) -> Reason | None:
    if not isinstance(then, dict):
        return Reason("damaged", "its recipe cannot be read")
    for name in sorted(then.keys() | now.keys()):
        if name not in now:
            return Reason(kind, f"{label} '{name}' is gone")
        if name not in then:
            return Reason(kind, f"{label} '{name}' is new")
        # None: a value that cannot be hashed is unknown, not changed
        if None not in (then[name], now[name]) and then[name] != now[name]:
            return Reason(kind, f"{label} '{name}' changed")
    return None


def _records(then: Any, now: list[list[str]]) -> Reason | None:
    if then == now:
        return None
    return Reason("inputs", "it reads other records, or in another order")


def _inputs(then: Any, now: Mapping[str, InputFacts | RecordsFacts]) -> Reason | None:
    if not isinstance(then, dict):
        return Reason("damaged", "its recipe cannot be read")
    for name in sorted(then.keys() | now.keys()):
        if name not in now:
            return Reason("inputs", f"input '{name}' is gone")
        if name not in then:
            return Reason("inputs", f"input '{name}' is new")
        mutated_by = then[name].get("mutated_by") if isinstance(then[name], dict) else None
        if mutated_by is not None:
            return Reason("inputs", f"stage '{mutated_by}' had changed input '{name}' in place")
        facts = now[name]
        compare = _of_records if isinstance(facts, RecordsFacts) else _of_one
        reason = compare(name, then[name], facts)  # type: ignore[arg-type]
        if reason is not None:
            return reason
    return None


def _undeclared(then: Any, now: Mapping[str, InputFacts | None]) -> Reason | None:
    for name, recorded in (then or {}).items():
        facts = now.get(name)
        if facts is None:
            return Reason("inputs", f"'{name}', which it read from state, is not there")
        reason = _of_one(name, recorded, facts)
        if reason is not None:
            return reason
    return None


def _of_one(name: str, then: Any, now: InputFacts) -> Reason | None:
    if not isinstance(then, dict):
        return Reason("inputs", f"input '{name}' was of many records")
    same = _same_content(then.get("content"), then.get("origin"), now)
    if same is not None:
        return None if same else Reason("inputs", f"input '{name}' has another content")
    return _keys(name, then.get("keys"), now.keys)


def _of_records(name: str, then: Any, now: RecordsFacts) -> Reason | None:
    recorded = then.get("records") if isinstance(then, dict) else None
    if not isinstance(recorded, list):
        return Reason("inputs", f"input '{name}' was of one record")
    if [hash_ for hash_, *_ in recorded] != [hash_ for hash_, _ in now.entries]:
        return Reason("inputs", f"input '{name}' comes from other records")
    all_known = True
    for (_, content, *origin), (hash_, facts) in zip(recorded, now.entries, strict=True):
        same = _same_content(content, next(iter(origin), None), facts)
        if same is False:
            return Reason("inputs", f"input '{name}' of record {hash_[:8]} has another content")
        all_known = all_known and same is True
    return None if all_known else _keys(name, then.get("keys"), now.keys)


def _same_content(content: Any, origin: Any, now: InputFacts) -> bool | None:
    """Whether an input is what it was; ``None`` if only its keys can tell."""
    for known_then, known_now in ((content, now.content), (origin, now.origin)):
        if known_then is not None and known_now is not None:
            return bool(known_then == known_now)
    return None


def _keys(name: str, then: Any, now: Mapping[str, str]) -> Reason | None:
    for key_class in ("parameters", "cacher"):
        recorded = (then or {}).get(key_class)
        if recorded is not None and recorded != now.get(key_class):
            return Reason("inputs", f"what input '{name}' is made from changed ({key_class})")
    return None
