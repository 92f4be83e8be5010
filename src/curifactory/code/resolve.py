"""From a name in a module to what it stands for, through imports and re-exports."""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass
from enum import Enum
from types import BuiltinFunctionType, FunctionType, ModuleType

from curifactory.code.modules import Module, Modules
from curifactory.code.scopes import DEFINITIONS, Chain, Import, imports_of

_Seen = frozenset[tuple[str, str]]


class Kind(Enum):
    """What a name can stand for."""

    DEFINITION = "a global name of a project module, with statements that bind it"
    MODULE = "a project module itself"
    VALUE = "a global of a project module that no statement binds"
    OUTSIDE = "something outside of the project"
    UNKNOWN = "nobody can tell"


@dataclass(frozen=True)
class Target:
    """What a name stands for.

    Parameters
    ----------
    kind : Kind
        What it is.
    module : str
        The project module that it is in, or is.
    name : str
        Its name there; the full dotted name of what is outside.
    """

    kind: Kind
    module: str
    name: str


class Resolver:
    """Follows names from module to module; imports nothing."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules

    def resolve(self, module: Module, chain: Chain, seen: _Seen = frozenset()) -> list[Target]:
        """Give what a dotted name in a module stands for: several things if it depends."""
        name = chain[0]
        if (module.name, name) in seen:
            return []
        seen |= {(module.name, name)}
        said = module.bindings.get(name)
        if said is None:
            return self._unbound(module, chain, seen)
        found = []
        if any(not isinstance(one, ast.Import | ast.ImportFrom) for one in said):
            found.append(Target(Kind.DEFINITION, module.name, name))
            value = module.live.get(name)
            if isinstance(value, ModuleType):
                found += self.in_module(value.__name__, chain[1:], seen)
        for imported in _imports(said, name):
            found += self.imported(module, imported, chain[1:], seen)
        return found

    def imported(
        self, module: Module, imported: Import, rest: Chain, seen: _Seen = frozenset()
    ) -> list[Target]:
        """Give what an import in a module, with attributes read from it, stands for."""
        name = module.absolute(imported)
        if imported.name == "*":
            return []
        if imported.name is None:
            return self.in_module(name, rest, seen)
        return self.in_module(name, (imported.name, *rest), seen)

    def in_module(self, name: str, rest: Chain, seen: _Seen = frozenset()) -> list[Target]:
        """Give what attributes of a module stand for."""
        module = self.modules.find(name)
        if module is None:
            return [Target(Kind.OUTSIDE, "", ".".join((name, *rest)))]
        if not rest:
            return [Target(Kind.MODULE, name, "")]
        if rest[0] not in module.bindings or (name, rest[0]) in seen:
            inner = f"{name}.{rest[0]}"
            if self.modules.find(inner) is not None:
                return self.in_module(inner, rest[1:], seen)
        return self.resolve(module, rest, seen)

    def _unbound(self, module: Module, chain: Chain, seen: _Seen) -> list[Target]:
        for star in reversed(module.stars):
            found = self._from_star(module.absolute(star), chain, seen)
            if found:
                return found
        name = chain[0]
        if name.startswith("__") or (name not in module.live and hasattr(builtins, name)):
            return []
        if name in module.live:
            return self._living(module, chain, seen)
        if "__getattr__" in module.bindings:
            return [Target(Kind.DEFINITION, module.name, "__getattr__")]
        return [Target(Kind.UNKNOWN, module.name, name)]

    def _from_star(self, name: str, chain: Chain, seen: _Seen) -> list[Target]:
        module = self.modules.find(name)
        if module is None:
            live = vars(sys.modules[name]) if name in sys.modules else {}
            return self.in_module(name, chain, seen) if chain[0] in live else []
        if chain[0] not in module.bindings and not module.stars:
            return []
        found = self.resolve(module, chain, seen)
        return [one for one in found if one.kind not in (Kind.UNKNOWN, Kind.VALUE)]

    def _living(self, module: Module, chain: Chain, seen: _Seen) -> list[Target]:
        """Give what a name that no statement binds holds right now."""
        value = module.live[chain[0]]
        if isinstance(value, ModuleType):
            return self.in_module(value.__name__, chain[1:], seen)
        if isinstance(value, FunctionType | BuiltinFunctionType | type):
            home = self.home(value)
            if home is not None:
                return [home]
        return [Target(Kind.VALUE, module.name, chain[0])]

    def home(self, value: FunctionType | BuiltinFunctionType | type) -> Target | None:
        """Give where a function or class is written; ``None`` if it stands in no scope to name."""
        module = self.modules.find(value.__module__) if value.__module__ else None
        if module is None:
            return Target(Kind.OUTSIDE, "", f"{value.__module__}.{value.__qualname__}")
        first = value.__qualname__.partition(".")[0]
        if "<" in value.__qualname__ or first not in module.bindings:
            return None
        return Target(Kind.DEFINITION, module.name, first)


def _imports(said: list[ast.stmt], name: str) -> list[Import]:
    nodes = [node for one in said if not isinstance(one, DEFINITIONS) for node in ast.walk(one)]
    return [
        imported
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for bound, imported in imports_of(node)
        if bound == name
    ]
