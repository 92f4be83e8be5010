"""A record: one line of work, which carries a parameter set and its state through stages."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from curifactory.caching.cacheable import Cacheable
from curifactory.errors import DefinitionError
from curifactory.params import ComputedHash, ParametersNow, describe, ensure_hash, parameters_now
from curifactory.state import State


class Record:
    """One parameter set on its way through the stages.

    Parameters
    ----------
    manager : ArtifactManager
        Whose caches, settings and run this record belongs to.
    param_set : ExperimentParameters or None
        The parameters; ``None`` for an aggregate without parameters of its own. Making the
        record sets ``param_set.hash``.
    hide : bool
        Whether the manager's list of records leaves it out.

    Attributes
    ----------
    state : State
        Name to value of everything made so far.
    stages : list of str
        Names of the stages that were called on it.
    combo_hash : str or None
        The hash of an aggregate.
    input_records : list of Record
        What the aggregate read.
    """

    def __init__(self, manager: Any, param_set: Any = None, hide: bool = False) -> None:
        self.manager = manager
        self.params = param_set
        self.stages: list[str] = []
        self._stage_cachers: list[Cacheable] | Callable[[], list[Cacheable]] = []
        self.combo_hash: str | None = None
        self.is_aggregate = False
        self.input_records: list[Record] = []
        self.last_outputs: tuple[str, ...] = ()
        self.state = State()
        self._known: ParametersNow | None = None
        if param_set is not None:
            _check_parameters(param_set)
            ensure_hash(param_set)
        manager.session.adopt(self)
        if not hide:
            manager.records.append(self)

    @property
    def name(self) -> str:
        """The parameter set's name, or what stands for it."""
        if self.params is not None:
            return str(self.params.name)
        return "aggregate" if self.is_aggregate else "no parameters"

    @property
    def stage_cachers(self) -> list[Cacheable]:
        """Inside a stage, and after it: its bound cachers, in the order of the outputs."""
        if callable(self._stage_cachers):
            self._stage_cachers = self._stage_cachers()
        return self._stage_cachers

    @stage_cachers.setter
    def stage_cachers(self, cachers: list[Cacheable] | Callable[[], list[Cacheable]]) -> None:
        # a function makes them if somebody asks
        self._stage_cachers = cachers

    @property
    def current_stage(self) -> str:
        """The stage that runs now, or was called last."""
        return str(self.manager.current_stage_name or (self.stages[-1] if self.stages else "none"))

    @property
    def output(self) -> Any:
        """What the last stage returned: one value, or a tuple; ``None`` without outputs."""
        values = tuple(self.state[name] for name in self.last_outputs)
        return values[0] if len(values) == 1 else (values or None)

    def get_hash(self) -> str:
        """The hash that names this record's artifacts now."""
        if self.combo_hash is not None:
            return self.combo_hash
        if self.params is None:
            return "None"
        given = self.params.hash or ensure_hash(self.params)
        return given.text if isinstance(given, ComputedHash) else str(given)

    def parameters_now(self) -> ParametersNow | None:
        """The digests of its parameters, as these are at this moment; ``None`` without any."""
        if self.params is None:
            return None
        self._known = parameters_now(self.params, self._known)
        return self._known

    def get_reference_name(self) -> str:
        """A readable name: that of the parameter set, and the start of the hash."""
        return f"{self.name}_{self.get_hash()[:8]}"

    def get_path(
        self,
        obj_name: str,
        subdir: str | None = None,
        prefix: str | None = None,
        stage_name: str | None = None,
        track: bool = True,
    ) -> str:
        """A path in the cache folder that is versioned like an artifact's.

        Parameters
        ----------
        obj_name : str
            Last part of the file name, with the extension that it should have.
        subdir, prefix, stage_name : str, optional
            As for a cacher; by default the stage that runs now.
        track : bool
            Whether a full store gets a copy of what is written there.

        Returns
        -------
        str
            Within a running stage, what is written there belongs to the stage's artifacts.
        """
        path: str = self.manager.get_artifact_path(obj_name, self, subdir, prefix, stage_name)
        self.manager.session.give_path(self, path, stage_name, track)
        return path

    def get_dir(
        self,
        obj_name: str,
        subdir: str | None = None,
        prefix: str | None = None,
        stage_name: str | None = None,
        track: bool = True,
    ) -> str:
        """A folder like the file of `get_path`; made if it is not there."""
        path = self.get_path(obj_name, subdir, prefix, stage_name, track)
        os.makedirs(path, exist_ok=True)
        return path

    def get_seed(self) -> int:
        """A seed for random generators of your own, such as ``numpy.random.default_rng``.

        It depends on the experiment, this record's hash and the stage that runs, and on nothing
        else: it is the same in each run, in any order and in any process, whether or not the
        global generators are seeded with it (``seed = "step"``).

        Returns
        -------
        int
            Below 2**32.
        """
        return int(self.manager.session.seed_for(self))

    def report(self, reportable: Any) -> None:
        """Add something to the run's report; it is kept with the artifacts of the stage."""
        self.manager.session.report(self, reportable)

    def make_copy(self, param_set: Any = None, add_to_manager: bool = True) -> Record:
        """A new record with the same state.

        Parameters
        ----------
        param_set : ExperimentParameters, optional
            The copy's parameters, which name all its artifacts from then on; by default this
            record's.
        add_to_manager : bool
            Whether the manager's list of records gets it.
        """
        params = self.params if param_set is None else param_set
        copy = Record(self.manager, params, hide=not add_to_manager)
        for name, held in self.state.raw_items():
            copy.state[name] = held
        copy.stages = list(self.stages)
        copy.last_outputs = self.last_outputs
        if param_set is None:
            copy.combo_hash, copy.is_aggregate = self.combo_hash, self.is_aggregate
            copy.input_records = list(self.input_records)
        return copy

    def describe(self, stage: str | None) -> dict[str, Any]:
        """What metadata says about this record and its run."""
        return {
            "stage": stage or self.current_stage,
            "params_hash": self.get_hash(),
            "params_name": self.name,
            "params": None if self.params is None else describe(self.params),
            "record_name": self.get_reference_name(),
            "record_prior_stages": [name for name in self.stages if name != stage],
            "prior_records": [record.get_reference_name() for record in self.input_records],
            "manager_run_info": self.manager.run_facts(),
        }

    def __repr__(self) -> str:
        stages = " -> ".join(self.stages) or "no stage yet"
        return f"<Record {self.get_reference_name()}: {stages}>"

    def _repr_html_(self) -> str:
        rows = {
            "record": self.get_reference_name(),
            "hash": self.get_hash(),
            "stages": " \u2192 ".join(self.stages) or "none yet",
            "state": ", ".join(sorted(self.state.keys())) or "empty",
        }
        cells = "".join(
            f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in rows.items()
        )
        return f"<table>{cells}</table>"


def _check_parameters(param_set: Any) -> None:
    if isinstance(param_set, type) or not is_dataclass(param_set):
        given = param_set.__name__ if isinstance(param_set, type) else type(param_set).__name__
        raise DefinitionError(
            f"Record(manager, param_set) was given {given} as its parameter set; give an instance "
            "of a dataclass that extends ExperimentParameters."
        )
