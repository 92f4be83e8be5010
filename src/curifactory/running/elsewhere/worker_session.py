"""The session of a worker: it carries out the steps of orders, and takes no calls."""

from __future__ import annotations

from curifactory.planning.decide import Facts, decide
from curifactory.request import Request
from curifactory.running.code_facts import CodeFacts
from curifactory.running.elsewhere.answering import NotHere
from curifactory.running.recipe_now import recipe_of
from curifactory.running.runner import References
from curifactory.running.session import Session
from curifactory.running.step import Step

_AS_PLANNED = Facts(frozenset())


class WorkerSession(Session):
    """Carries out steps as a session does, one by one as they were sent."""

    def call(self, request: Request) -> None:
        """A stage function called another stage: that is known where ``run`` is only."""
        raise NotHere(f"it calls stage '{request.definition.name}' itself")

    def code_of(self, request: Request) -> CodeFacts:
        """What the code of a step is here."""
        return self._looker.code_of(request)

    def carry_out(
        self, request: Request, code: CodeFacts, needed: frozenset[str]
    ) -> tuple[Step, References]:
        """Decide and carry out one step; afterwards its record's state has its outputs.

        Parameters
        ----------
        request : Request
        code : CodeFacts
            What its code is.
        needed : frozenset of str
            Which of its outputs are needed.
        """
        self.reader.mode = "run"
        recipe = recipe_of(request, code, self.settings.seeds_steps, lambda _: None)
        if self._runner.is_shared(request):
            # it is to run, as far as anybody knew: the look under its lock is the only one
            step = Step(request, _AS_PLANNED, recipe, {}, {}, needed=needed)
        else:
            step = self._looker.look(request, recipe)
            step.needed = needed
            step.decision = decide(step.facts, needed)
        if step.decision is None or step.decision.action == "RUN":
            step, references = self._runner.run(step, recipe, self._references)
        else:
            references = self._references(step)
        self._enter(step, references)
        return step, references

    def end_order(self) -> None:
        """Leave nothing of an order behind."""
        self._runner.begin_pass()
        self._runner.remove_staging()
        self.reported.clear()
