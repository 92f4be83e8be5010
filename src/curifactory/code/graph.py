"""All project code that a function reaches, as a graph."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import singledispatch
from types import FunctionType
from typing import cast

from curifactory.code.live import callables_in, codes_in
from curifactory.code.modules import Module, Modules
from curifactory.code.nodes import Node, definition, local_class, local_function, without_fields
from curifactory.code.resolve import Kind, Resolver, Target
from curifactory.code.scopes import chain_of
from curifactory.code.source import EditedSourceError, FunctionNode, function_node, node_by_name
from curifactory.errors import UnhashableValueError

_OUR_DECORATORS = ("stage", "aggregate")
_SINGLEDISPATCH = cast(FunctionType, singledispatch(callables_in)).__code__


class Graph:
    """The pieces of code that some functions reach; grows as functions are added.

    Attributes
    ----------
    nodes : dict of str to Node
        By a key that means nothing outside of this graph.
    packages : set of str
        Top-level modules outside of the project that the code names.
    edited : bool
        Whether some source is not what runs.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.resolver = Resolver(modules)
        self.nodes: dict[str, Node] = {}
        self.packages: set[str] = set()
        self.edited = False
        self._waiting: list[tuple[str, Node]] = []

    def add(self, value: FunctionType | type) -> str:
        """Add a function or class of the project with all that it reaches; gives its node's key.

        Raises
        ------
        UnhashableValueError
            There is no source of it.
        """
        key = self._key_of(value)
        if key is None:
            raise UnhashableValueError(f"'{value.__qualname__}' has no source in this project")
        self._connect_all()
        return key

    def knows(self, value: FunctionType | type) -> bool:
        """Tell whether a function or class belongs to the project and has source."""
        try:
            return self._key_of(value) is not None
        except UnhashableValueError:
            return False

    def add_without_fields(self, cls: type) -> str:
        """Add a parameter class, whose fields and bases count elsewhere; see `add`."""
        key = f"{cls.__module__}:{cls.__qualname__}:without fields"
        if key not in self.nodes:
            home = self.resolver.home(cls)
            if home is None:
                node = self._local_node(self._module(cls.__module__), cls)
            else:
                node = self._definition_node(self._module(home.module), home.name)
            self._put(key, without_fields(node))
            self._connect_all()
        return key

    def keep_reached(self, keys: Iterable[str]) -> None:
        """Leave out the nodes that these do not reach, which were only looked at."""
        waiting, reached = list(keys), dict[str, Node]()
        while waiting:
            key = waiting.pop()
            if key not in reached:
                node = reached[key] = self.nodes[key]
                waiting += [inner for _, inner in node.edges]
        self.nodes = {key: node for key, node in self.nodes.items() if key in reached}

    def _connect_all(self) -> None:
        while self._waiting:
            self._connect(*self._waiting.pop())

    def _key_of(self, value: FunctionType | type) -> str | None:
        home = self.resolver.home(value)
        if home is None:
            return self._local(value)
        if home.kind is Kind.OUTSIDE:
            self.packages.add(home.name.partition(".")[0])
            return None
        name = value.__qualname__
        if isinstance(value, FunctionType) and self._is_method(home, name):
            return self._definition(self._module(home.module), name)
        return self._definition(self._module(home.module), home.name)

    def _is_method(self, home: Target, name: str) -> bool:
        _, _, method = name.partition(".")
        return bool(method) and method in self._node(home.module, home.name).methods

    def _node(self, module: str, name: str) -> Node:
        return self.nodes[self._definition(self._module(module), name)]

    def _module(self, name: str) -> Module:
        module = self.modules.find(name)
        if module is None:
            raise UnhashableValueError(f"module '{name}' is not there any more")
        return module

    def _definition(self, module: Module, name: str) -> str:
        key = f"{module.name}:{name}"
        if key not in self.nodes:
            self._put(key, self._definition_node(module, name))
        return key

    def _definition_node(self, module: Module, name: str) -> Node:
        return definition(module, name, lambda one: self._is_stage(module, one))

    def _local(self, value: FunctionType | type) -> str:
        module = self._module(value.__module__)
        key = f"{module.name}:{value.__qualname__}:{id(value)}"
        if key not in self.nodes:
            try:
                node = self._local_node(module, value)
            except EditedSourceError:
                # nothing there has its name any more
                self.edited, node = True, Node(module, value.__qualname__)
            self._put(key, node)
            if isinstance(value, FunctionType):
                self._hold(node, _closure(value))
        return key

    def _local_node(self, module: Module, value: FunctionType | type) -> Node:
        def is_stage(decorator: ast.expr) -> bool:
            return self._is_stage(module, decorator)

        if isinstance(value, FunctionType):
            return local_function(module, value, self._tree(module, value), is_stage)
        return local_class(module, value, is_stage)

    def _tree(self, module: Module, function: FunctionType) -> FunctionNode:
        try:
            return function_node(function)
        except UnhashableValueError:
            found = node_by_name(module.text, function.__qualname__)
            if found is None:
                raise
            self.edited = True
            return found

    def _put(self, key: str, node: Node) -> None:
        self.nodes[key] = node
        self._waiting.append((key, node))

    def _is_stage(self, module: Module, decorator: ast.expr) -> bool:
        chain = chain_of(decorator)
        found = self.resolver.resolve(module, chain) if chain else []
        names = [one.name.split(".") for one in found if one.kind is Kind.OUTSIDE]
        return any(n[0] == "curifactory" and n[-1] in _OUR_DECORATORS for n in names)

    def _connect(self, key: str, node: Node) -> None:
        """Draw the edges of a node to all that it names or holds."""
        for method in node.methods:
            inner = self._definition(node.module, f"{node.name}.{method}")
            node.edges.append((f".{method}", inner))
        for chain in node.said.chains:
            self._draw(node, ".".join(chain), self.resolver.resolve(node.module, chain))
        for name, imported, rest in node.said.imported:
            found = self.resolver.imported(node.module, imported, rest)
            self._draw(node, ".".join((name, *rest)), found)
        if key == f"{node.module.name}:{node.name}":
            self._look_at_what_runs(node)

    def _draw(self, node: Node, label: str, targets: Iterable[Target]) -> None:
        for target in targets:
            if target.kind is Kind.OUTSIDE:
                node.outside.add(f"{label}: {target.name}")
                self.packages.add(target.name.partition(".")[0])
            elif target.kind is Kind.UNKNOWN:
                if not label.startswith("<"):
                    node.outside.add(f"{label}: unknown")
            else:
                node.edges += [(label, key) for key in self._keys(target)]

    def _keys(self, target: Target) -> list[str]:
        module = self._module(target.module)
        if target.kind is Kind.DEFINITION:
            return [self._definition(module, target.name)]
        if target.kind is Kind.VALUE:
            return [self._value(module, target.name)]
        # a module that is handed on as a value may be asked for anything in it
        names = [name for name, said in module.bindings.items() if _defines(said)]
        return [self._definition(module, name) for name in names]

    def _value(self, module: Module, name: str) -> str:
        """Give the node of a global that no statement binds, as in a notebook."""
        value = module.live.get(name)
        if isinstance(value, FunctionType | type):
            try:
                return self._local(value)
            except UnhashableValueError:
                self.edited |= module.file is not None and not module.tree.body
        key = f"{module.name}:{name}"
        if key not in self.nodes:
            self._put(key, Node(module, name))
        return key

    def _look_at_what_runs(self, node: Node) -> None:
        """Compare a node's source with what is loaded, and follow what this holds besides."""
        top = node.name.partition(".")[0]
        if top not in node.module.live:
            return
        value = node.module.live[top]
        if node.module.file is not None and node.defines:
            codes = codes_in(value, node.name)
            self.edited |= not all(node.module.runs(code) for code in codes)
        if top == node.name:
            self._hold(node, _held(value))

    def _hold(self, node: Node, values: Iterable[tuple[str, object]]) -> None:
        """Draw edges to the functions and classes in some values that source does not lead to."""
        known = {key for _, key in node.edges} | {f"{node.module.name}:{node.name}"}
        for label, value in values:
            for step, found in callables_in(value, label):
                key = self._held_key(found, known)
                if key is not None and key not in known:
                    node.edges.append((step, key))

    def _held_key(self, value: FunctionType | type, known: set[str]) -> str | None:
        if f"{value.__module__}:{value.__qualname__.partition('.')[0]}" in known:
            return None
        try:
            if self.modules.find(value.__module__ or "") is None:
                return None
            return self._key_of(value)
        except UnhashableValueError:
            return None


def _defines(statements: list[ast.stmt]) -> bool:
    return not all(isinstance(one, ast.Import | ast.ImportFrom) for one in statements)


def _closure(function: FunctionType) -> list[tuple[str, object]]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found: list[tuple[str, object]] = []
    for name, cell in cells:
        try:
            found.append((f"closure {name}", cell.cell_contents))
        except ValueError:
            continue  # a variable that has no value yet
    return found


def _held(value: object) -> list[tuple[str, object]]:
    """Give what a global holds beyond what its statements say."""
    if isinstance(value, type):
        plain = (dict, list, tuple, set, frozenset)
        return [(name, one) for name, one in vars(value).items()
                if isinstance(one, plain) and not name.startswith("__")]  # fmt: skip
    if isinstance(value, FunctionType) and value.__code__ is _SINGLEDISPATCH:
        registered = value.registry  # type: ignore[attr-defined]
        # those of its own module say so in its source
        return [(f"registered {cls.__qualname__}", one) for cls, one in registered.items()
                if one.__module__ != value.__module__]  # fmt: skip
    return [("", value)]
