"""The identity of a stage's code: one digest over all project code that it reaches."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from curifactory.code.graph import Graph
from curifactory.code.merkle import digest_of, digests
from curifactory.code.packages import packages_of


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


@dataclass(frozen=True, eq=False)
class CodeIdentity:
    """What the code of a function is, with all of the project that it reaches.

    Compares by being the same answer; compare `digest` for what it says.

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


def identity_of(graph: Graph, keys: list[str]) -> CodeIdentity:
    """Give the identity of what some nodes of a graph reach; the order of these counts."""
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
