"""What is known about the inputs of a step, and the form in which a recipe holds it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xxhash import xxh3_128_hexdigest

from curifactory.hashing.tokens import hasher

KEY_CLASSES = ("parameters", "code", "cacher", "packages")
Keys = dict[str, str]
_json = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Origin:
    """What a value without a cacher is made from, down to what the cache holds.

    Parameters
    ----------
    key : str
        Digest over stage, parameters, arguments and the contents it is made from.
    codes : dict of str to (str or None)
        The code of each stage on the way, by name; ``None`` where it is not known.
    packages : dict of str to str
        Name and version of the packages that this code names.
    """

    key: str
    codes: Mapping[str, str | None] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The form in which a recipe holds it."""
        return {"key": self.key, "codes": dict(self.codes), "packages": dict(self.packages)}


# a tuple, since one is made for every input of a plan
class InputFacts(NamedTuple):
    """What is known now about one input of a step.

    Parameters
    ----------
    made_by : str or None
        The stage that makes it; ``None`` for a value of the user.
    content : str or None
        Digest of the content that is there; ``None`` if none is, or nobody can tell.
    keys : dict of str to str
        The content-free keys of what it was made from, one per trigger class; of what would make
        it now, if it is not there.
    keys_if_made_now : dict of str to str, optional
        Those of what would make it now, if they are others and would give the same content.
    origin : Origin or None
        For an input without a cacher: what it is made from, if every content is known.
    mutated_by : str or None
        The stage that changed the value in place before it was read, if that was seen.
    unseeded : bool
        Whether unseeded random numbers have a part in the content that is there. No recipe holds
        it: what is made from it is unseeded itself.
    """

    made_by: str | None
    content: str | None
    keys: Keys
    origin: Origin | None = None
    mutated_by: str | None = None
    keys_if_made_now: Keys | None = None
    unseeded: bool = False

    @property
    def keys_now(self) -> Keys:
        """The keys of what would give this content now."""
        return self.keys if self.keys_if_made_now is None else self.keys_if_made_now

    def digest_parts(self) -> list[str | None] | None:
        """All that is known, as digests and names; ``None`` if comparing takes more than these."""
        if self.mutated_by is not None or self.keys_if_made_now is not None:
            return None
        origin = "" if self.origin is None else key_of(self.origin.to_json())
        return [self.made_by, self.content, origin, *map(self.keys.get, KEY_CLASSES)]

    def to_json(self) -> dict[str, Any]:
        """The form in which a recipe holds it."""
        document: dict[str, Any] = {
            "stage": self.made_by,
            "content": self.content,
            "origin": None if self.origin is None else self.origin.to_json(),
            "keys": self.keys,
        }
        if self.mutated_by is not None:
            document["mutated_by"] = self.mutated_by
        return document


@dataclass(frozen=True, slots=True)
class RecordsFacts:
    """What is known now about one input of an aggregate: one entry per record that has it."""

    entries: tuple[tuple[str, InputFacts], ...]

    @property
    def keys(self) -> Keys:
        """The keys of all entries as one."""
        return combined_keys([facts.keys for _, facts in self.entries])

    @property
    def keys_now(self) -> Keys:
        """The keys of what would give these contents now."""
        return combined_keys([facts.keys_now for _, facts in self.entries])

    @property
    def unseeded(self) -> bool:
        """Whether unseeded random numbers have a part in any entry."""
        return any(facts.unseeded for _, facts in self.entries)

    @property
    def origin(self) -> Origin | None:
        """The origins of all entries as one; ``None`` if no entry has one."""
        origins = [facts.origin for _, facts in self.entries if facts.origin is not None]
        return combined_origin("", origins) if origins else None

    def digest_parts(self) -> list[str | None] | None:
        """All that is known, as digests; ``None`` if comparing takes more than these."""
        parts = [facts.digest_parts() for _, facts in self.entries]
        if None in parts:
            return None
        return [key_of([hash_ for hash_, _ in self.entries]), key_of(parts)]

    def to_json(self) -> dict[str, Any]:
        """The form in which a recipe holds it; short, since there may be thousands of records."""
        mutated = [facts.mutated_by for _, facts in self.entries if facts.mutated_by]
        origin = self.origin
        return {
            "stages": sorted({str(facts.made_by) for _, facts in self.entries}),
            "records": [
                [hash_, facts.content, None if facts.origin is None else facts.origin.key]
                for hash_, facts in self.entries
            ],
            "origin": None if origin is None else origin.to_json(),
            "keys": self.keys,
            **({"mutated_by": mutated[0]} if mutated else {}),
        }


