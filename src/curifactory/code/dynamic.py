"""Which variables count by value at the call, since code outside of the graph sets them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import FunctionType
from typing import Any

from curifactory.code.changes import changed_inside, changed_outside
from curifactory.code.graph import Graph
from curifactory.code.nodes import Node

_MISSING: Any = object()
_LONGEST = 1000  # comparing what is longer, at each call, would take long


@dataclass(frozen=True, slots=True)
class Variable:
    """A global of a module, or an attribute of a class in one; called, it gives its value now.

    Parameters
    ----------
    module : str
        The module's name.
    name : str
        ``"name"`` of a global, ``"Class.name"`` of an attribute.
    """

    module: str
    name: str

    def __call__(self) -> Any:
        """The value; a value of its own where there is none."""
        owner: Any = sys.modules.get(self.module)
        cls, _, name = self.name.rpartition(".")
        if cls:
            owner = getattr(owner, cls, None)
            if not isinstance(owner, type):
                return _MISSING
        value = _MISSING if owner is None else vars(owner).get(name, _MISSING)
        # neither the members of an enum nor descriptors are what the source says, nor set later
        if cls and (isinstance(value, Enum) or hasattr(type(value), "__get__")):
            return _MISSING
        return value

    def is_there(self) -> bool:
        """Tell whether it has a value."""
        return self() is not _MISSING


@dataclass(slots=True)
class Watched:
    """A variable that may count by value: a global, or an attribute of a class.

    Parameters
    ----------
    name : str
        What it is called, with its module if that is not the stage's own.
    get : Variable
        Gives its value now.
    said : object
        What its source says it is; it counts when it is something else.
    """

    name: str
    get: Variable
    said: object = _MISSING
    _as_said: object = _MISSING

    def counts(self) -> bool:
        """Tell whether the variable is other now than its source says."""
        value = self.get()
        if value is _MISSING or value is self._as_said:
            return False
        if self.said is _MISSING or not _equal(value, self.said):
            return True
        if _never_changes(value):
            self._as_said = value  # this is asked at each call
        return False


def _never_changes(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_never_changes, value))
    return isinstance(value, str | bytes | int | float | complex | None)


def watched(graph: Graph, home: str) -> list[Watched]:
    """Give the variables of a graph that count by value, or may do so later.

    A variable that the graph's own code changes, such as a memo or a counter, does not count: it
    would be another one at each call.

    Parameters
    ----------
    graph : Graph
        What the stage reaches.
    home : str
        The stage's own module, whose variables are named without it.
    """
    changed, attributes, handed = changed_inside(graph)
    found: list[Watched] = []
    outside: set[str] | None = None
    for key, node in graph.nodes.items():
        if key in changed or node.said is None or ":" in key.partition(":")[2]:
            continue
        where = "" if node.module.name == home else f"{node.module.name}."
        if node.defines:
            found += _class_attributes(node, where, attributes)
            continue
        said = _literal(node.statements)
        unclear = isinstance(said, list | dict | set) and (key in handed or len(said) > _LONGEST)
        if unclear or (said is _MISSING and node.statements):
            outside = changed_outside(graph) if outside is None else outside
            if key not in outside:
                continue
        found.append(Watched(where + node.name, Variable(node.module.name, node.name), said))
    return sorted(found, key=lambda one: one.name)


def closure_values(function: object) -> dict[str, Callable[[], Any]]:
    """Give the variables that a function takes from the function around it, and its defaults."""
    if not isinstance(function, FunctionType):
        return {}
    found: dict[str, Callable[[], Any]] = {}
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        if not name.startswith("__"):
            found[f"closure {name}"] = lambda cell=cell: _content(cell)  # type: ignore[misc]
    if "<" in function.__qualname__:
        code, defaults = function.__code__, function.__defaults__ or ()
        arguments = code.co_varnames[: code.co_argcount]
        pairs = zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True)
        for name, value in (*pairs, *(function.__kwdefaults__ or {}).items()):
            found[f"default {name}"] = lambda value=value: value  # type: ignore[misc]
    return found


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # a variable that has no value yet


def _class_attributes(node: Node, where: str, attributes: set[str]) -> list[Watched]:
    found = []
    for cls in node.statements:
        for one in cls.body if isinstance(cls, ast.ClassDef) else ():
            names = [t.id for t in getattr(one, "targets", ()) if isinstance(t, ast.Name)]
            said = _literal([one], in_class=True)
            if said is _MISSING or names[0] in attributes:
                continue
            get = Variable(node.module.name, f"{node.name}.{names[0]}")
            found.append(Watched(f"{where}{node.name}.{names[0]}", get, said))
    return found


def _literal(statements: list[ast.stmt], in_class: bool = False) -> object:
    """Give the value of a plain ``x = 3``; of anything else nobody knows without executing it."""
    if len(statements) != 1 or not isinstance(statements[0], ast.Assign):
        return _MISSING
    statement = statements[0]
    value = statement.value
    if in_class and isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field>"):
        value = value.args[0] if value.args else value
    if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
        return _MISSING
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _MISSING


def _equal(one: Any, other: Any) -> bool:
    """Compare plain values; what is no literal is not equal to one."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(_equal, one.values(), other.values()))
    return repr(one) == repr(other) if isinstance(one, float | complex) else bool(one == other)
