"""What a function says, apart from how it is written down."""

from __future__ import annotations

import ast
from types import FunctionType

from curifactory.code.dump import dump
from curifactory.code.dynamic import Variable
from curifactory.code.identify import identify, identity_and_variables, modules_of, standing
from curifactory.code.identity import CodeIdentity, CodePart
from curifactory.code.modules import is_installed
from curifactory.code.source import function_node

__all__ = [
    "CodeIdentity",
    "CodePart",
    "Variable",
    "dump",
    "function_node",
    "identify",
    "identity_and_variables",
    "is_installed",
    "modules_of",
    "normalised_code",
    "standing",
]


def normalised_code(function: FunctionType) -> str:
    """Give a function's syntax tree as text, equal on every Python version.

    Comments, docstrings, formatting, positions and annotations are left out, and so are the
    function's decorators: what they make of it is another function.

    Parameters
    ----------
    function : function
        A Python function or lambda.

    Raises
    ------
    UnhashableValueError
        There is no source, or it is not the source of what is running.
    """
    node = function_node(function)
    if isinstance(node, ast.Lambda):
        return dump(node)
    return dump(_without_decorators(node))


def _without_decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), "decorator_list": []})
