"""A recipe: what an artifact is made from, as data that can be compared field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from curifactory.hashing import ENCODING_VERSION, digest
from curifactory.params import Digests, key_of_digests
from curifactory.planning.inputs import (
    InputFacts,
    Keys,
    Origin,
    RecordsFacts,
    combined_origin,
    inputs_from_json,
    joined_key,
    key_of,
)

EDITED = "edited:"
"""Begins what stands for a code digest where a file was edited after its import."""

Randomness = Literal["step", "unseeded"]


@dataclass(frozen=True, slots=True)
class StageKeys:
    """Digests over parts of a recipe that are the same for all steps of a stage.

    Parameters
    ----------
    code : str
        Over code and variables.
    cachers, packages : str
        Over these.
    """

    code: str
    cachers: str
    packages: str


def stage_keys(recipe: Recipe) -> StageKeys:
    """Digest these parts."""
    return StageKeys(
        key_of_code(recipe.code, recipe.variables),
        key_of(recipe.cachers),
        key_of(recipe.packages),
    )


def key_of_code(code: str | None, variables: Mapping[str, str | None]) -> str:
    """One digest over code and variables."""
    return key_of((code, variables))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the artifacts of one step are made from.

    Parameters
    ----------
    stage : str
        Name of the stage.
    code : str or None
        Identity of its code and of the project's cachers that it names; begins with `EDITED`
        if source and what runs differ; ``None`` if it is not known.
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
    variables : dict of str to (str or None)
        Digest of each global and closure variable of the code that counts by value.
    packages : dict of str to str
        Name and version of the packages that the code names.
    random : str or None
        ``"step"`` if the global random generators are seeded for the step; ``"unseeded"`` if they
        are not, and it or something that it is made from drew from them.
    stage_keys : StageKeys, optional
        Digests of parts of it, where they are known already.
    """

    stage: str
    code: str | None
    parameters: Mapping[str, str]
    arguments: Mapping[str, str | None]
    records: list[list[str]]
    cachers: Mapping[str, str]
    inputs: Mapping[str, InputFacts | RecordsFacts]
    variables: Mapping[str, str | None] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    random: Randomness | None = None
    stage_keys: StageKeys | None = field(default=None, repr=False, compare=False)

    def to_json(
        self, undeclared: Mapping[str, InputFacts], random: Randomness | None = None
    ) -> dict[str, Any]:
        """The form in which metadata holds it.

        Parameters
        ----------
        undeclared : dict of str to InputFacts
            What the stage read from state without naming it as an input.
        random : str, optional
            What the execution found out about random numbers.
        """
        return {
            "encoding": ENCODING_VERSION,
            "stage": self.stage,
            "code": self.code,
            "variables": dict(self.variables),
            "packages": dict(self.packages),
            "parameters": dict(self.parameters),
            "arguments": dict(self.arguments),
            "records": self.records,
            "cachers": dict(self.cachers),
            "inputs": {name: facts.to_json() for name, facts in self.inputs.items()},
            "undeclared": {name: facts.to_json() for name, facts in undeclared.items()},
            "random": random or self.random,
        }

    def own_keys(self) -> Keys:
        """Keys that cover all but the inputs."""
        known = self.stage_keys or stage_keys(self)
        parameters = self.parameters
        return {
            "parameters": joined_key(
                self.stage,
                parameters.key if isinstance(parameters, Digests) else key_of_digests(parameters),
                key_of(self.arguments) if self.arguments else "",
                key_of(self.records) if self.records else "",
            ),
            "code": known.code,
            "cacher": known.cachers,
            "packages": known.packages,
        }

    def keys(self) -> Keys:
        """Content-free keys, one per trigger class; each covers the inputs' own keys in turn."""
        keys = self.own_keys()
        if self.inputs:
            below = [self.inputs[name].keys for name in sorted(self.inputs)]
            for name, own in keys.items():
                join = joined_key if name == "parameters" else _joined_once
                keys[name] = join(own, *[one.get(name) for one in below])
        if self.code is None or any("code" not in facts.keys for facts in self.inputs.values()):
            # unknown is not a code that could be compared
            del keys["code"]
        return keys

    def digest(self) -> str | None:
        """One digest over all of it; ``None`` if an equal one might differ in what to do about it.

        Recipes with equal digests have no difference.
        """
        parts: list[str | None] = list(self.own_keys().values())
        for name, facts in sorted(self.inputs.items()):
            part = facts.digest_parts()
            if part is None:
                return None
            parts.append(name)
            parts += part
        return joined_key(*parts)

    def origin(self) -> Origin | None:
        """What a value without a cacher is made from, if every content on the way is known."""
        contents: list[object] = []
        below: list[Origin] = []
        for name, facts in sorted(self.inputs.items()):
            entries = facts.entries if isinstance(facts, RecordsFacts) else (("", facts),)
            for hash_, entry in entries:
                # not by a value in memory: another time it may not have been made yet
                known = entry.content if entry.origin is None else entry.origin.key
                if known is None:
                    return None
                contents.append((name, hash_, known))
                below += [entry.origin] if entry.origin is not None else []
        key = digest((self.stage, self.parameters, self.arguments, self.records, contents))
        own = Origin(key, {self.stage: self.code_key()}, self.packages)
        return combined_origin(key, [own, *below])

    def code_key(self) -> str | None:
        """Code and variables as one; ``None`` if the code is not known."""
        if self.code is None or not self.variables:
            return self.code
        return key_of_code(self.code, self.variables)


# all records of a stage have the same code, cachers and packages
_joined_once = lru_cache(maxsize=4096)(joined_key)


def recipe_from_json(document: Mapping[str, Any]) -> Recipe:
    """The recipe that metadata holds, as far as it has one.

    Parameters
    ----------
    document : dict
        What `Recipe.to_json` wrote, perhaps by an earlier version.
    """
    return Recipe(
        stage=str(document.get("stage")),
        code=document.get("code"),
        parameters=document.get("parameters") or {},
        arguments=document.get("arguments") or {},
        records=document.get("records") or [],
        cachers=document.get("cachers") or {},
        inputs=inputs_from_json(document.get("inputs")),
        variables=document.get("variables") or {},
        packages=document.get("packages") or {},
        random=document.get("random"),
    )
