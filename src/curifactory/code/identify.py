"""Asking for the identity of a function's code, again and again in one process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from curifactory.code.dynamic import Watched, closure_values, watched
from curifactory.code.graph import Graph
from curifactory.code.identity import CodeIdentity, identity_of
from curifactory.code.live import callables_in
from curifactory.code.modules import Modules
from curifactory.code.parameters import parameter_callables, parameter_classes
from curifactory.code.root import project_of
from curifactory.code.standing import Standing

_Values = dict[str, Callable[[], Any]]
# a sweep over functions, such as classes of models, asks a question for each in turn
_MOST_ANSWERS = 256


def identify(
    function: Callable[..., object], params: object = None, *, root: str | None = None
) -> CodeIdentity:
    """Give the identity of a function's code; imports and executes nothing.

    Source is read once per process, when it is first needed: what runs stays what was read, even
    if its file is edited later. Another call with the same function only looks whether other code
    was loaded since, and which variables count by value now.

    Parameters
    ----------
    function : callable
        A function, a class, a partial or a bound method; of a stage or aggregate its function.
    params : object, optional
        The parameter set that it is called with. The methods of its class belong to the identity,
        and so do functions and classes among its values; its fields do not, since they count as
        values.
    root : str, optional
        The project's folder: code below it is followed, anything else is a package. By default
        the folder that the function's module is imported from, or one of the three above it that
        has a ``curifactory_config.json`` or ``pyproject.toml``.

    Returns
    -------
    CodeIdentity

    Raises
    ------
    UnhashableValueError
        There is no source of the function.
    """
    identity, dynamic = identity_and_variables(function, params, root=root)
    return replace(identity, dynamic=dynamic) if dynamic else identity


def identity_and_variables(
    function: Callable[..., object], params: object = None, *, root: str | None = None
) -> tuple[CodeIdentity, Mapping[str, Callable[[], Any]]]:
    """Give the identity without its variables, and these; as long as code is as it was, the same.

    See `identify`.
    """
    start, bound = _start(function)
    values = {**closure_values(start), **bound}
    held = list(parameter_callables(params))
    if values:
        held = [*_held(values), *held]
    # the objects themselves are kept with the answer, so that none of these numbers is used again
    question = (root, type(params), *map(id, held))
    answers = _KNOWN.setdefault(start, {})
    known = answers.get(question)
    dynamic = {} if known is None else known.dynamic()
    if known is None or not known.still_runs(dynamic):
        answers.pop(question, None)
        if len(answers) >= _MOST_ANSWERS:
            del answers[next(iter(answers))]
        graph = Graph(modules_of(root or project_of(start)))
        known = answers[question] = _known(graph, start, params, held)
        dynamic = known.dynamic()
    return known.identity, ({**values, **dynamic} if values else dynamic)


def standing(
    function: Callable[..., object], params: object = None, *, root: str | None = None
) -> Standing | None:
    """Give what tells at little cost that an answer holds, if nothing hidden has a part in it.

    ``None`` if a closure, a partial, a variable or a parameter has: that is to be asked anew. See
    `identify`.
    """
    start, bound = _start(function)
    if bound or closure_values(start) or any(True for _ in parameter_callables(params)):
        return None
    known = _KNOWN.get(start, {}).get((root, type(params)))
    return None if known is None or known.held else Standing(known.runs, known.watched)


@dataclass
class _Known:
    """An identity, and what it was found from.

    Parameters
    ----------
    identity : CodeIdentity
        Without variables.
    runs : dict of (str, str) to object
        What the globals were, by module and name, that it covers.
    watched : list of Watched
        Variables that may count by value.
    held : list of (function or class)
        What those held.
    kept : list of (function or class)
        What the question was about.
    """

    identity: CodeIdentity
    runs: dict[tuple[str, str], object]
    watched: list[Watched]
    held: list[FunctionType | type]
    kept: list[FunctionType | type]

    def dynamic(self) -> _Values:
        return {one.name: one.get for one in self.watched if one.counts()}

    def still_runs(self, dynamic: _Values) -> bool:
        for (module, name), now in self.runs.items():
            if getattr(sys.modules.get(module), name, None) is not now:
                return False
        if not dynamic and not self.held:
            return True
        held = _held(dynamic)
        return len(held) == len(self.held) and all(map(_is, held, self.held))


_KNOWN: WeakKeyDictionary[object, dict[tuple[object, ...], _Known]] = WeakKeyDictionary()


def _known(
    graph: Graph, start: FunctionType | type, params: object, held: list[FunctionType | type]
) -> _Known:
    keys = [graph.add(start)]
    if params is not None:
        mine = [one for one in parameter_classes(params) if graph.knows(one)]
        keys += [graph.add_without_fields(one) for one in mine]
    # what a closure holds is reached from the function already, and then this adds nothing
    keys += [graph.add(one) for one in held if graph.knows(one)]
    graph.keep_reached(keys)
    found = _Known(identity_of(graph, keys), {}, watched(graph, start.__module__), [], held)
    found.held = _held(found.dynamic())
    for node in graph.nodes.values():
        place = (node.module.name, node.name.partition(".")[0])
        if node.defines and place[0] in sys.modules:
            found.runs[place] = getattr(sys.modules.get(place[0]), place[1], None)
    return found


def _start(function: object) -> tuple[FunctionType | type, _Values]:
    """Give the function or class that a callable ends in, and the values that it binds."""
    values: _Values = {}
    while not isinstance(function, FunctionType | type) or _is_ours(function):
        if isinstance(function, partial):
            bound = {**{str(n): v for n, v in enumerate(function.args)}, **function.keywords}
            for name, value in bound.items():
                values.setdefault(f"argument {name}", partial(_itself, value))
            function = function.func
        elif hasattr(function, "__func__"):
            values["__self__"] = partial(_itself, getattr(function, "__self__", None))
            function = function.__func__
        else:
            function = getattr(function, "__wrapped__", type(function))
    return function, values


def _is_ours(function: object) -> bool:
    """Tell whether a function is what our decorators put in place of a stage's."""
    own = getattr(function, "__globals__", {}).get("__name__", "")
    return own == "curifactory.staging" and hasattr(function, "__wrapped__")


def _itself(value: Any) -> Any:
    return value


def _is(one: object, other: object) -> bool:
    return one is other


def _held(values: _Values) -> list[FunctionType | type]:
    """Give the functions and classes that some variables hold now."""
    return [one for get in values.values() for _, one in callables_in(get())]


@lru_cache(maxsize=32)
def modules_of(root: str) -> Modules:
    """The modules below a project's folder, whose source is read once per process."""
    return Modules(root)
