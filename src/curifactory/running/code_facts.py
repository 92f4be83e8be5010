"""What the code of a step is now: identity, variables, packages; unknown where nobody can say."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from curifactory.caching.cacheable import Cacheable
from curifactory.code import CodeIdentity, CodePart, identify, identity_and_variables, standing
from curifactory.code.standing import Standing
from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest
from curifactory.planning.inputs import key_of
from curifactory.planning.recipe import EDITED, key_of_code
from curifactory.request import Request, StageDefinition

_OURS = "curifactory"
# what runs in this process is one thing, and no other process can have it
_EDITED_HERE = f"{EDITED}{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What is known about the code of one step.

    Parameters
    ----------
    digest : str or None
        Of the stage's code and that of the project's cachers; begins with `EDITED` if a
        file was edited after its import; ``None`` if there is no source.
    parts : tuple of CodePart
        The functions, methods, classes and globals that it covers.
    variables : dict of str to (str or None)
        Digest of each variable that counts by value; ``None`` where it cannot be hashed.
    packages : dict of str to str
        Name and version of the packages that the code names.
    key, packages_key : str
        Digests over code and variables, and over the packages.
    """

    digest: str | None = None
    parts: tuple[CodePart, ...] = ()
    variables: Mapping[str, str | None] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    key: str = field(init=False)
    packages_key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", key_of_code(self.digest, self.variables))
        object.__setattr__(self, "packages_key", key_of(self.packages))


UNKNOWN = CodeFacts()


def code_of(request: Request, root: str, on_unknown: Callable[[str, str], None]) -> CodeFacts:
    """What the code of a step is at this call.

    Parameters
    ----------
    request : Request
        The step.
    root : str
        The project's folder: code below it counts.
    on_unknown : callable
        Told the stage and why its code is not known, if so.
    """
    answers = _answers(request.definition)
    parameters = request.parameters
    # only plain parameters bring no code along
    is_plain = parameters is None or parameters.objects is not None
    question = (root, type(request.record.params))
    known = answers.get(question) if is_plain else None
    if known is not None and all(map(Standing.holds, known[1])):
        return known[0]
    try:
        own, variables = _of_stage(request, root)
        facts = _facts_of(own, *_of_cachers(request.definition, root))
        if variables:
            values = {name: _digest(get) for name, get in variables.items()}
            facts = replace(facts, variables=values)
        standings = _standings(request, root) if is_plain else []
    except Exception as error:  # whatever is odd about somebody's code, their run goes on
        on_unknown(request.definition.name, str(error) or type(error).__name__)
        return UNKNOWN
    answers.pop(question, None)
    if standings:
        answers[question] = (facts, standings)
    return facts


_Answers = dict[tuple[str, type], tuple[CodeFacts, list[Standing]]]


@functools.lru_cache(maxsize=4096)
def _answers(_: StageDefinition) -> _Answers:
    """Answers about one stage, as long as they hold."""
    return {}


def _standings(request: Request, root: str) -> list[Standing]:
    """What tells that the answer holds, for stage and cachers; nothing if it has to be asked."""
    function, params = request.definition.function, request.record.params
    found = [
        standing(function, params, root=_root_of(function, root)),
        *(standing(cls, root=root) for cls in _cachers_of_project(request.definition, root)),
    ]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else []


@functools.lru_cache(maxsize=1024)
def _facts_of(*identities: CodeIdentity) -> CodeFacts:
    """What some code is, but for variables; the same object as long as it is the same code."""
    if any(one.edited for one in identities):
        code = _EDITED_HERE
    else:
        digests = [one.digest for one in identities]
        code = digests[0] if len(digests) == 1 else key_of(digests)
    packages = {
        name: version
        for one in identities
        for name, version in one.packages.items()
        if name != _OURS
    }
    return CodeFacts(
        code, tuple(part for one in identities for part in one.parts), packages=packages
    )


def variables_of(request: Request, root: str) -> Mapping[str, Callable[[], object]]:
    """What gives each variable of a step's code that counts by value now, named as in its recipe.

    For globals and attributes of classes these are `curifactory.code.Variable`.
    """
    return _of_stage(request, root)[1]


def assumed_changed(code: CodeFacts, files: frozenset[str]) -> CodeFacts:
    """The code as if these files of the project, relative to its folder, had been edited."""
    if code.digest is None or not any(part.file in files for part in code.parts):
        return code
    return replace(code, digest=key_of((code.digest, "if edited")))


def _of_stage(
    request: Request, root: str
) -> tuple[CodeIdentity, Mapping[str, Callable[[], object]]]:
    function = request.definition.function
    return identity_and_variables(function, request.record.params, root=_root_of(function, root))


@functools.lru_cache(maxsize=1024)
def _root_of(function: Callable[..., object], root: str) -> str | None:
    """The project's folder, if the function is in it; its own place says it otherwise."""
    try:
        identify(function, root=root)
    except UnhashableValueError:
        # a script or a package outside of the project's folder is a project of its own
        return None
    return root


def _of_cachers(definition: StageDefinition, root: str) -> Iterator[CodeIdentity]:
    """The identity of each cacher class that the project itself defines."""
    return (identify(cls, root=root) for cls in _cachers_of_project(definition, root))


@functools.lru_cache(maxsize=4096)
def _cachers_of_project(definition: StageDefinition, root: str) -> tuple[type, ...]:
    """The classes of a stage's cachers that the project defines; of others the version counts."""
    classes = {
        type(output.cacher) for output in definition.outputs if isinstance(output.cacher, Cacheable)
    }
    others = [cls for cls in classes if cls.__module__.partition(".")[0] != _OURS]
    mine = [cls for cls in others if _has_source(cls, root)]
    return tuple(sorted(mine, key=lambda one: (one.__module__, one.__qualname__)))


def _has_source(cls: type, root: str) -> bool:
    try:
        identify(cls, root=root)
    except UnhashableValueError:
        return False
    return True


def _digest(get: Callable[[], object]) -> str | None:
    try:
        return digest(get())
    except UnhashableValueError:
        return None
