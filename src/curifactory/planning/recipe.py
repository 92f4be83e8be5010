"""A recipe: what an artifact is made from, as data that can be compared field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curifactory.hashing import ENCODING_VERSION, digest
from curifactory.hashing.tokens import hasher

KEY_CLASSES = ("parameters", "code", "cacher", "packages")
Keys = dict[str, str]
_json = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What is known now about one input of a step.

    Parameters
    ----------
    made_by : str or None
        The stage that makes it; ``None`` for a value of the user.
    content : str or None
        Digest of the content that is there; ``None`` if none is, or nobody can tell.
    keys : dict of str to str
        The content-free keys of what makes it, one per trigger class.
    origin : str or None
        For an input without a cacher: digest over what it is made from, inputs by content.
    mutated_by : str or None
        The stage that changed the value in place before it was read, if that was seen.
    """

    made_by: str | None
    content: str | None
    keys: Keys = field(default_factory=dict)
    origin: str | None = None
    mutated_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The form in which a recipe holds it."""
        document: dict[str, Any] = {
            "stage": self.made_by,
            "content": self.content,
            "origin": self.origin,
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

    def to_json(self) -> dict[str, Any]:
        """The form in which a recipe holds it; short, since there may be thousands of records."""
        mutated = [facts.mutated_by for _, facts in self.entries if facts.mutated_by]
        return {
            "stages": sorted({str(facts.made_by) for _, facts in self.entries}),
            "records": [[hash_, facts.content, facts.origin] for hash_, facts in self.entries],
            "keys": self.keys,
            **({"mutated_by": mutated[0]} if mutated else {}),
        }


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the artifacts of one step are made from.

    Parameters
    ----------
    stage : str
        Name of the stage.
    code : str or None
        Identity of its code.
    parameters : dict of str to str
        Digest of each parameter that counts.
    arguments : dict of str to (str or None)
        Digest of each further argument of the call; ``None`` for one that cannot be hashed.
    records : list of [hash, name]
        The records that an aggregate reads, in order.
    cachers : dict of str to str
        For each output, the cacher and a digest of its arguments.
    inputs : dict of str to InputFacts or RecordsFacts
        What it reads.
    """

    stage: str
    code: str | None
    parameters: dict[str, str]
    arguments: dict[str, str | None]
    records: list[list[str]]
    cachers: dict[str, str]
    inputs: dict[str, InputFacts | RecordsFacts]

    def to_json(self, undeclared: Mapping[str, InputFacts]) -> dict[str, Any]:
        """The form in which metadata holds it.

        Parameters
        ----------
        undeclared : dict of str to InputFacts
            What the stage read from state without naming it as an input.
        """
        return {
            "encoding": ENCODING_VERSION,
            "stage": self.stage,
            "code": self.code,
            "parameters": self.parameters,
            "arguments": self.arguments,
            "records": self.records,
            "cachers": self.cachers,
            "inputs": {name: facts.to_json() for name, facts in self.inputs.items()},
            "undeclared": {name: facts.to_json() for name, facts in undeclared.items()},
        }

    def keys(self) -> Keys:
        """Content-free keys, one per trigger class; each covers the inputs' own keys in turn."""
        below = [facts.keys for _, facts in sorted(self.inputs.items())]
        own: dict[str, object] = {
            "parameters": (self.stage, self.parameters, self.arguments, self.records),
            "code": self.code,
            "cacher": self.cachers,
            "packages": None,
        }
        return {name: _key([own[name], _of_class(name, below)]) for name in KEY_CLASSES}

    def origin(self) -> str | None:
        """One digest over what it is made from, inputs by content, if every content is known."""
        contents: list[object] = []
        for name, facts in sorted(self.inputs.items()):
            entries = facts.entries if isinstance(facts, RecordsFacts) else (("", facts),)
            for hash_, entry in entries:
                # not by a value in memory: another time it may not have been made yet
                known = entry.origin or entry.content
                if known is None:
                    return None
                contents.append((name, hash_, known))
        return digest((self.stage, self.parameters, self.arguments, self.records, contents))


def combined_keys(all_keys: list[Keys]) -> Keys:
    """Several sets of keys as one."""
    return {name: _key(_of_class(name, all_keys)) for name in KEY_CLASSES}


def _of_class(name: str, all_keys: list[Keys]) -> list[str | None]:
    return [keys.get(name) for keys in all_keys]


def _key(what: object) -> str:
    # names and digests only: JSON tells these apart as well as their tokens would, and much faster
    return hasher(b"key:" + _json(what).encode()).hexdigest()
