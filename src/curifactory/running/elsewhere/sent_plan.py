"""What a plan says about sending its steps: what is read from where, and what has to come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curifactory.planning.recipe import Recipe
from curifactory.running.elsewhere.definitions import sent_definition
from curifactory.running.elsewhere.noting import Noted
from curifactory.running.elsewhere.order import CodeHere, SentDefinition
from curifactory.running.elsewhere.pickling import dumps, why_not
from curifactory.running.elsewhere.staying import StaysError
from curifactory.running.facts import references_in
from curifactory.running.pass_plan import Entry


class SentPlan:
    """The plan of one pass, as far as its steps are sent.

    Parameters
    ----------
    entries : sequence of Entry
        The plan.
    noted : dict of int to Noted
        The calls that can be carried out elsewhere, by position.
    lazy, ignore_lazy : bool
        Whether every output, or none, is lazy.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        noted: Mapping[int, Noted],
        lazy: bool,
        ignore_lazy: bool,
    ) -> None:
        self.entries = entries
        self.noted = noted
        self._laziness = (lazy, ignore_lazy)
        # each with what its number is of: that of an object which is gone is given to another one
        self._params: dict[int, tuple[Any, bytes]] = {}
        self._definitions: dict[int, SentDefinition] = {}
        self._codes: dict[tuple[str | None, int, int], CodeHere] = {}
        self._readers = self._find_readers()
        # what `run` read of one record, it is likely to read of all
        self._wanted = {
            (entry.step.request.definition.identity, name)
            for entry in entries
            for name in entry.step.wanted
        }

    def origin(self, position: int) -> int:
        """The step that makes what a step gives: an earlier one, if it takes that over."""
        entry = self.entries[position]
        while entry.same_as is not None and entry.planned.decision.action != "RUN":
            position = entry.same_as
            entry = self.entries[position]
        return position

    def carried(self, position: int, together: Sequence[int] = ()) -> frozenset[str]:
        """Outputs without cacher whose values are needed outside of an order.

        Parameters
        ----------
        position : int
            The step that makes them.
        together : sequence of int
            The steps of the order.
        """
        entry = self.entries[position]
        found = set()
        stage = entry.step.request.definition.identity
        for name in entry.step.facts.uncached & entry.planned.needed:
            readers = self._readers.get((position, name), set())
            if (stage, name) in self._wanted or not readers or readers - set(together):
                found.add(name)
        return frozenset(found)

    def read(self, position: int) -> frozenset[str]:
        """The outputs of a step that steps to run read."""
        outputs = self.entries[position].step.request.definition.outputs
        return frozenset(one.name for one in outputs if (position, one.name) in self._readers)

    def readers_of_uncached(self, position: int) -> frozenset[int]:
        """The steps to run that read an output of a step which no cacher keeps."""
        uncached = self.entries[position].step.facts.uncached
        return frozenset().union(*(self._readers.get((position, name), ()) for name in uncached))

    def _find_readers(self) -> dict[tuple[int, str], set[int]]:
        """By step and output: the steps to run that read it."""
        found: dict[tuple[int, str], set[int]] = {}
        for position, entry in enumerate(self.entries):
            if entry.planned.decision.action == "RUN":
                for reference in references_in(entry.step.request):
                    index = reference.step.plan_index
                    if index is not None:
                        place = (self.origin(index), reference.output.name)
                        found.setdefault(place, set()).add(position)
        return found

    def sent_params(self, params: Any) -> bytes | None:
        """A parameter set, pickled once."""
        if params is None:
            return None
        if id(params) not in self._params:
            try:
                self._params[id(params)] = params, dumps(params)
            except Exception as error:
                raise StaysError(
                    f"parameter set '{params.name}' of class '{type(params).__qualname__}' cannot "
                    f"be pickled ({why_not(error)})"
                ) from None
        return self._params[id(params)][1]

    def code(self, recipe: Recipe) -> CodeHere:
        """The code of a step; one object for equal ones: an order has it once."""
        key = recipe.code, id(recipe.variables), id(recipe.packages)
        if key not in self._codes:
            self._codes[key] = recipe.code, dict(recipe.variables), dict(recipe.packages)
        return self._codes[key]

    def definition(self, position: int) -> SentDefinition:
        """The stage of a step."""
        noted = self.noted.get(position)
        if noted is not None:
            return noted.definition
        if position not in self._definitions:
            definition = self.entries[position].step.request.definition
            self._definitions[position] = sent_definition(definition, *self._laziness)
        return self._definitions[position]
