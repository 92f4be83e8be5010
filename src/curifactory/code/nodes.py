"""The nodes of the graph: one piece of project code each, and what it says."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType

from curifactory.code.dump import dump
from curifactory.code.mentions import Mentions, mentions
from curifactory.code.modules import Module
from curifactory.code.normalise import IsStage, normalised
from curifactory.code.scopes import DEFINITIONS, scope_of
from curifactory.code.source import FunctionNode
from curifactory.errors import UnhashableValueError

_METHODS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class Node:
    """One piece of code.

    Parameters
    ----------
    module : Module
        Where it is written.
    name : str
        Its qualified name there.
    line : int
        Where it begins; 0 for what no statement binds.
    statements : list of ast.stmt
        What it says, normalised.
    said : Mentions
        The names in that.
    methods : list of str
        Of a class: the nodes of its methods.
    edges : list of (str, str)
        Label and key of each node that it needs.
    outside : set of str
        What it needs of the world outside of the project.
    """

    module: Module
    name: str
    line: int = 0
    statements: list[ast.stmt] = field(default_factory=list)
    said: Mentions = field(default_factory=Mentions)
    methods: list[str] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)

    @cached_property
    def text(self) -> str:
        """What it says, as text that is equal on every Python version."""
        return dump(list(self.statements))

    @property
    def defines(self) -> bool:
        """Tell whether it is a function or a class, and not a value."""
        return any(isinstance(one, DEFINITIONS) for one in self.statements)


def definition(module: Module, name: str, is_stage: IsStage) -> Node:
    """Make the node of a global name, or of a method, ``"Class.method"``."""
    top, _, method = name.partition(".")
    statements = module.bindings[top]
    if method:
        return _method(module, name, statements, is_stage)
    methods = sorted({one.name for cls in _classes(statements) for one in _methods_of(cls)})
    kept = [_header(one) if isinstance(one, ast.ClassDef) else one for one in statements
            if not isinstance(one, ast.Import | ast.ImportFrom)]  # fmt: skip
    return _node(module, name, kept, is_stage, hidden=methods, methods=methods)


def without_fields(node: Node) -> Node:
    """Take from a parameter class its fields and bases, which count as values, elsewhere."""
    for cls in _classes(node.statements):
        cls.bases, cls.keywords = [], []
        cls.body = [one for one in cls.body if not _is_field(one)]
    node.said = mentions(node.statements, node.methods)
    return node


def _is_field(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field>")


def _method(module: Module, name: str, statements: list[ast.stmt], is_stage: IsStage) -> Node:
    _, _, method = name.partition(".")
    classes = _classes(statements)
    found: list[ast.stmt] = [
        one for cls in classes for one in _methods_of(cls) if one.name == method
    ]
    hidden = {bound for cls in classes for bound in scope_of(cls.body).bound}
    return _node(module, name, found, is_stage, hidden=hidden, of_class=True)


def _node(
    module: Module,
    name: str,
    statements: list[ast.stmt],
    is_stage: IsStage,
    hidden: set[str] | list[str],
    of_class: bool = False,
    methods: list[str] | None = None,
) -> Node:
    said = [normalised(one, is_stage) for one in statements]
    kept = [one for one in said if one is not None]
    line = statements[-1].lineno if statements else 0
    return Node(module, name, line, kept, mentions(kept, hidden, of_class), methods or [])


def local_function(
    module: Module, function: FunctionType, tree: FunctionNode, is_stage: IsStage
) -> Node:
    """Make the node of a function that no global name of a file leads to."""
    statement: ast.stmt = (
        ast.copy_location(ast.Expr(tree), tree) if isinstance(tree, ast.Lambda) else tree
    )
    hidden = set(function.__code__.co_freevars)
    return _node(module, function.__qualname__, [statement], is_stage, hidden)


def local_class(module: Module, cls: type, is_stage: IsStage) -> Node:
    """Make the node of a class of a notebook, or of one that a function made.

    Raises
    ------
    UnhashableValueError
        There is no source of it.
    """
    for source in _sources(cls, module):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        classes = [one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
        found = [one for one in classes if one.name == cls.__name__]
        if found:
            return _node(module, cls.__qualname__, [found[-1]], is_stage, set())
    raise UnhashableValueError(f"there is no source of class '{cls.__qualname__}'")


def _sources(cls: type, module: Module) -> list[str]:
    """Give the sources that may define a class, the likeliest first."""
    functions = [one for one in vars(cls).values() if isinstance(one, FunctionType)]
    files = [one.__code__.co_filename for one in functions if one.__module__ == cls.__module__]
    # a cell's source is never checked against a file: it has no time
    cells = [name for name, one in linecache.cache.items() if len(one) == 4 and one[1] is None]
    own = [module.file] if module.file else []
    named = dict.fromkeys([*files, *own, *reversed(cells)])
    return ["".join(linecache.getlines(name)) for name in named]


def _classes(statements: list[ast.stmt]) -> list[ast.ClassDef]:
    return [one for one in statements if isinstance(one, ast.ClassDef)]


def _methods_of(cls: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [one for one in cls.body if isinstance(one, _METHODS)]


def _header(cls: ast.ClassDef) -> ast.ClassDef:
    """Give a class without its methods, which are nodes of their own."""
    body = [one for one in cls.body if not isinstance(one, _METHODS)]
    fields = {**dict(ast.iter_fields(cls)), "body": body}
    return ast.copy_location(ast.ClassDef(**fields), cls)
