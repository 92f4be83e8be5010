"""Which variables code changes: that of a graph, and that outside of it."""

from __future__ import annotations

import ast
import re

from curifactory.code.graph import Graph
from curifactory.code.mentions import MUTATORS
from curifactory.code.modules import Module
from curifactory.code.resolve import Kind
from curifactory.code.scopes import Chain, Import

_STEP = r"(?:\.\w+|\[[^\]\n]*\])"
_CHANGED = re.compile(
    rf"\w+{_STEP}+\s*(?:[-+*/@%&|^]|//|\*\*|<<|>>)?=(?!=)"  # m.X = 1, X["a"] += 1
    rf"|\w+{_STEP}*\.(?:{'|'.join(sorted(MUTATORS))})\("
    r"|setattr\([^\n]*|global[^\n]*"
)


def changed_inside(graph: Graph) -> tuple[set[str], set[str], set[str]]:
    """Give what the functions of a graph may change.

    Returns
    -------
    tuple
        Keys of globals that they change, names of attributes that they set, and keys of globals
        that they hand to calls.
    """
    changed: set[str] = set()
    attributes: set[str] = set()
    handed: set[str] = set()
    for node in graph.nodes.values():
        if node.defines:
            changed |= _keys(graph, node.module, node.said.changed)
            attributes |= node.said.attributes
            handed |= _keys(graph, node.module, {(None, one) for one in node.said.handed})
    return changed, attributes, handed


def _keys(graph: Graph, module: Module, chains: set[tuple[Import | None, Chain]]) -> set[str]:
    targets = []
    for imported, chain in chains:
        if imported is not None:
            targets += graph.resolver.imported(module, imported, chain)
        else:
            targets += graph.resolver.resolve(module, chain)
    kinds = (Kind.DEFINITION, Kind.VALUE)
    return {f"{one.module}:{one.name}" for one in targets if one.kind in kinds}


def changed_outside(graph: Graph) -> set[str]:
    """Give the keys that some loaded code of the project changes, in functions or at its top.

    What the graph itself changes was taken out before; at the top of its own module a statement
    that changes a variable is one that says what it is.
    """
    names = {node.name for node in graph.nodes.values() if not node.defines}
    found: set[str] = set()
    for module in graph.modules.loaded():
        if module.name != "__main__" and not names & _words_in_changes(module):
            continue  # most modules need not be read as a whole
        found |= _keys(graph, module, module.said_in_functions.changed)
        at_top = _keys(graph, module, module.said_at_top.changed)
        found |= {key for key in at_top if not _says_what_it_is(module, key)}
    return found


def _words_in_changes(module: Module) -> set[str]:
    return set(re.findall(r"\w+", " ".join(_CHANGED.findall(module.text))))


def _says_what_it_is(module: Module, key: str) -> bool:
    """Tell whether a statement at the top of a module only binds its own variable."""
    owner, _, name = key.partition(":")
    if owner != module.name:
        return False
    said = module.bindings.get(name, [])
    # a script sets variables and calls stages in turn
    return module.name != "__main__" or (len(said) == 1 and isinstance(said[0], ast.Assign))
