"""Which names a piece of code takes from outside of itself, and which it changes there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from curifactory.code.scopes import (
    DEFINITIONS,
    Chain,
    Import,
    Scope,
    chain_of,
    scope_of,
)

# fmt: off
MUTATORS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem",
    "remove", "reverse", "setdefault", "sort", "update", "difference_update",
    "intersection_update", "symmetric_difference_update", "register",
    "__setitem__", "__setattr__", "__delitem__",
}
_HARMLESS = {
    "abs", "all", "any", "bool", "dict", "enumerate", "filter", "float", "format", "frozenset",
    "hash", "id", "int", "isinstance", "iter", "len", "list", "map", "max", "min", "print",
    "range", "repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip",
}
# fmt: on


@dataclass
class Mentions:
    """What a piece of code says about the world outside of it.

    Parameters
    ----------
    chains : set of tuple of str
        Global names with the attributes that are read from them, such as ``("np", "mean")``.
    imported : set of (str, Import, tuple of str)
        What it imports itself: the name that it gives it, what that is, the attributes read.
    changed : set of (Import or None, tuple of str)
        Global names (with attributes) that it assigns or changes in place; what it imported
        itself comes as the import and the attributes.
    handed : set of tuple of str
        Global names (with attributes) that it hands to calls, which may change what these hold.
    attributes : set of str
        Names of attributes that it assigns or changes in place, of whatever object.
    """

    chains: set[Chain] = field(default_factory=set)
    imported: set[tuple[str, Import, Chain]] = field(default_factory=set)
    changed: set[tuple[Import | None, Chain]] = field(default_factory=set)
    handed: set[Chain] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


def mentions(
    nodes: Iterable[ast.AST], hidden: Iterable[str] = (), of_class: bool = False
) -> Mentions:
    """Read what statements or expressions at the top of a module say about it.

    Parameters
    ----------
    nodes : iterable of ast.AST
        Where they stand is the module's own scope.
    hidden : iterable of str
        Names that mean something else here, since a class or function around binds them.
    of_class : bool
        Whether that is a class: then decorators and defaults see them, function bodies do not.
    """
    reader = _Reader()
    reader.scopes.append(Scope(set(hidden), is_class=of_class))
    for node in nodes:
        reader.visit(node)
    return reader.found


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found = Mentions()
        self.scopes: list[Scope] = []

    def _scope_of(self, name: str, reading: bool = True) -> Scope | None:
        """Find the scope that binds a name; ``None`` is the module."""
        for depth, scope in enumerate(reversed(self.scopes)):
            if name in scope.outer:
                return None
            # a class body is seen from nowhere but itself, and does not hide what it binds later
            hides = not (scope.is_class and depth) and not (reading and name in scope.late)
            if name in scope.bound and hides:
                return scope
        return None

    def _mention(self, chain: Chain) -> None:
        scope = self._scope_of(chain[0])
        if scope is None:
            self.found.chains.add(chain)
        for imported in scope.imports.get(chain[0], ()) if scope else ():
            self.found.imported.add((chain[0], imported, chain[1:]))

    def _change(self, node: ast.AST) -> None:
        """Note that what ``node`` stands for is assigned, or changed in place."""
        while isinstance(node, ast.Subscript | ast.Starred):
            node = node.value
        if isinstance(node, ast.Attribute):
            self.found.attributes.add(node.attr)
        chain = chain_of(node)
        if chain is None:
            return
        is_store = isinstance(getattr(node, "ctx", None), ast.Store)
        scope = self._scope_of(chain[0], reading=not is_store)
        if scope is None:
            self.found.changed.add((None, chain))
        for imported in scope.imports.get(chain[0], ()) if scope else ():
            self.found.changed.add((imported, chain[1:]))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._mention((node.id,))
        else:
            self._change(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
            self.visit(node.value)
            return
        chain = chain_of(node)
        if chain is None:
            self.generic_visit(node)
        else:
            self._mention(chain)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        # it reads its target too
        if isinstance(node.target, ast.Name):
            self._mention((node.target.id,))
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.target)
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        function, first = node.func, node.args[0] if node.args else None
        if isinstance(function, ast.Attribute) and function.attr in MUTATORS:
            self._change(function.value)
        called = function.id if isinstance(function, ast.Name) else None
        named = node.args[1] if len(node.args) > 1 else None
        if called in ("setattr", "delattr", "getattr") and isinstance(named, ast.Constant):
            target = ast.Attribute(first, str(named.value), ast.Load())  # type: ignore[arg-type]
            if called != "getattr":
                self._change(target)
            self.visit(target)
            node = ast.Call(function, node.args[2:], [])
        if called is None or called not in _HARMLESS:
            handed = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg)]
            chains = [chain for one in handed if (chain := chain_of(one))]
            self.found.handed.update(one for one in chains if self._scope_of(one[0]) is None)
        self.generic_visit(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        for decorator in getattr(node, "decorator_list", []):
            self.visit(decorator)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        body = node.body if isinstance(node.body, list) else [node.body]
        scope = scope_of(body)
        scope.bound |= {one.arg for one in _arguments(node.args)} - scope.outer
        self._inside(scope, body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.visit(part)
        scope = scope_of(node.body)
        scope.is_class, scope.late = True, set(scope.bound)
        self.scopes.append(scope)
        for statement in node.body:
            if hasattr(statement, "body") and not isinstance(statement, DEFINITIONS):
                scope.late -= scope_of([statement]).bound
            self.visit(statement)
            scope.late -= scope_of([statement]).bound
        self.scopes.pop()

    def _visit_comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        # the first iterable is evaluated outside
        self.visit(generators[0].iter)
        targets = [one.id for g in generators for one in ast.walk(g.target)
                   if isinstance(one, ast.Name)]  # fmt: skip
        self._inside(Scope(set(targets)), ast.iter_child_nodes(node))

    visit_ListComp = visit_SetComp = _visit_comprehension  # noqa: N815
    visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def visit_TypeAlias(self, node: ast.AST) -> None:
        """Leave types alone."""

    def _inside(self, scope: Scope, nodes: Iterable[ast.AST]) -> None:
        self.scopes.append(scope)
        for node in nodes:
            self.visit(node)
        self.scopes.pop()


def _arguments(args: ast.arguments) -> list[ast.arg]:
    all_ = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
    return [one for one in all_ if one is not None]
