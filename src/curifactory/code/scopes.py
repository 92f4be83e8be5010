"""Which names a function or class binds itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

Chain = tuple[str, ...]
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Import:
    """One imported name: ``from <dots><module> import <name>``, or ``import <module>``."""

    module: str
    level: int = 0
    name: str | None = None


def chain_of(node: ast.AST) -> Chain | None:
    """Give ``("a", "b", "c")`` for ``a.b.c``, and ``None`` for what does not begin with a name."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        base = chain_of(node.value)
        return None if base is None else (*base, node.attr)
    return None


def imports_of(node: ast.Import | ast.ImportFrom) -> Iterable[tuple[str, Import]]:
    """Give the names that an import statement binds; a star is the name ``*``."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, Import(node.module or "", node.level, alias.name)
        elif alias.asname:
            yield alias.asname, Import(alias.name)
        else:
            yield alias.name.partition(".")[0], Import(alias.name.partition(".")[0])


@dataclass
class Scope:
    """The names that a function's or class's body binds.

    Parameters
    ----------
    bound : set of str
        The names.
    is_class : bool
        Whether it is a class body, which is seen from nowhere but itself.
    late : set of str
        Of a class body: names that it has not bound yet, and that are still the module's.
    outer : set of str
        Names that it says are the module's.
    imports : dict of str to list of Import
        Names that it binds by importing.
    """

    bound: set[str]
    is_class: bool = False
    late: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    imports: dict[str, list[Import]] = field(default_factory=dict)


def scope_of(body: Iterable[ast.AST]) -> Scope:
    """Give the scope of the body of a function or class."""
    scope = Scope(set())
    for node in body:
        _bind(node, scope)
    scope.bound -= scope.outer
    return scope


def _bind(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Global):
        scope.outer.update(node.names)
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        scope.bound.add(node.id)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for name, imported in imports_of(node):
            scope.bound.add(name)
            scope.imports.setdefault(name, []).append(imported)
    # definitions, `except ... as`, and what patterns capture
    named = (getattr(node, "name", None), getattr(node, "rest", None))
    if not isinstance(node, ast.alias):
        scope.bound.update(one for one in named if isinstance(one, str))
    for child in _same_scope(node):
        _bind(child, scope)


def _same_scope(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, (*DEFINITIONS, ast.Lambda, ast.Name, ast.Constant)):
        return ()
    if isinstance(node, _COMPREHENSIONS):
        return [one.target for one in ast.walk(node) if isinstance(one, ast.NamedExpr)]
    return ast.iter_child_nodes(node)
