"""The manager of a worker: set as the one where ``run`` is, of the same run, without its files."""

from __future__ import annotations

import functools
import logging
import pickle
from dataclasses import dataclass, replace
from typing import Any

from curifactory.manager import ArtifactManager
from curifactory.running.elsewhere.order import Switches
from curifactory.running.elsewhere.worker_session import WorkerSession
from curifactory.running.session import Session
from curifactory.runs.identity import RunIdentity
from curifactory.settings import LoadedSettings

_SET = (
    "began",
    "check_mutation",
    "on_input_change",
    "on_parameter_change",
    "on_cacher_change",
    "on_code_change",
    "on_package_change",
    "assume_changed",
)


@dataclass(frozen=True)
class ManagerFacts:
    """What a manager is made of.

    Parameters
    ----------
    loaded : LoadedSettings
    identity : RunIdentity
    lazy, ignore_lazy : bool
    notes : str or None
    attributes : dict of str to object
        What is set on it.
    levels : dict of str to int
        The levels of the loggers that a run sets.
    """

    loaded: LoadedSettings
    identity: RunIdentity
    lazy: bool
    ignore_lazy: bool
    notes: str | None
    attributes: dict[str, Any]
    levels: dict[str, int]


def describe_manager(manager: ArtifactManager) -> bytes:
    """What a worker needs to make a manager like this one, pickled."""
    settings = replace(
        manager.settings,
        manager_cache_path=manager.manager_cache_path,
        cache_path=manager.cache_path,
        runs_path=manager.runs_path,
        logs_path=manager.logs_path,
        notebooks_path=manager.notebooks_path,
        reports_path=manager.reports_path,
    )
    facts = ManagerFacts(
        loaded=LoadedSettings(settings, manager.root, {}, []),
        identity=replace(manager.run, ask_code=functools.partial(_itself, manager.run.code)),
        lazy=manager.lazy,
        ignore_lazy=manager.ignore_lazy,
        notes=manager.notes,
        attributes={name: getattr(manager, name) for name in _SET},
        levels={name: logging.getLogger(name).level for name in ("root", "curifactory")},
    )
    return pickle.dumps(facts, protocol=pickle.HIGHEST_PROTOCOL)


class WorkerManager(ArtifactManager):
    """A manager whose session carries out orders; it enters no run and makes no folders.

    Parameters
    ----------
    facts : ManagerFacts
        Those of the manager where ``run`` is.
    """

    def __init__(self, facts: ManagerFacts) -> None:
        self._facts = facts
        super().__init__(
            facts.identity.experiment,
            lazy=facts.lazy,
            ignore_lazy=facts.ignore_lazy,
            notes=facts.notes,
            status_override="worker",
        )
        for name, value in facts.attributes.items():
            setattr(self, name, value)
        self.events.observers.clear()
        self.levels = facts.levels
        self.session.on_artifacts = None

    @property
    def orders(self) -> WorkerSession:
        """Its session."""
        assert isinstance(self.session, WorkerSession)
        return self.session

    def set(self, switches: Switches) -> None:
        """Set what was set on the other manager when a step was called."""
        self.prefix = switches.prefix
        self.overwrite = switches.overwrite
        self.overwrite_stages = list(switches.overwrite_stages)
        self.seed = switches.seed

    def _load_settings(self, **_: Any) -> LoadedSettings:
        return self._facts.loaded

    def _make_session(self) -> Session:
        return WorkerSession(self, self.events)

    def _prepare_folders(self) -> None:
        """They are there: whoever gives orders made them."""

    def _begin_run(self, *_: str) -> RunIdentity:
        return self._facts.identity


def _itself(value: Any) -> Any:
    return value
