"""What a worker made of a step, as a step of this pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from curifactory.planning.compare import Difference, differences
from curifactory.planning.decide import Kind
from curifactory.planning.recipe import Recipe
from curifactory.request import Request
from curifactory.running.elsewhere.answer import StepAnswer, Unusable
from curifactory.running.elsewhere.elsewhere import Elsewhere
from curifactory.running.looking import Looker
from curifactory.running.notes import note_call
from curifactory.running.pass_plan import Entry, carried_over
from curifactory.running.places import Places
from curifactory.running.reader import SessionReader
from curifactory.running.recipe_now import undeclared_facts
from curifactory.running.step import Step


def difference_from(
    answer: StepAnswer,
    made_from: Recipe,
    request: Request,
    recipe: Recipe,
    triggers: frozenset[Kind],
) -> Difference | None:
    """In what the step that was carried out elsewhere is not the one that is called now.

    Parameters
    ----------
    answer : StepAnswer
        What became of it.
    made_from : Recipe
        What it was made from.
    request : Request
        The call.
    recipe : Recipe
        What it would be made from here.
    triggers : frozenset of str
        Which kinds of difference count; code always does.
    """
    undeclared = undeclared_facts(request, answer.undeclared)
    found = differences(made_from, recipe, answer.undeclared, undeclared)
    return next((one for one in found if one.kind in triggers or one.kind == "code"), None)


def _new_step(request: Request, entry: Entry, made_from: Recipe) -> Step:
    return Step(request, entry.step.facts, made_from, {}, {}, plan_index=entry.step.plan_index)


class TakingOver:
    """Turns what workers made into steps of this pass.

    Parameters
    ----------
    elsewhere : Elsewhere
        Has it.
    looker : Looker
        Says what a step is made from here.
    places : Places
        Where artifacts are read.
    reader : SessionReader
        Remembers what is unusable.
    new_folder : callable
        Makes a temporary folder.
    """

    def __init__(
        self,
        elsewhere: Elsewhere,
        looker: Looker,
        places: Places,
        reader: SessionReader,
        new_folder: Callable[[], str],
    ) -> None:
        self._elsewhere, self._looker, self._places = elsewhere, looker, places
        self._reader, self._new_folder = reader, new_folder

    def take(
        self, request: Request, entry: Entry, triggers: frozenset[Kind]
    ) -> tuple[Step, float] | None:
        """A step that a worker executed, if it still is what is asked for, and its seconds.

        Parameters
        ----------
        request : Request
            The call.
        entry : Entry
            What the plan says about it.
        triggers : frozenset of str
            Which kinds of difference count.

        Raises
        ------
        StartAgain
            If the worker found unusable what it was to read.
        BaseException
            What the step raised there.
        """
        try:
            answer = self._elsewhere.take(entry)
        except Exception as error:
            note_call(error)
            raise
        if isinstance(answer, Unusable):
            raise self._reader.start_again(answer.reason, answer.paths, answer.outputs)
        if answer is None or not answer.executed:
            return None
        if answer.recipe is None:
            step = carried_over(request, entry, self._looker.code_of(request))
            if step is not None:
                return self._made(step, entry, answer), answer.seconds
        made_from = answer.recipe or entry.step.recipe
        other = difference_from(
            answer, made_from, request, self._looker.recipe_of(request), triggers
        )
        if other is not None:
            self._elsewhere.tell_other(entry, other.detail)
            return None
        return self._made(_new_step(request, entry, made_from), entry, answer), answer.seconds

    def left_over(self) -> Iterator[tuple[Step, float]]:
        """The steps that workers executed and no call took over, and their seconds."""
        for entry, answer in self._elsewhere.left_over():
            step = _new_step(entry.step.request, entry, answer.recipe or entry.step.recipe)
            yield self._made(step, entry, answer), answer.seconds

    def _made(self, step: Step, entry: Entry, answer: StepAnswer) -> Step:
        slots = self._places.slots_to_read(step.request)
        step.slots = dict(self._places.slots_of(step.request, slots, answer.commits))
        for slot in step.slots.values():
            self._reader.unusable.pop(slot.metadata_path, None)
        step.commits, step.timing = dict(answer.commits), answer.timing
        step.undeclared, step.tracked = answer.undeclared, answer.tracked
        step.travelled, step.unseeded = answer.values, answer.unseeded
        step.decision, step.needed = entry.planned.decision, entry.planned.needed
        step.changed, step.executed, step.as_planned = (), True, False
        step.settled()
        step.spreads = answer.spreads
        if answer.reports is not None:
            step.reports_folder = self._new_folder()
            _write(answer.reports, step.reports_folder)
        return step


def _write(files: Mapping[str, bytes], folder: str) -> None:
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
