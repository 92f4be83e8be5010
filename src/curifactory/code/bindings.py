"""What each name of a module is: the statements at its top that say so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from curifactory.code.scopes import DEFINITIONS, chain_of

_BLOCKS = ("body", "orelse", "finalbody")


def bindings(body: Iterable[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Give for each global name the statements that bind it or change what it holds.

    Of ``if``, ``try``, ``with``, ``for``, ``while`` and ``match`` only what concerns the name is
    kept, so that unrelated statements in them do not count.
    """
    statements = list(body)
    found: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        for name in sorted(_bound(statement)):
            found.setdefault(name, []).append(statement)
    assigned = {name for name, said in found.items() if not all(map(_is_import, said))}
    for statement in statements:
        for name in (_touched(statement) & assigned) - _bound(statement):
            found[name].append(statement)
    return {name: _pruned_all(said, name, statements) for name, said in found.items()}


def _pruned_all(said: list[ast.stmt], name: str, statements: list[ast.stmt]) -> list[ast.stmt]:
    if len(said) > 1:
        places = {id(one): place for place, one in enumerate(statements)}
        said = sorted(said, key=lambda one: places[id(one)])
    return [kept for one in said if (kept := _pruned(one, name)) is not None]


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _bound(statement: ast.stmt) -> set[str]:
    """Give the names that a statement, with all in it, binds or assigns into."""
    names = set(_bound_here(statement))
    for inner in _inner(statement):
        names |= _bound(inner)
    return names


def _bound_here(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Import() | ast.ImportFrom():
            for alias in statement.names:
                plain = alias.name if isinstance(statement, ast.ImportFrom) else (
                    alias.name.partition(".")[0])  # fmt: skip
                yield alias.asname or plain
        case ast.Assign() | ast.Delete():
            for target in statement.targets:
                yield from _roots(target)
        case ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.AsyncFor():
            yield from _roots(statement.target)
        case ast.With() | ast.AsyncWith():
            for item in statement.items:
                yield from _roots(item.optional_vars)
        case _ if type(statement).__name__ == "TypeAlias":
            yield from _roots(statement.name)  # type: ignore[attr-defined]
    for expression in _expressions(statement):
        for node in ast.walk(expression):
            if isinstance(node, ast.NamedExpr):
                yield node.target.id


def _roots(target: ast.AST | None) -> Iterator[str]:
    """Give the names at the left end of a target: ``x`` of ``x``, ``x.a`` and ``x[0]``."""
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _roots(part)
    elif isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
        yield from _roots(target.value)
    elif isinstance(target, ast.Name):
        yield target.id


def _touched(statement: ast.stmt) -> set[str]:
    """Give the names whose values a statement may change: ``x.add(1)``, ``f(x)``, ``@x.put``."""
    if isinstance(statement, ast.If) and "__name__" in ast.dump(statement.test):
        return set()  # what a module does as a script is nothing that it is
    names = {inner for one in _inner(statement) for inner in _touched(one)}
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        chain = chain_of(call.func) or ()
        names.update(chain[:1] if len(chain) > 1 else ())
        if chain != ("print",):
            names.update(one.id for one in call.args if isinstance(one, ast.Name))
    for decorator in getattr(statement, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        chain = chain_of(called) or ()
        names.update(chain[:1] if len(chain) > 1 else ())
    return names


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(statement, DEFINITIONS):
        return
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr):
            yield child


def _inner(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Give the statements in a statement that stand in the same scope."""
    if isinstance(statement, DEFINITIONS):
        return
    for block in _BLOCKS:
        yield from getattr(statement, block, ())
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield from part.body


def _pruned(statement: ast.stmt, name: str) -> ast.stmt | None:
    """Give what a statement says about a name; ``None`` if it says nothing."""
    if not any(True for _ in _inner(statement)):
        return statement if name in _bound(statement) | _touched(statement) else None
    fields = dict(ast.iter_fields(statement))
    for block in _BLOCKS:
        if block in fields:
            fields[block] = _pruned_block(fields[block], name)
    for parts in ("handlers", "cases"):
        if parts in fields:
            fields[parts] = [_with_body(part, name) for part in fields[parts]]
    left = type(statement)(**fields, lineno=statement.lineno, col_offset=statement.col_offset)
    said = any(True for _ in _inner(left)) or name in _bound_here(statement)
    return left if said else None


def _pruned_block(block: list[ast.stmt], name: str) -> list[ast.stmt]:
    return [kept for one in block if (kept := _pruned(one, name)) is not None]


def _with_body(part: ast.AST, name: str) -> ast.AST:
    fields = dict(ast.iter_fields(part))
    return type(part)(**{**fields, "body": _pruned_block(fields["body"], name)})
