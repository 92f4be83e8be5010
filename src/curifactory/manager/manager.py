"""The manager: settings, paths and records of one run, whose stage calls its session takes."""

from __future__ import annotations

import atexit
import functools
import os
import weakref
from datetime import datetime
from typing import TYPE_CHECKING, Any

from curifactory.caching.rendered import RenderedReportable, render_reportable
from curifactory.events import Events
from curifactory.manager.choices import Choices
from curifactory.manager.folders import Folders
from curifactory.manager.run_names import RunNames
from curifactory.params import describe
from curifactory.record import Record
from curifactory.reporting.notebook_display import NotebookDisplay
from curifactory.reporting.plan_view import PlanView
from curifactory.running.nearest import seconds_of_stages
from curifactory.running.scratch import is_further_rank
from curifactory.running.session import Session
from curifactory.running.step import Step
from curifactory.runs.environment import code_version
from curifactory.runs.identity import RunIdentity
from curifactory.runs.journal import Journal, UsedArtifact
from curifactory.runs.logs import EventLog, LiveLog, logger
from curifactory.settings import LoadedSettings, load_settings
from curifactory.store.names import check_name
from curifactory.store.slot import artifact_file_name, cache_slot
from curifactory.store.staging import sweep
from curifactory.stores.full_store import FullStore
from curifactory.stores.layout import store_around
from curifactory.stores.places import Places

if TYPE_CHECKING:
    from curifactory.runs.recorder import Recorder

_LIVE = "LIVE"


