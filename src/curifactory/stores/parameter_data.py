"""Parameter sets as data, for whoever reads a full store."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from curifactory.hashing.describe import describe_value
from curifactory.hashing.fields import field_names
from curifactory.params import ExperimentParameters

_OURS = ("name", "hash", "overwrite", "hash_representations")


def parameter_data(
    used: Mapping[str, Any], sets: Iterable[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """Every parameter set of a run.

    Parameters
    ----------
    used : mapping of str to object
        The parameter sets that stages were called with, by hash.
    sets : iterable of (hash, name, file)
        All of the run; the file is empty for a set that the experiment made by itself.

    Returns
    -------
    list of dict
        With ``name, hash, file, class`` and ``parameters``: each exactly as it is where JSON can
        hold it, and else described.
    """
    rows = []
    for hash_, name, file in sets:
        params = used.get(hash_)
        cls = type(params)
        rows.append(
            {
                "name": name,
                "hash": hash_,
                "file": file or None,
                "class": None if params is None else f"{cls.__module__}.{cls.__qualname__}",
                "parameters": {} if params is None else _fields(params),
            }
        )
    return rows


def _fields(params: Any) -> dict[str, Any]:
    left_out = _OURS if isinstance(params, ExperimentParameters) else ()
    names = [name for name in field_names(type(params)) if name not in left_out]
    return {name: as_data(getattr(params, name, None)) for name in names}


def as_data(value: Any) -> Any:
    """A value as JSON holds it."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: as_data(getattr(value, f.name, None)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, **fields}
    if type(value) in (list, tuple):
        return [as_data(item) for item in value]
    if type(value) is dict and all(isinstance(key, str) for key in value):
        return {key: as_data(item) for key, item in value.items()}
    return describe_value(value)
