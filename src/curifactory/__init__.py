"""Experiment caching for computational research.

Write plain functions, mark them as stages, list a cacher per output; every intermediate result is
kept as a readable, versioned file, and the next run recomputes only what it must.
"""

from __future__ import annotations

__version__ = "0.1.0"

# importing typing for its own takes longer than everything else here
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from curifactory.caching import Lazy
    from curifactory.errors import (
        CachersMismatchError,
        EmptyCachersError,
        InputSignatureError,
        OutputSignatureError,
    )
    from curifactory.manager import ArtifactManager
    from curifactory.params import ExperimentParameters, set_hash_functions
    from curifactory.past.questions import artifacts, history, load
    from curifactory.procedure import Procedure
    from curifactory.record import Record
    from curifactory.staging import aggregate, stage

__all__ = [
    "ArtifactManager",
    "CachersMismatchError",
    "EmptyCachersError",
    "ExperimentParameters",
    "InputSignatureError",
    "Lazy",
    "OutputSignatureError",
    "Procedure",
    "Record",
    "__version__",
    "aggregate",
    "artifacts",
    "history",
    "load",
    "set_hash_functions",
    "stage",
]

_HOMES = {
    "ArtifactManager": "manager",
    "CachersMismatchError": "errors",
    "EmptyCachersError": "errors",
    "ExperimentParameters": "params",
    "InputSignatureError": "errors",
    "Lazy": "caching",
    "OutputSignatureError": "errors",
    "Procedure": "procedure",
    "Record": "record",
    "aggregate": "staging",
    "artifacts": "past.questions",
    "history": "past.questions",
    "load": "past.questions",
    "set_hash_functions": "params",
    "stage": "staging",
}
_MODULES = frozenset(
    {
        "caching",
        "errors",
        "experiment",
        "hashing",
        "manager",
        "notebook",
        "params",
        "procedure",
        "project",
        "record",
        "reporting",
        "staging",
        "testing",
        "utils",
    }
)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:
        value = getattr(import_module(f"curifactory.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(f"curifactory.{name}")
    raise AttributeError(f"module 'curifactory' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
