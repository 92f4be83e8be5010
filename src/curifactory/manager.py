"""The manager: paths, settings and records of one run, whose stages it carries out."""

from __future__ import annotations

import atexit
import os
import weakref
from datetime import datetime
from typing import TYPE_CHECKING, Any

from curifactory.events import Event, Events, Finished, Planned
from curifactory.gather import REPORTABLES
from curifactory.params import describe
from curifactory.record import Record
from curifactory.running.session import Session
from curifactory.running.step import Step
from curifactory.runs.environment import code_version, host, user
from curifactory.runs.full_store import FullStore, held_outputs
from curifactory.runs.logs import add_file_handler, log_event, logger, remove_handler
from curifactory.settings import load_settings
from curifactory.store.names import check_name
from curifactory.store.slot import artifact_file_name, cache_slot
from curifactory.store.staging import sweep

if TYPE_CHECKING:
    from curifactory.caching.rendered import RenderedReportable
    from curifactory.runs.history import History

_LIVE_NAME = "live"


class ArtifactManager:
    """Manages one run: where things are kept, the records, and what is done with stage calls.

    Made by hand in a script or notebook, it is *live*: every stage call looks at the cache again.
    ``run_experiment`` makes one for an experiment.

    Parameters
    ----------
    experiment_name : str, optional
        First part of artifact names and of the run's reference; ``"live"`` by default.
    store_full : bool
        Keep a full store of the run.
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
    manager_cache_path, cache_path, runs_path, logs_path, notebooks_path, reports_path, \
report_css_path : str, optional
        Folders and files in place of the configured ones.
    status_override : str
        The run's status as long as nothing else is known.
    suppress_live_log : bool
        Keep no log file when live.
    live_log_debug : bool
        Log debug messages, too.
    disable_non_cf_loggers : bool
        Taken for compatibility; a live manager only ever adds to curifactory's own logger.

    Attributes
    ----------
    records : list of Record
        Every record that was not made hidden.
    overwrite : bool
        Run every stage anew. Artifacts made since this was set count as new.
    overwrite_stages : list of str
        Stages to run anew, with all that depends on them.
    map_mode : bool
        Whether the plan pass is going on: stage calls are only noted.
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
        status_override: str = "LIVE",
        suppress_live_log: bool = False,
        live_log_debug: bool = False,
        disable_non_cf_loggers: bool = True,  # noqa: ARG002
    ) -> None:
        loaded = load_settings(
            manager_cache_path=manager_cache_path,
            cache_path=cache_path,
            runs_path=runs_path,
            logs_path=logs_path,
            notebooks_path=notebooks_path,
            reports_path=reports_path,
            report_css_path=report_css_path,
        )
        self.settings, self.root = loaded.settings, loaded.root
        self.manager_cache_path = self.settings.manager_cache_path
        self.cache_path = self.settings.cache_path
        self.runs_path = self.settings.runs_path
        self.logs_path = self.settings.logs_path
        self.notebooks_path = self.settings.notebooks_path
        self.reports_path = self.settings.reports_path
        self.report_css_path = self.settings.report_css_path
        self.experiment_name = check_name("experiment", experiment_name or _LIVE_NAME)
        self.prefix = prefix
        self.dry, self.dry_cache = dry, dry_cache
        self.lazy, self.ignore_lazy = lazy, ignore_lazy
        self.run_line, self.notes = run_line, notes
        self.status = status_override
        self.map_mode = False
        self.current_stage_name: str | None = None
        self.records: list[Record] = []
        self.parameter_files: list[str] = []
        self.param_file_param_sets: dict[str, list[tuple[str, str]]] = {}
        self.step_rows: list[Finished] = []
        self.planned: Planned | None = None

        self._overwrite, self._overwrite_stages = False, list[str]()
        self._started = datetime.now().astimezone()
        self.began = self._started.timestamp()
        self._code_version: Any = None
        self._store: FullStore | None = None
        self._log_handler: Any = None
        self.events = Events([self._watch])
        self.session = Session(self, self.events)
        self.session.on_artifacts = self._hold
        for warning in loaded.warnings:
            self.events.notice(warning)
        self._history = _history(self.manager_cache_path, self.events.notice)
        self.experiment_run_number = self._enter_history()
        self._is_live = status_override == "LIVE"
        if not dry:
            self._make_folders()
            if self._is_live and not suppress_live_log:
                self._log_handler = add_file_handler(logger, self.log_path, live_log_debug)
        self.events.observers.append(log_event)
        self.store_full = store_full
        if self._is_live:
            _close_at_exit(self)

    # ------------------------------------------------------------------- facts

    @property
    def run_timestamp(self) -> datetime:
        """When the run began."""
        return self._started

    @property
    def locking(self) -> bool:
        """Whether artifacts are locked against other processes."""
        return self.settings.locking

    @property
    def fsync(self) -> bool:
        """Whether artifacts are forced to disk."""
        return self.settings.durability == "fsync"

    @property
    def git_commit_hash(self) -> str | None:
        """The commit of the project's code; ``None`` outside of a git repository."""
        if self._code_version is None:
            self._code_version = code_version(self.root)
        return self._code_version.commit  # type: ignore[no-any-return]

    @property
    def log_path(self) -> str:
        """The run's log."""
        return os.path.join(self.logs_path, f"{self.get_reference_name()}.log")

    @property
    def run_info(self) -> dict[str, Any]:
        """Everything that is known of the run."""
        return {
            **self.run_facts(),
            "status": self.status,
            "parameter_files": self.parameter_files,
            "param_sets": self.param_file_param_sets,
            "steps": {
                action: sum(row.decision == action for row in self.step_rows)
                for action in ("RUN", "LOAD", "SKIP")
            },
            "full_store": self._store is not None,
        }

    def run_facts(self) -> dict[str, Any]:
        """What metadata says about the run."""
        commit = self.git_commit_hash
        return {
            "reference": self.get_reference_name(),
            "experiment_name": self.experiment_name,
            "run_number": self.experiment_run_number,
            "timestamp": self._started.isoformat(timespec="seconds"),
            "commit": commit,
            "dirty": self._code_version.dirty,
            "command_line": self.run_line,
            "host": host(),
            "user": user(),
            "notes": self.notes,
        }

    def get_str_timestamp(self) -> str:
        """When the run began, as it stands in the reference."""
        return self._started.strftime("%Y-%m-%d-T%H%M%S")

    def get_reference_name(self) -> str:
        """``<experiment>_<run number>_<timestamp>``."""
        return f"{self.experiment_name}_{self.experiment_run_number}_{self.get_str_timestamp()}"

    # ---------------------------------------------------------------- settings

    @property
    def overwrite(self) -> bool:
        """Run every stage anew."""
        return self._overwrite

    @overwrite.setter
    def overwrite(self, value: bool) -> None:
        self._overwrite = value
        self._ask_anew()

    @property
    def overwrite_stages(self) -> list[str]:
        """Stages to run anew, with all that depends on them."""
        return self._overwrite_stages

    @overwrite_stages.setter
    def overwrite_stages(self, names: list[str] | None) -> None:
        self._overwrite_stages = list(names or ())
        self._ask_anew()

    def _ask_anew(self) -> None:
        # live, what was made before somebody asked is old
        self.began = datetime.now().timestamp() if self._is_live else self.began

    @property
    def store_full(self) -> bool:
        """Whether artifacts are copied into a full store from now on."""
        return self._store is not None

    @store_full.setter
    def store_full(self, value: bool) -> None:
        if not value:
            self._store = None
        elif self._store is None and not (self.dry or self.dry_cache):
            self._store = FullStore(self.get_run_output_path(), self.cache_path)

    # ------------------------------------------------------------------- paths

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
        """
        stage = stage_name or record.current_stage
        name = artifact_file_name(
            prefix or self.prefix or self.experiment_name, record.get_hash(), stage, obj_name
        )
        if store:
            return cache_slot(
                os.path.join(self.get_run_output_path(), "artifacts"), name, "", subdir
            ).path()
        path = cache_slot(self.cache_path, name, "", subdir).path()
        return self.session.path_to_give(path)

    def get_run_output_path(self, obj_name: str | None = None) -> str:
        """The folder of the run's full store, or a path in it."""
        folder = os.path.join(self.runs_path, self.get_reference_name())
        return folder if obj_name is None else os.path.join(folder, check_name("object", obj_name))

    def _make_folders(self) -> None:
        for folder in (
            self.manager_cache_path,
            self.cache_path,
            self.runs_path,
            self.logs_path,
            self.notebooks_path,
            self.reports_path,
        ):
            os.makedirs(folder, exist_ok=True)
        sweep(self.cache_path)

    # ----------------------------------------------------------------- the run

    def reset_records(self) -> None:
        """Forget all records: a new pass begins."""
        self.records.clear()
        self.step_rows.clear()

    def finish(self, status: str) -> None:
        """The run is over: enter its end into history and full store.

        Parameters
        ----------
        status : str
            ``"complete"``, ``"error"``, ``"interrupted"`` or ``"LIVE"``.
        """
        self.status = status
        if not self.dry:
            self._history.update(self.run_info, self._parameter_sets())
            self._history.write_views()
        if self._store is not None:
            self._store.complete(self.run_info, self.log_path, status in ("complete", "LIVE"))

    def log_error(self) -> None:
        """Write the traceback of the exception that is being handled into the log."""
        logger.exception("%s failed", self.get_reference_name())

    def close(self) -> None:
        """End a live manager: log, history, full store; harmless when called again."""
        if self._is_live and self.status != "closed":
            self.finish(self.status)
            self.status = "closed"
        if self._log_handler is not None:
            remove_handler(logger, self._log_handler)
            self._log_handler = None
        self.session.close()

    def _parameter_sets(self) -> dict[str, Any]:
        return {
            record.params.hash: describe(record.params)
            for record in self.records
            if record.params is not None
        }

    def _enter_history(self) -> int:
        if self.dry:
            return self._history.next_number(self.experiment_name)

        def facts(number: int) -> dict[str, Any]:
            self.experiment_run_number = number
            return {**self.run_facts(), "status": self.status}

        return self._history.begin(self.experiment_name, facts)

    def _watch(self, event: Event) -> None:
        if isinstance(event, Finished):
            self.step_rows.append(event)
        elif isinstance(event, Planned):
            self.planned = event

    def _hold(self, step: Step) -> None:
        """Copy what a step made or used into the full store."""
        if self._store is None:
            return
        if step.stale is None and step.request.slots:
            places = {**step.request.slots, REPORTABLES: step.request.reportables_slot}
            for name in held_outputs(step):
                if name in step.commits or name != REPORTABLES:
                    place = places[name]
                    assert place is not None
                    self._store.hold(place, step.slots[name], step.commits.get(name))
        for path in step.tracked:
            self._store.hold_file(path)

    # ----------------------------------------------------------------- reports

    @property
    def reportables(self) -> list[RenderedReportable]:
        """Everything that stages reported in this run, whether they ran or were loaded."""
        return [item for _, items in self._reported() for item in items]

    def _reported(self) -> list[tuple[str, list[RenderedReportable]]]:
        from curifactory.caching.rendered import render_reportable

        found = [(reported.folder, reported.load()) for reported in self.session.reported.values()]
        loose = self.session.loose_reports
        if loose:
            folder = self.session.scratch.new_folder()
            found.append((folder, [render_reportable(item, folder) for item in loose]))
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

        return write_run_report(self, self._reported())


def _history(folder: str, on_damaged: Any) -> History:
    # sqlite3 is only needed once there is a manager
    from curifactory.runs.history import History

    return History(folder, on_damaged)


def _close_at_exit(manager: ArtifactManager) -> None:
    reference = weakref.ref(manager)

    def close() -> None:
        alive = reference()
        if alive is not None:
            alive.close()

    atexit.register(close)
