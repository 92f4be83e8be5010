"""What runs need of a cache: everything that they made or used."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from curifactory.care.inventory import Inventory
from curifactory.care.past_runs import PastRun, past_runs
from curifactory.runs.pins import artifact_key, pins

Generations = set[str]

# whoever made it again with equal content made what was needed then
_EQUAL_THERE = (
    "JOIN artifacts AS equal ON equal.place = made.place "
    "AND equal.metadata_path = made.metadata_path "
    "AND (equal.id = made.id OR equal.content = made.content)"
)


class Needs:
    """Answers which artifacts are needed, and by whom; steps are named by their generations.

    Parameters
    ----------
    inventory : Inventory
        The cache.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.runs = past_runs(inventory)

    def of_runs(self, runs: Iterable[PastRun]) -> Generations:
        """What these runs made or used, also where it was made again since with equal content.

        What a run used that did not come to its end is not written down: what its artifacts were
        made from is.
        """
        wanted = list(runs)
        needed = self._ask(
            "SELECT equal.generation FROM uses JOIN artifacts AS made ON made.id = artifact "
            f"{_EQUAL_THERE} WHERE run IN (SELECT value FROM json_each(?))",
            [run.id for run in wanted],
        )
        return needed | self._around([run.reference for run in wanted if not run.ended])

    def of_pins(self) -> Generations:
        """What is pinned, and what pinned runs need."""
        found = pins(self._inventory.connection)
        references = {pin.key for pin in found if pin.kind == "run"}
        keys = {pin.key for pin in found if pin.kind == "artifact"}
        needed = self.of_runs(self._runs_of(references))
        folder = self._inventory.cache.place.folder
        return needed | {
            one.generation
            for one in (self._inventory.stored if keys else ())
            if artifact_key(folder, one.metadata_path) in keys
        }

    def of_runs_going_on(self) -> Generations:
        """What a run may want that has not come to its end.

        Nobody knows before its end what it used. So all of its experiment counts, whatever was
        made since it began, and what has another experiment's name, for that is shared.
        """
        going_on = [run for run in self.runs if run.going_on]
        if not going_on:
            return set()
        experiments = {run.experiment for run in going_on}
        began = min(run.started for run in going_on)
        needed = self.of_runs(run for run in self.runs if run.experiment in experiments)
        facts = self._inventory.facts("experiment")
        for one in self._inventory.stored:
            (experiment,) = facts[one.id]
            is_shared = not os.path.basename(one.path).startswith(f"{experiment}_")
            if experiment in experiments or one.made >= began or is_shared:
                needed.add(one.generation)
        return needed

    def since(self, moment: float) -> Generations:
        """What runs need that began since then."""
        return self.of_runs(run for run in self.runs if run.started >= moment)

    def _runs_of(self, references: set[str]) -> list[PastRun]:
        """The runs of these references, in whatever folder they were."""
        rows = self._inventory.connection.execute(
            "SELECT id, reference, experiment, status, started, 0, ended IS NOT NULL FROM runs "
            "WHERE reference IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(references)),),
        )
        return [PastRun(*row) for row in rows]

    def _around(self, references: Sequence[str]) -> Generations:
        """What these runs made, and what that was made from."""
        made = self._ask(
            f"SELECT equal.generation FROM artifacts AS made {_EQUAL_THERE} "
            "WHERE made.made_by IN (SELECT value FROM json_each(?))",
            references,
        )
        # also of other artifacts with equal content: any of them may be what was read
        return made | self._ask(
            "SELECT source.generation FROM artifacts AS made "
            "JOIN inputs ON inputs.artifact = made.id "
            "JOIN artifacts AS source "
            "ON source.content = inputs.content AND instr(inputs.stage, source.stage) "
            "WHERE made.made_by IN (SELECT value FROM json_each(?))",
            references,
        )

    def _ask(self, question: str, values: Sequence[Any]) -> Generations:
        """The generations that answer a question about a list."""
        if not values:
            return set()
        rows = self._inventory.connection.execute(question, (json.dumps(values),))
        return {generation for (generation,) in rows}
