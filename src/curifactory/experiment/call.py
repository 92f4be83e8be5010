"""What an experiment was asked for, as data: enough to ask a full store the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from curifactory.experiment.found import Selected


class Manager(Protocol):
    """What is asked of a manager here."""

    prefix: str | None
    lazy: bool
    ignore_lazy: bool

    @property
    def seed(self) -> str: ...


def described_call(
    experiment: str, files: Sequence[str], selected: Selected, manager: Manager, no_dag: bool
) -> dict[str, Any]:
    """The arguments of ``run_experiment`` that decide which artifacts a run has.

    Parameters
    ----------
    experiment : str
        Name of the experiment.
    files : sequence of str
        Names of the parameter files, whatever they were spelled like.
    selected : Selected
        Which parameter sets.
    manager : ArtifactManager
        How artifacts are named, which are lazy, and whether random generators are seeded.
    no_dag : bool
        Whether there was no plan.
    """
    return {
        "experiment": experiment,
        "param_files": list(files),
        "param_set_names": _plain(selected.names),
        "param_set_indices": _plain(selected.indices),
        "global_param_set_indices": _plain(selected.global_indices),
        "prefix": manager.prefix,
        "lazy": manager.lazy,
        "ignore_lazy": manager.ignore_lazy,
        "seed": manager.seed,
        "no_dag": no_dag,
    }


def _plain(given: Any) -> Any:
    """Names or indices as JSON holds them."""
    return given if given is None or isinstance(given, (str, int)) else list(given)
