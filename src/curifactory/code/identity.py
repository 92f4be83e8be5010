"""The identity of a stage's code: one digest over all project code that it reaches."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from curifactory.code.dynamic import Watched, closure_values, watched
from curifactory.code.graph import Graph
from curifactory.code.live import callables_in
from curifactory.code.merkle import digest_of, digests
from curifactory.code.modules import Modules
from curifactory.code.packages import packages_of
from curifactory.code.root import project_of
from curifactory.errors import UnhashableValueError

_MOST_ANSWERS = 16


@dataclass(frozen=True)
class CodePart:
    """One function, method, class or global that an identity covers.

    Parameters
    ----------
    name : str
        Module and qualified name, such as ``"src.data.Table.clean"``.
    file : str
        Relative to the project's folder; ``"<notebook>"`` for what was typed in.
    line : int
        Where it begins.
    digest : str
        Of what it says itself, without what it names.
    """

    name: str
    file: str
    line: int
    digest: str
    _outside: tuple[str, ...] = field(repr=False)
    _statements: tuple[ast.stmt, ...] = field(repr=False, compare=False)

    @cached_property
    def source(self) -> str:
        """What it says, as Python without comments, docstrings and annotations, for reading."""
        names = [f"# {one}\n" for one in self._outside]
        tree = ast.Module(list(self._statements), [])
        return "".join(names) + ast.unparse(ast.fix_missing_locations(tree))


@dataclass(frozen=True)
class CodeIdentity:
    """What the code of a function is, with all of the project that it reaches.

    Parameters
    ----------
    digest : str
        32 hexadecimal digits; equal on every Python version and in any folder.
    parts : tuple of CodePart
        What it covers, in order of name.
    packages : mapping of str to str
        Name and version of the distributions outside of the project that the code names.
    edited : bool
        Whether a file was edited between its import and now, so that source and what runs differ.
    dynamic : mapping of str to callable
        Variables that count by value at the call, since code outside of this graph sets them: for
        each name a function without arguments that gives the value it has when it is called.
    """

    digest: str
    parts: tuple[CodePart, ...]
    packages: Mapping[str, str]
    edited: bool
    dynamic: Mapping[str, Callable[[], Any]]


@dataclass
class _Known:
    identity: CodeIdentity
    runs: dict[tuple[str, str], int]
    values: list[Watched]
    held: list[int]

    def dynamic(self) -> dict[str, Callable[[], Any]]:
        return {one.name: one.get for one in self.values if one.counts()}


_KNOWN: WeakKeyDictionary[object, dict[tuple[object, ...], _Known]] = WeakKeyDictionary()


def identify(
    function: Callable[..., object], *, also: Iterable[type] = (), root: str | None = None
) -> CodeIdentity:
    """Give the identity of a function's code; imports and executes nothing.

    Source is read once per process, when it is first needed: what runs stays what was read, even
    if its file is edited later. Another call with the same function only looks whether other code
    was loaded since, and which variables count by value now.

    Parameters
    ----------
    function : callable
        A function, a class, a partial or a bound method.
    also : iterable of type
        Classes whose code belongs to it although it does not name them, such as that of the
        parameter set that it is called with.
    root : str, optional
        The project's folder: code below it is followed, anything else is a package. By default
        the folder that the function's module is imported from, or one of the three above it that
        has a ``curifactory_config.json`` or ``pyproject.toml``.

    Returns
    -------
    CodeIdentity

    Raises
    ------
    UnhashableValueError
        There is no source of the function.
    """
    start, values = _start(function)
    closed = closure_values(start)
    others = tuple(also)
    held = _held(closed.values())
    question = (root, *held, *(id(one) for one in others))
    answers = _KNOWN.setdefault(start, {})
    if len(answers) > _MOST_ANSWERS:
        answers.clear()
    known = answers.get(question)
    if known is None or not _still_runs(known):
        known = answers[question] = _identified(start, others, root, known)
    dynamic = {**closed, **values, **known.dynamic()}
    if not dynamic:
        return known.identity
    one = known.identity
    return CodeIdentity(one.digest, one.parts, one.packages, one.edited, dynamic)


def _start(function: object) -> tuple[FunctionType | type, dict[str, Callable[[], Any]]]:
    """Give the function or class that a callable ends in, and the values that it binds."""
    values: dict[str, Callable[[], Any]] = {}
    while not isinstance(function, FunctionType | type) or _is_ours(function):
        if isinstance(function, partial):
            bound = {**{str(n): v for n, v in enumerate(function.args)}, **function.keywords}
            for name, value in bound.items():
                values.setdefault(f"argument {name}", partial(_same, value))
            function = function.func
        elif hasattr(function, "__func__"):
            values["__self__"] = partial(_same, getattr(function, "__self__", None))
            function = function.__func__
        else:
            function = getattr(function, "__wrapped__", type(function))
    return function, values


def _is_ours(function: object) -> bool:
    """Tell whether a function is what our decorators put in place of a stage's."""
    own = getattr(function, "__globals__", {}).get("__name__", "")
    return own == "curifactory.staging" and hasattr(function, "__wrapped__")


def _same(value: Any) -> Any:
    return value


def _still_runs(known: _Known) -> bool:
    same = all(_running(*place) == now for place, now in known.runs.items())
    return same and known.held == _held(known.dynamic().values())


def _held(getters: Iterable[Callable[[], Any]]) -> list[int]:
    """Give which functions and classes some variables hold now."""
    return [id(one) for get in getters for _, one in callables_in(get())]


def _running(module: str, name: str) -> int:
    return id(getattr(sys.modules.get(module), name, None))


def _identified(
    start: FunctionType | type, also: tuple[type, ...], root: str | None, known: _Known | None
) -> _Known:
    modules = _modules(root or project_of(start))
    if known is not None:
        modules.forget({module for module, _ in known.runs})
    graph = Graph(modules)
    keys = [graph.add(start)]
    for cls in also:
        try:
            keys.append(graph.add(cls))
        except UnhashableValueError:
            continue  # a class of a package, which counts as that
    identity = _identity(graph, keys)
    runs = {
        place: _running(*place)
        for node in graph.nodes.values()
        if node.defines and (place := (node.module.name, node.name.partition(".")[0]))
        if place[0] in sys.modules
    }
    found = _Known(identity, runs, watched(graph, start.__module__), [])
    found.held = _held(found.dynamic().values())
    return found


def _identity(graph: Graph, keys: list[str]) -> CodeIdentity:
    own = {key: digest_of(node.text, *sorted(node.outside)) for key, node in graph.nodes.items()}
    found = digests(own, {key: node.edges for key, node in graph.nodes.items()})
    parts = [
        CodePart(
            f"{node.module.name}.{node.name}",
            graph.modules.relative(node.module.file),
            node.line,
            own[key],
            tuple(sorted(node.outside)),
            tuple(node.statements),
        )
        for key, node in graph.nodes.items()
        if node.statements
    ]
    return CodeIdentity(
        digest_of("identity", *(found[key] for key in keys)),
        tuple(sorted(parts, key=lambda part: (part.name, part.digest))),
        packages_of(graph.packages),
        graph.edited,
        {},
    )


@lru_cache(maxsize=32)
def _modules(root: str) -> Modules:
    return Modules(root)