def combined_origin(key: str, origins: Iterable[Origin]) -> Origin:
    """Several origins as one, with a key of its own."""
    codes: dict[str, set[str | None]] = {}
    packages: dict[str, str] = {}
    for origin in origins:
        packages.update(origin.packages)
        for stage, code in origin.codes.items():
            codes.setdefault(stage, set()).add(code)
    return Origin(key, {stage: _one_code(found) for stage, found in codes.items()}, packages)


def _one_code(found: set[str | None]) -> str | None:
    # the same stage with other variables for other records
    known = sorted(code for code in found if code is not None)
    if len(known) < len(found):
        return None
    return known[0] if len(known) == 1 else key_of(known)


def combined_keys(all_keys: Sequence[Mapping[str, str]]) -> Keys:
    """Several sets of keys as one."""
    combined = {name: joined_key(*of_class(name, all_keys)) for name in KEY_CLASSES}
    if None in of_class("code", all_keys):
        del combined["code"]
    return combined


def keys_of_value(content: str | None) -> Keys:
    """The keys of a value that no stage made."""
    return {"parameters": content or "unknown", "code": "", "cacher": "", "packages": ""}


def of_class(name: str, all_keys: Sequence[Mapping[str, str]]) -> list[str | None]:
    """The keys of one trigger class."""
    return [keys.get(name) for keys in all_keys]


def joined_key(*parts: str | None) -> str:
    """A digest over a few digests and names."""
    try:
        text = "\0".join(parts)  # type: ignore[arg-type]
    except TypeError:
        text = "\0".join(["?" if part is None else part for part in parts])
    return xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass"))


def key_of(what: object) -> str:
    """A digest over names and digests."""
    # JSON tells these apart as well as their tokens would, and much faster
    return hasher(b"key:" + _json(what).encode()).hexdigest()


def origin_from_json(document: Any) -> Origin | None:
    """What `Origin.to_json` wrote; ``None`` for anything else."""
    if not isinstance(document, dict) or not isinstance(document.get("key"), str):
        return None
    return Origin(document["key"], document.get("codes") or {}, document.get("packages") or {})


def inputs_from_json(document: Any) -> dict[str, InputFacts | RecordsFacts]:
    """The inputs that a recipe holds, as facts again."""
    return {name: _from_json(one) for name, one in (document or {}).items()}


def _from_json(document: Mapping[str, Any]) -> InputFacts | RecordsFacts:
    mutated_by = document.get("mutated_by")
    keys = document.get("keys") or {}
    origin = origin_from_json(document.get("origin"))
    if "records" not in document:
        content = document.get("content")
        return InputFacts(document.get("stage"), content, keys, origin, mutated_by)
    stages = ", ".join(document.get("stages") or ())
    return KnownRecords(
        tuple(
            (hash_, InputFacts(stages, content, {}, None if own is None else Origin(own)))
            for hash_, content, own in document["records"]
        ),
        keys,
        origin,
    )


@dataclass(frozen=True, slots=True)
class KnownRecords(RecordsFacts):
    """An aggregate's input as a recipe holds it: keys and origin of all records as one."""

    known_keys: Keys = field(default_factory=dict)
    known_origin: Origin | None = None

    @property
    def keys(self) -> Keys:
        """The keys of all entries as one."""
        return self.known_keys

    @property
    def origin(self) -> Origin | None:
        """The origins of all entries as one."""
        return self.known_origin