class ArtifactManager(Choices, Folders, RunNames, NotebookDisplay):
    """Manages one run: where things are kept, the records, and what is done with stage calls.

    Made by hand in a script or notebook, it is *live*: every stage call looks at the cache again.
    ``run_experiment`` makes one for an experiment.

    Parameters
    ----------
    experiment_name : str, optional
        First part of artifact names and of the run's reference; ``"live"`` by default.
    store_full : bool
        Keep a full store of the run; may be set later, and counts from then on.
    dry, dry_cache : bool
        Write nothing at all, or nothing into cache and store.
    prefix : str, optional
        First part of artifact names in place of the experiment's name.
    run_line : str
        The command that started the run.
    parallel_lock, parallel_mode : object
        Taken for compatibility; processes need no lock of the user's to share a cache.
    lazy, ignore_lazy : bool
        Treat every output as lazy, or none.
    notes : str, optional
        Kept with the run.
    manager_cache_path, cache_path, runs_path, logs_path, notebooks_path, reports_path : path, \
optional
        Folders in place of the configured ones.
    report_css_path : path, optional
        Style sheet of the reports, in place of the configured one.
    status_override : str
        The run's status as long as nothing else is known.
    suppress_live_log : bool
        Keep no log when live, and print no warnings.
    live_log_debug : bool
        Log debug messages, too.
    disable_non_cf_loggers : bool
        Taken for compatibility; a live manager only ever touches curifactory's own logger.

    Attributes
    ----------
    records : list of Record
        Every record that was not made hidden.
    call : dict, optional
        What ``run_experiment`` was asked for, so that a full store can be asked the same;
        ``None`` for a live manager.
    experiment_file : str, optional
        The file of the experiment.
    map_mode : bool
        Whether the plan pass is going on: stage calls are only noted.
    parameter_files : list of str
        The parameter files of the run.
    param_file_param_sets : dict of str to list of (str, str)
        Name and hash of each parameter set, by file.
    """

    def __init__(
        self,
        experiment_name: str | None = None,
        store_full: bool = False,
        dry: bool = False,
        dry_cache: bool = False,
        prefix: str | None = None,
        run_line: str = "",
        parallel_lock: Any = None,  # noqa: ARG002
        parallel_mode: bool = False,  # noqa: ARG002
        lazy: bool = False,
        ignore_lazy: bool = False,
        notes: str | None = None,
        manager_cache_path: str | os.PathLike[str] | None = None,
        cache_path: str | os.PathLike[str] | None = None,
        runs_path: str | os.PathLike[str] | None = None,
        logs_path: str | os.PathLike[str] | None = None,
        notebooks_path: str | os.PathLike[str] | None = None,
        reports_path: str | os.PathLike[str] | None = None,
        report_css_path: str | os.PathLike[str] | None = None,
        status_override: str = _LIVE,
        suppress_live_log: bool = False,
        live_log_debug: bool = False,
        disable_non_cf_loggers: bool = True,  # noqa: ARG002
    ) -> None:
        loaded = self._load_settings(
            manager_cache_path=manager_cache_path,
            cache_path=cache_path,
            runs_path=runs_path,
            logs_path=logs_path,
            notebooks_path=notebooks_path,
            reports_path=reports_path,
            report_css_path=report_css_path,
        )
        full_store_read = store_around(loaded.settings.cache_path)
        Folders.__init__(self, loaded.settings, loaded.root)
        Choices.__init__(
            self,
            loaded.settings,
            is_live=status_override == _LIVE,
            reads_full_store=full_store_read is not None,
        )
        self.configuration_file = loaded.file
        self.prefix = None if prefix is None else check_name("prefix", prefix)
        # of several processes that do the same together, the first writes
        self.dry = dry = dry or is_further_rank()
        self.dry_cache = dry_cache
        self.lazy, self.ignore_lazy = lazy, ignore_lazy
        self.notes = notes
        self.status = status_override
        self.map_mode = False
        self.current_stage_name: str | None = None
        self.records: list[Record] = []
        self.call: dict[str, Any] | None = None
        self.experiment_file: str | None = None
        self.parameter_files: list[str] = []
        self.param_file_param_sets: dict[str, list[tuple[str, str]]] = {}

        self._store: FullStore | None = None
        self.journal = Journal()
        self.events = Events([self.journal, EventLog(self.journal)])
        self.session = self._make_session()
        self.session.on_artifacts = self._take_artifacts
        if not dry:
            self._prepare_folders()
        self._recorder = _recorder(self)
        self.run = self._begin_run(check_name("experiment", experiment_name or "live"), run_line)
        self.began = self.run.started.timestamp()
        keeps_log = self._is_live and not suppress_live_log and not dry
        self._live_log = LiveLog(self.journal, self.log_path, live_log_debug) if keeps_log else None
        self.store_full = store_full
        for warning in loaded.warnings:
            self.events.notice(warning)
        if full_store_read is not None and not (dry or dry_cache):
            self.events.notice(
                f"{full_store_read} is a full store and stays as it is: what is computed now "
                "is kept in no cache, as with --dry-cache."
            )
        if self._is_live:
            _close_at_exit(self)

    # a worker's manager is the same but for these, and enters no run
    def _load_settings(self, **overrides: Any) -> LoadedSettings:
        return load_settings(**overrides)

    def _make_session(self) -> Session:
        return Session(self, self.events)

    def _prepare_folders(self) -> None:
        self.make_folders()
        if not self.dry_cache:
            sweep(self.cache_path)

    # ----------------------------------------------------------------- the run

    @property
    def run_info(self) -> dict[str, Any]:
        """Everything that is known of the run."""
        return {
            **self.run_facts(),
            "status": self.status,
            "parameter_files": self.parameter_files,
            "param_sets": self.param_file_param_sets,
            "steps": self.journal.counts(),
            "full_store": self.store_full,
        }

    def _begin_run(self, experiment: str, run_line: str) -> RunIdentity:
        started = datetime.now().astimezone()

        code = functools.cache(lambda: code_version(self.root))

        def identity(number: int) -> RunIdentity:
            return RunIdentity(experiment, number, started, run_line, code)

        if self.dry:
            return identity(self._recorder.next_number(experiment))
        return self._recorder.begin(experiment, identity, self.notes, self.status)

    def plan(self) -> PlanView | None:
        """The plan of this run, to print or to show in a notebook.

        Returns
        -------
        PlanView or None
            ``None`` for a live manager, whose stage calls are decided as they come.
        """
        planned = self.journal.planned
        if planned is None:
            return None
        steps = [entry.step for entry in self.session.plan.entries]
        return PlanView(planned, seconds_of_stages(steps))

    def begin_pass(self) -> None:
        """Forget the records and steps of an earlier pass."""
        self.records.clear()
        self.journal.begin_pass()

    def finish(self, status: str) -> None:
        """The run is over: enter its end into history and full store.

        Parameters
        ----------
        status : str
            ``"complete"``, ``"error"``, ``"interrupted"`` or ``"LIVE"``.
        """
        self.status = status
        try:
            if not self.dry:
                self._enter_end()
        finally:
            if self._store is not None:
                from curifactory.stores.closing import close_store

                close_store(self._store, self, status in ("complete", _LIVE))

    def _enter_end(self) -> None:
        used = [record.params for record in self.records if record.params is not None]
        parameters = {str(params.hash): describe(params) for params in used}
        sets = self.parameter_sets()
        self._recorder.end(self.status, self.run_info, sets, parameters, self.journal)

    @property
    def full_store_problems(self) -> list[str]:
        """Why the full store of the run is not complete, although the run may be."""
        return [] if self._store is None else self._store.contents.problems

    def uncommitted_changes(self) -> bytes | None:
        """What was not committed to git when the run began, as a patch."""
        return self._recorder.patch()

    @property
    def error(self) -> str | None:
        """What ended the run, if that was an error."""
        return self._recorder.error

    def note_failure(self, error: BaseException) -> None:
        """Keep with the run what ended it."""
        self._recorder.note_failure(error)

    def log_error(self) -> None:
        """Write the traceback of the exception that is being handled into the log."""
        logger.exception("%s failed", self.get_reference_name())

    def close(self) -> None:
        """End a live manager: history, full store, log; harmless when called again."""
        if self._is_live:
            self._is_live = False
            self.finish(self.status)
        if self._live_log is not None:
            self._live_log.close()
            self._live_log = None
        self.session.close()

    def parameter_sets(self) -> list[tuple[str, str, str]]:
        """Hash, name and file of each parameter set of the run; no file for what `run` made."""
        sets = [
            (hash_, name, file)
            for file, pairs in self.param_file_param_sets.items()
            for name, hash_ in pairs
        ]
        from_files = {(hash_, name) for hash_, name, _ in sets}
        used = (record.params for record in self.records if record.params is not None)
        own = dict.fromkeys((str(params.hash), str(params.name)) for params in used)
        return sets + [(*one, "") for one in own if one not in from_files]

    # --------------------------------------------------------- log and full store

    @property
    def store_full(self) -> bool:
        """Whether artifacts are copied into a full store from now on."""
        return self._store is not None

    @store_full.setter
    def store_full(self, value: bool) -> None:
        if not value:
            self._store = None
        elif self.dry or self.dry_cache:
            self.events.notice("No full store is kept: this run writes no artifacts.")
        elif self._store is None:
            places = Places(self.cache_path, self.root)
            self._store = FullStore(self.get_run_output_path(), places, self.manager_cache_path)

    # ------------------------------------------------------------------- paths

    @property
    def log_path(self) -> str:
        """The run's log."""
        return os.path.join(self.logs_path, f"{self.get_reference_name()}.log")

    def get_artifact_path(
        self,
        obj_name: str,
        record: Record,
        subdir: str | None = None,
        prefix: str | None = None,
        stage_name: str | None = None,
        store: bool = False,
    ) -> str:
        """The path of a versioned file in the cache folder, or in the full store.

        Parameters
        ----------
        obj_name : str
            Last part of the file name.
        record : Record
            Whose hash it gets.
        subdir, prefix, stage_name : str, optional
            As for a cacher; by default the stage that runs now.
        store : bool
            Give the path in the run's full store.

        Raises
        ------
        InvalidNameError
            If a name leads out of the folder, or the file name is too long.
        """
        name = artifact_file_name(
            prefix or self.prefix or self.experiment_name,
            record.get_hash(),
            stage_name or record.current_stage,
            obj_name,
        )
        if store:
            artifacts = os.path.join(self.get_run_output_path(), "artifacts")
            return cache_slot(artifacts, name, "", subdir).path()
        path = cache_slot(self.cache_path, name, "", subdir).path()
        return self.session.places.path_to_give(path)

    def get_run_output_path(self, obj_name: str | None = None) -> str:
        """The folder of the run's full store, or a path in it."""
        folder = os.path.join(self.runs_path, self.get_reference_name())
        return folder if obj_name is None else os.path.join(folder, check_name("object", obj_name))

    # --------------------------------------------------------------- artifacts

    def _take_artifacts(self, step: Step) -> None:
        """Note what a step made or used, and copy it into the full store."""
        if step.stale is None and step.request.slots:
            if not self.dry:
                self._recorder.take(step)
            for output in step.request.definition.outputs:
                if output.cacher is not None and output.cacher.track:
                    used = UsedArtifact(step.name, output.name, step.slots[output.name])
                    self.journal.artifacts.append(used)
        if self._store is not None:
            self._store.take(step)

    # ----------------------------------------------------------------- reports

    @property
    def reportables(self) -> list[RenderedReportable]:
        """Everything that was reported in this run, by stages that ran or were loaded."""
        return [item for _, items in self.reported() for item in items]

    def reported(self) -> list[tuple[str, list[RenderedReportable]]]:
        """What was reported, by the folder where its files are."""
        found = [(reported.folder, reported.load()) for reported in self.session.reported.values()]
        if self.session.loose_reports:
            folder = self.session.scratch.new_folder()
            loose = [render_reportable(item, folder) for item in self.session.loose_reports]
            found.append((folder, loose))
        return found

    def generate_report(self) -> str | None:
        """Write the run's report; nothing in a plan pass or a dry run.

        Returns
        -------
        str or None
            Path of the page.
        """
        if self.map_mode or self.dry:
            return None
        from curifactory.reporting.run_report import write_run_report

        return write_run_report(self, self.reported())


def _recorder(manager: ArtifactManager) -> Recorder:
    # sqlite3 is only needed once there is a manager
    from curifactory.runs.history import History
    from curifactory.runs.recorder import Recorder

    history = History(manager.manager_cache_path, manager.events.notice)
    return Recorder(history, manager.root, manager.cache_path)


def _close_at_exit(manager: ArtifactManager) -> None:
    reference = weakref.ref(manager)

    def close() -> None:
        alive = reference()
        if alive is not None:
            alive.close()

    atexit.register(close)
