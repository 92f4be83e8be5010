"""A recipe: what an artifact is made from, as data that can be compared field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

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


class OwnKeys(NamedTuple):
    """Content-free keys that cover all of a recipe but the inputs.

    Parameters
    ----------
    parameters : str
        Over stage, parameters, arguments and records.
    code : str
        Over code and variables.
    cacher, packages : str
        Over these.
    """

    parameters: str
    code: str
    cacher: str
    packages: str


def key_of_code(code: str | None, variables: Mapping[str, str | None]) -> str:
    """One digest over code and variables."""
    return key_of((code, variables))


# a tuple, since one is made for every step of a plan
class Recipe(NamedTuple):
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
    known_keys : OwnKeys, optional
        Keys of it that are known already.
    """

    stage: str
    code: str | None
    parameters: Mapping[str, str]
    arguments: Mapping[str, str | None]
    records: list[list[str]]
    cachers: Mapping[str, str]
    inputs: Mapping[str, InputFacts | RecordsFacts]
    variables: Mapping[str, str | None]
    packages: Mapping[str, str]
    random: Randomness | None = None
    known_keys: OwnKeys | None = None

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

    def own_keys(self) -> OwnKeys:
        """Keys that cover all but the inputs."""
        if self.known_keys is not None:
            return self.known_keys
        return OwnKeys(
            parameters_key(self.stage, self.parameters, self.arguments, self.records),
            key_of_code(self.code, self.variables),
            key_of(self.cachers),
            key_of(self.packages),
        )

    def keys(self) -> Keys:
        """Content-free keys, one per trigger class; each covers the inputs' own keys in turn."""
        own, inputs = self.own_keys(), self.inputs
        below = [inputs[name].keys for name in sorted(inputs)]
        keys = _deep_keys(own, below) if below else own._asdict()
        if self.code is None or not all("code" in one for one in below):
            # unknown is not a code that could be compared
            del keys["code"]
        return keys

    def digest(self) -> str | None:
        """One digest over all of it; ``None`` if an equal one might differ in what to do about it.

        Recipes with equal digests have no difference.
        """
        parts: list[str | None] = [*self.own_keys()]
        for name in sorted(self.inputs):
            part = self.inputs[name].digest_parts()
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


def parameters_key(
    stage: str,
    parameters: Mapping[str, str],
    arguments: Mapping[str, str | None],
    records: list[list[str]],
) -> str:
    """One digest over what sets a step apart from the others of its stage."""
    return joined_key(
        stage,
        parameters.key if isinstance(parameters, Digests) else key_of_digests(parameters),
        key_of(arguments) if arguments else "",
        key_of(records) if records else "",
    )


def _deep_keys(own: OwnKeys, below: Sequence[Keys]) -> Keys:
    """Keys over a step's own and those of its inputs."""
    return {
        "parameters": joined_key(own.parameters, *[one.get("parameters") for one in below]),
        "code": _joined_once(own.code, *[one.get("code") for one in below]),
        "cacher": _joined_once(own.cacher, *[one.get("cacher") for one in below]),
        "packages": _joined_once(own.packages, *[one.get("packages") for one in below]),
    }


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
