"""The session: the passes around the stage calls of a manager, and what stages do by hand."""

from __future__ import annotations

import functools
import os
import weakref
from typing import Any

from curifactory.caching.rendered import attach
from curifactory.errors import DefinitionError
from curifactory.events import Departed, Events, Planned
from curifactory.planning.decide import Decision, Reason
from curifactory.planning.inputs import key_of
from curifactory.record import Record
from curifactory.request import Request, output_names
from curifactory.running.calls import Calls, SessionSettings
from curifactory.running.collisions import Collisions
from curifactory.running.elsewhere.elsewhere import Elsewhere
from curifactory.running.elsewhere.taking_over import TakingOver
from curifactory.running.opened_files import OpenedFiles
from curifactory.running.pass_plan import FollowedPlan, PassPlan
from curifactory.running.step import Reference
from curifactory.store.metadata_index import MetadataIndex

__all__ = ["Session", "SessionSettings"]


class Session(Calls):
    """All stage calls of one manager: live, or in a plan pass and a run pass.

    Parameters
    ----------
    settings : SessionSettings
        The manager; what is set on it counts from the next call on.
    events : Events
        Told everything that happens.

    Attributes
    ----------
    loose_reports : list
        Reportables that were given outside of a running stage.
    """

    def __init__(self, settings: SessionSettings, events: Events) -> None:
        super().__init__(settings, events)
        self.loose_reports: list[Any] = []
        self._opened = OpenedFiles(self.reader.check_files, self.reader.is_intact)

    # ------------------------------------------------------------------ passes

    def use(self, elsewhere: Elsewhere) -> None:
        """Let the steps of passes to come be carried out elsewhere."""
        self.elsewhere = elsewhere
        self._taking_over = TakingOver(
            elsewhere, self._looker, self.places, self.reader, self.scratch.new_folder
        )

    def begin_plan(self) -> None:
        """From now on calls are only noted, until `begin_run`."""
        self.plan, self._collisions = PassPlan(), Collisions()
        self._begin_pass("plan")
        self._index = self._looker.index = self._index or metadata_index(self.settings)
        if self.elsewhere is not None:
            self.elsewhere.begin_plan()

    def end_plan(self, ended_early: str | None) -> None:
        """Decide what was noted; `ended_early` says why more may follow, if so."""
        self.plan.ended_early = ended_early
        self.plan.settle()
        if self._index is not None:
            self._index.forget()
        self._looker.index = None
        self.events.emit(Planned(tuple(self.plan.shown()), ended_early))

    def begin_run(self, follow_plan: bool) -> None:
        """From now on calls are carried out, as the plan decided if there is one.

        Raises
        ------
        CodeChangedError
            If something would run because of changed code, and that is to be an error.
        """
        if follow_plan:
            self._changed_code.refuse(entry.step for entry in self.plan.entries)
            self.tell_changes()
        self._begin_pass("run")
        if not follow_plan:
            self._collisions = Collisions()
        self._followed = FollowedPlan(self.plan) if follow_plan else None
        if self.elsewhere is not None and follow_plan:
            self.elsewhere.begin_run(self.plan.entries)

    def tell_changes(self) -> None:
        """Tell of artifacts in the plan that are used although their code changed."""
        self._changed_code.tell(entry.step for entry in self.plan.entries)

    def find_unusable(self) -> None:
        """Check all that the plan wants to load, so that it is found in one go."""
        for entry in self.plan.entries:
            # what an earlier step of the run makes is not what lay there when it was planned
            if entry.planned.decision.action == "LOAD" and entry.same_as is None:
                self.reader.note_unusable(entry.step, entry.planned.needed)

    def raise_if_replaced(self, error: Exception) -> None:
        """`run` failed: if files that it was reading were written anew, that is why.

        Raises
        ------
        StartAgain, UnusableArtifactError
            If they were.
        """
        replaced = self._opened.replaced(after_error=True)
        if replaced is not None:
            raise self.reader.was_replaced(replaced) from error

    def end_failed_run(self, error: Exception) -> None:
        """The run pass ended with an error; what other processes can still do goes on.

        Parameters
        ----------
        error : Exception
            Gets a note about everything else that failed.
        """
        self._save_index()
        if self.elsewhere is not None:
            self.elsewhere.wait_for_rest(error)
            for step, seconds in self._taking_over.left_over():
                self._finished(step, seconds)
                if self.on_artifacts is not None:
                    self.on_artifacts(step)

    def end_run(self) -> None:
        """The run pass came to its end.

        Raises
        ------
        BaseException
            What a step raised elsewhere, if no call of ``run`` did.
        """
        if self.elsewhere is not None:
            self.elsewhere.wait_for_rest(None)
        self._save_index()
        replaced = self._opened.replaced(after_error=False)
        if replaced is not None:
            self.events.notice(
                f"'{replaced.output.name}' of {replaced.step.name} was written anew after `run` "
                "had asked for it: what `run` read from its files since may be of either."
            )
        for entry in self._followed.left_over() if self._followed else ():
            decision = entry.planned.decision
            if decision.action == "RUN":
                reason = "`run` did not make this call, other than when it was planned"
                self.events.emit(Departed(entry.step.name, "RUN", "SKIP", reason))

    def _save_index(self) -> None:
        # before the history is written: a full disk is told by what cannot do without it
        if self._index is not None and not self.settings.dry:
            self._index.save()

    def _begin_pass(self, mode: Any) -> None:
        self.reader.mode = mode
        self._followed = None
        self.reported = {}
        self.loose_reports = []
        self._runner.begin_pass()
        self._opened = OpenedFiles(self.reader.check_files, self.reader.is_intact)

    def close(self) -> None:
        """End the passes: what is read or called from now on is live."""
        if self.elsewhere is not None:
            self.elsewhere.close()
            self.elsewhere = None
        self.reader.mode, self._followed = "live", None
        # what a dry run made stays readable as long as somebody holds the session
        self._runner.close()

    # --------------------------------------------------- what stages do by hand

    def give_path(self, record: Record, path: str, stage: str | None, track: bool) -> None:
        """A path was given out: in a running stage, what lands there is the step's."""
        execution = self._runner.execution_of(record)
        if execution is not None and stage in (None, execution.step.request.definition.name):
            execution.saving.give_path(path, track)

    def seed_for(self, record: Record) -> int:
        """The seed of the stage that runs on a record."""
        return self._runner.seed_for(record)

    def report(self, record: Record, reportable: Any) -> None:
        """Take in something for the report, from a running stage or from outside of one."""
        if not (hasattr(reportable, "render") and hasattr(reportable, "html")):
            raise DefinitionError(
                f"record.report() was given a {type(reportable).__name__}; give a reportable of "
                "curifactory.reporting, such as JsonReporter or HTMLReporter."
            )
        execution = self._runner.execution_of(record)
        reported = self.loose_reports if execution is None else execution.saving.reports
        taken = {other.qualified_name for other in reported}
        reportable.record = record
        place = (record.name, record.get_hash(), record.current_stage)
        attach(reportable, *place, index=len(reported), taken=taken)
        reported.append(reportable)

    def adopt(self, record: Record) -> None:
        """Watch what a running stage reads from the state of a new record."""
        # weakly: nothing is to keep the records of a pass that is over
        record.state.on_read = functools.partial(self._note_read, weakref.ref(record))

    def _note_read(self, record: weakref.ref[Record], name: str, held: Any) -> None:
        alive = record()
        if self._runner.is_executing and alive is not None:
            self._runner.note_read(alive, name, held)
        elif self.reader.mode == "run" and isinstance(held, Reference):
            self._opened.add(held)

    def try_again(self, request: Request) -> dict[str, str]:
        """Execute a planned step in a temporary folder; gives the content of each output."""
        was_dry, self.settings.dry_cache = self.settings.dry_cache, True
        self.reader.mode = "live"
        try:
            step = self._looker.look(request)
            step.decision = Decision("RUN", Reason("asked", "to compare what it gives now"))
            step.needed = frozenset(output_names(request.definition))
            step, _ = self._runner.run(step, step.recipe, self._references)
        finally:
            self.settings.dry_cache = was_dry
        return {name: commit.content for name, commit in step.commits.items()}


def metadata_index(settings: SessionSettings) -> MetadataIndex:
    """What is known of the metadata files of one experiment in one cache folder."""
    folder, prefix = settings.manager_cache_path, settings.prefix or settings.experiment_name
    # relative, so that it is found again when the project's folder was moved
    cache = os.path.relpath(settings.cache_path or ".", folder or ".")
    name = key_of([cache, prefix])
    return MetadataIndex(os.path.join(folder, "index", name), settings.cache_path)
