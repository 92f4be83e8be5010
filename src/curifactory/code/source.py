"""From a running function to the piece of source that it was compiled from."""

from __future__ import annotations
import __future__

import ast
import linecache
import sys
from collections.abc import Iterator
from functools import lru_cache, reduce
from importlib.machinery import SourceFileLoader
from operator import or_
from types import CodeType, FunctionType

from curifactory.errors import UnhashableValueError


class EditedSourceError(UnhashableValueError):
    """There is source, and what runs was not compiled from it."""


_Spot = tuple[int, int]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_FUTURES = reduce(or_, (getattr(__future__, n).compiler_flag for n in __future__.all_feature_names))


def function_node(function: FunctionType) -> FunctionNode:
    """Find the syntax tree of a function; errors as in `curifactory.code.normalised_code`."""
    code = function.__code__
    linecache.checkcache(code.co_filename)
    source = "".join(linecache.getlines(code.co_filename, function.__globals__))
    if not source:
        raise UnhashableValueError(f"there is no source of {_name(function)}")
    nodes, compiled = _parsed(source, code.co_flags & _FUTURES, code.co_filename)
    named = [node for node in nodes if getattr(node, "name", "<lambda>") == code.co_name]
    twins = [other for other in compiled if blank(other) == blank(code)]
    if twins:
        twin = min(twins, key=lambda other: _distance(other, code))
        return _node_of(twin, [node for node in named if _line(node) == twin.co_firstlineno])
    here = [node for node in named if _line(node) == code.co_firstlineno]
    if len(here) == 1 and _is_instrumented(function):
        return here[0]
    # what an import hook changed may be anything
    kind = UnhashableValueError if _is_instrumented(function) else EditedSourceError
    raise kind(
        f"the source of {_name(function)} is not what is running: it was edited since it was "
        "loaded, so start Python again"
    )


def node_by_name(source: str, qualname: str) -> FunctionNode | None:
    """Find a function by its qualified name, for when its code is not what the source says."""
    try:
        body: list[ast.stmt] = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    node = None
    for name in qualname.replace(".<locals>", "").split("."):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        inside = [
            one for statement in body for one in ast.walk(statement) if isinstance(one, kinds)
        ]
        node = next((one for one in reversed(inside) if one.name == name), None)
        if node is None:
            return None
        body = node.body
    return None if isinstance(node, ast.ClassDef) else node


@lru_cache(maxsize=32)
def _parsed(source: str, flags: int, name: str) -> tuple[list[FunctionNode], list[CodeType]]:
    try:
        tree = ast.parse(source)
        code = compile(source, name, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise EditedSourceError(f"the source in {name} cannot be parsed: {error}") from error
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)], list(_inner(code))


def _inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inner(constant)


@lru_cache(maxsize=4096)
def blank(code: CodeType) -> CodeType:
    """Take from code where it stood, so that equal code is equal."""
    constants = tuple(blank(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(
        co_consts=constants, co_firstlineno=1, co_linetable=b"", co_filename="", co_qualname=""
    )


def _distance(one: CodeType, other: CodeType) -> tuple[int, bool]:
    apart = abs(one.co_firstlineno - other.co_firstlineno)
    return apart, list(one.co_positions()) != list(other.co_positions())


def _line(node: FunctionNode) -> int:
    decorators = getattr(node, "decorator_list", [])
    return decorators[0].lineno if decorators else node.lineno


def _node_of(code: CodeType, nodes: list[FunctionNode]) -> FunctionNode:
    """Choose among the functions of one name that begin on one line, which are lambdas."""
    if len(nodes) == 1:
        return nodes[0]
    places = [
        ((line, column), (end_line, end))
        for line, end_line, column, end in code.co_positions()
        # what stands for no piece of source has no columns, or ends at column 0
        if line is not None and end_line is not None and column is not None and end
    ]
    fitting = [node for node in nodes if all(_within(node, place) for place in places)]
    if not places or not fitting:
        raise UnhashableValueError(
            f"the lambdas on line {code.co_firstlineno} of {code.co_filename} cannot be told "
            "apart; give each a line of its own"
        )
    return min(fitting, key=_extent)


def _within(node: FunctionNode, place: tuple[_Spot, _Spot]) -> bool:
    start, end = _span(node)
    return start <= place[0] and place[1] <= end


def _extent(node: FunctionNode) -> _Spot:
    start, end = _span(node)
    return end[0] - start[0], end[1] - start[1]


def _span(node: FunctionNode) -> tuple[_Spot, _Spot]:
    body = node.body if isinstance(node.body, ast.expr) else node
    end = (body.end_lineno or body.lineno, body.end_col_offset or body.col_offset)
    return (body.lineno, body.col_offset), end


def _is_instrumented(function: FunctionType) -> bool:
    """Tell whether an import hook may have changed the code, as pytest does with ``assert``."""
    module = sys.modules.get(function.__module__)
    spec = getattr(module, "__spec__", None)
    loader = getattr(spec, "loader", None) or getattr(module, "__loader__", None)
    return type(loader) is not SourceFileLoader


def _name(function: FunctionType) -> str:
    where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
    return f"function '{function.__qualname__}' ({where})"
