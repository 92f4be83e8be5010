"""Syntax trees as text: what is said, without how it is written down."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

_NOT_SAID = {"annotation", "returns", "type_comment", "type_params", "ctx", "kind"}


def dump(node: object) -> str:
    """Write a syntax tree as text in a form of our own, since Python's changes with its version."""
    if isinstance(node, list):
        return f"[{' '.join(dump(item) for item in node)}]"
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if not isinstance(node, ast.AST):
        return json.dumps(node)
    node = _simplified(node)
    said = [
        f" {name}={dump(value)}"
        for name, value in sorted(ast.iter_fields(node))
        if name not in _NOT_SAID and value is not None and value != []
    ]
    return f"({type(node).__name__}{''.join(said)})"


def _constant(value: object) -> str:
    said = json.dumps(value) if isinstance(value, str) else ascii(value)
    return f"<{type(value).__name__} {said}>"


def _simplified(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.AnnAssign):
        if node.value is None:
            return ast.Pass()
        return ast.Assign(targets=[node.target], value=node.value)
    if isinstance(node, ast.JoinedStr):
        return ast.JoinedStr(values=list(_joined(node.values)))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return _without_docstring(node)
    return node


def _joined(values: list[ast.expr]) -> Iterator[ast.expr]:
    """Join neighbouring pieces of text in an f-string: versions cut them differently."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            text += value.value
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield value
    if text:
        yield ast.Constant(text)


def _without_docstring(node: ast.AST) -> ast.AST:
    if ast.get_docstring(node, clean=False) is None:  # type: ignore[arg-type]
        return node
    return type(node)(**{**dict(ast.iter_fields(node)), "body": node.body[1:]})  # type: ignore[attr-defined]
