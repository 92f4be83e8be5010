"""Syntax trees without what does not count: docstrings, annotations, what the recipe has anyway."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeVar, cast

_Node = TypeVar("_Node", bound=ast.AST)
IsStage = Callable[[ast.expr], bool]
_KINDS_OF_FIELD = ("ClassVar", "InitVar", "KW_ONLY")
_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop)
_LEFT_OUT: dict[str, object] = {
    "annotation": None, "returns": None, "type_comment": None, "type_params": [],
}  # fmt: skip


def normalised(node: ast.stmt, is_stage: IsStage) -> ast.stmt | None:
    """Give a statement as it counts, as a tree of its own; ``None`` if it says nothing.

    Parameters
    ----------
    node : ast.stmt
        A statement at the top of a module or class, or a function.
    is_stage : callable
        Tells whether a decorator is one of ours: of these only the outputs count, since inputs
        and cachers are in the recipe.
    """
    return cast("ast.stmt | None", _Normaliser(is_stage).visit(node))


class _Normaliser(ast.NodeTransformer):
    """Rebuilds a tree; the one that it was given stays as it is."""

    def __init__(self, is_stage: IsStage) -> None:
        self._is_stage = is_stage

    def generic_visit(self, node: ast.AST) -> ast.AST:
        new = type(node).__new__(type(node))
        for name, value in vars(node).items():
            setattr(new, name, _LEFT_OUT[name] if name in _LEFT_OUT else self._field(value))
        return new

    def _field(self, value: object) -> object:
        if isinstance(value, list):
            pairs = [(old, self._field(old)) for old in value if not _says_nothing(old)]
            return [new for old, new in pairs if new is not None or old is None]
        if isinstance(value, _LEAVES) or not isinstance(value, ast.AST):
            return value
        return self.visit(value)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        decorators = [self._decorator(one) for one in node.decorator_list]
        new = cast(ast.FunctionDef, self.generic_visit(_with(node, decorator_list=decorators)))
        if any(isinstance(o, ast.Attribute) and o.attr == "register" for o in node.decorator_list):
            # `@f.register` dispatches on the annotation of the first argument
            types = [one.annotation for one in node.args.args[:1] if one.annotation]
            new.decorator_list = [*new.decorator_list, *types]
        return new

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if node.decorator_list or node.bases or node.keywords:
            # it may be a dataclass or the like: there an annotation makes a field
            body = [_as_field(one) if isinstance(one, ast.AnnAssign) else one for one in node.body]
            node = _with(node, body=body)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        new = ast.Assign(targets=[self.visit(node.target)], value=self.visit(node.value))
        return ast.copy_location(new, node)

    def _decorator(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Call) or not self._is_stage(node.func):
            return node
        outputs = [one.value for one in node.keywords if one.arg == "outputs"] or node.args[1:2]
        said = [ast.keyword("outputs", _names(one)) for one in outputs]
        return ast.copy_location(ast.Call(ast.Name("<stage>", ast.Load()), [], said), node)


def _with(node: _Node, **changed: object) -> _Node:
    return ast.copy_location(type(node)(**{**dict(ast.iter_fields(node)), **changed}), node)


def _says_nothing(node: object) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass)


def _as_field(node: ast.AnnAssign) -> ast.stmt:
    kind = ast.unparse(node.annotation).partition("[")[0]
    marks = [name for name in _KINDS_OF_FIELD if name in kind]
    name = ast.Name(f"<{' '.join([*marks, 'field'])}>", ast.Load())
    values = [] if node.value is None else [node.value]
    made = ast.Assign(targets=[node.target], value=ast.Call(name, values, []))
    return ast.copy_location(made, node)


def _names(outputs: ast.expr) -> ast.expr:
    """Give the names of a stage's outputs: whether one is lazy is no matter of its code."""
    if not isinstance(outputs, ast.List | ast.Tuple):
        return outputs
    plain = [
        one.args[0] if isinstance(one, ast.Call) and ast.unparse(one.func).endswith("Lazy")
        and one.args else one
        for one in outputs.elts
    ]  # fmt: skip
    return ast.List(plain, ast.Load())
