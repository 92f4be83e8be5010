"""Collect parameter sets from files, and choose among them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from curifactory.errors import ParameterFileNotFoundError, ParameterSetError
from curifactory.finding.importing import ProjectModule
from curifactory.finding.indices import Indices, check_indices, is_chosen, parse_indices
from curifactory.settings import nearest


@dataclass(frozen=True, slots=True)
class ParameterSelection:
    """The parameter sets of a run.

    Parameters
    ----------
    sets : list
        The chosen parameter sets, in the order of files and of positions in them.
    files : dict of str to list
        The same by file name; a file of which nothing was chosen has an empty list.
    warnings : list of str
        What the user should be told once.
    """

    sets: list[Any]
    files: dict[str, list[Any]]
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class _Row:
    """One parameter set, and where it stands: in its file, and over all files."""

    params: Any
    file: str
    position: int
    number: int

    @property
    def name(self) -> str:
        return str(getattr(self.params, "name", ""))


def collect_parameter_sets(
    files: Sequence[ProjectModule],
    names: Collection[str] | str | None = None,
    indices: Indices | None = None,
    global_indices: Indices | None = None,
) -> ParameterSelection:
    """Call ``get_params()`` of each file and choose among the parameter sets.

    Without a choice all are taken; several kinds of choice narrow each other.

    Parameters
    ----------
    files : sequence of ProjectModule
        Modules with ``get_params()``; one that is given again is left out.
    names : collection of str, optional
        Names of parameter sets.
    indices, global_indices : str, int or iterable of these, optional
        Positions such as ``"0-2"`` (0 and 1), ``3`` or ``"0,4-6"``: in each file, and over all
        files in order.

    Raises
    ------
    ParameterSetError
        ``get_params()`` gave something else than parameter sets; names file and position.
    ParameterFileNotFoundError
        A name or position does not exist, or nothing is left.
    ConfigurationError
        An index is not written as one.
    """
    warnings: list[str] = []
    rows: list[_Row] = []
    kept = _without_repeats(files, warnings)
    for name, file in kept.items():
        sets = read_parameter_sets(file)
        if not sets:
            warnings.append(f"get_params() of {file.path} gave no parameter sets.")
        rows += [_Row(params, name, i, len(rows) + i) for i, params in enumerate(sets)]

    chosen = _choose(
        rows,
        [names] if isinstance(names, str) else list(names or ()),
        parse_indices(indices),
        parse_indices(global_indices),
    )
    by_file: dict[str, list[Any]] = {name: [] for name in kept}
    for row in chosen:
        by_file[row.file].append(row.params)
    warnings.extend(_about_names(row.name for row in chosen))
    return ParameterSelection([row.params for row in chosen], by_file, warnings)


def read_parameter_sets(file: ProjectModule) -> list[Any]:
    """Return what ``get_params()`` of a module gives, as a list.

    Raises
    ------
    ParameterSetError
        It gives something else than parameter sets. What the function itself raises is passed
        on, with a note that names the file.
    """
    get_params = getattr(file.module, "get_params", None)
    if not callable(get_params):
        raise ParameterSetError(
            f"{file.path} has no function `get_params()`. "
            f"Write one that returns a list of parameter sets, or name a parameter file with -p."
        )
    try:
        given = get_params()
        if _is_parameter_set(given):
            return [given]
        # a string or a dictionary would be gone through too, and give nonsense
        is_sequence = isinstance(given, Iterable) and not isinstance(
            given, str | bytes | dict | type
        )
        sets = list(given) if is_sequence else None
    except BaseException as error:
        error.add_note(f"in get_params() of {file.path}")
        raise
    if sets is None:
        raise ParameterSetError(
            f"get_params() of {file.path} gave {_kind(given)}. "
            f"It must return a list of parameter sets."
        )
    for position, params in enumerate(sets):
        if not _is_parameter_set(params):
            raise ParameterSetError(
                f"get_params() of {file.path} gave {_kind(params)} at position {position}. "
                f"Each element must be an instance of a dataclass that extends "
                f"ExperimentParameters."
            )
    return sets


def _without_repeats(
    files: Sequence[ProjectModule], warnings: list[str]
) -> dict[str, ProjectModule]:
    """Return the files by the names that tell them apart."""
    kept: dict[str, ProjectModule] = {}
    for file in files:
        if any(file.module is other.module for other in kept.values()):
            warnings.append(f"{file.path} was given more than once and counts once.")
            continue
        kept[file.name if file.name not in kept else file.module.__name__] = file
    return kept


def _choose(
    rows: list[_Row], names: list[str], indices: list[range], global_indices: list[range]
) -> list[_Row]:
    known = list(dict.fromkeys(row.name for row in rows))
    for name in names:
        if name not in known:
            raise ParameterFileNotFoundError(
                f"There is no parameter set named '{name}'.{nearest(name, known)}"
            )
    longest = max((row.position + 1 for row in rows), default=0)
    check_indices(indices, longest, "the longest file has")
    check_indices(global_indices, len(rows), "all files together have")
    wanted = set(names) or set(known)
    chosen = [
        row
        for row in rows
        if row.name in wanted
        and is_chosen(row.position, indices)
        and is_chosen(row.number, global_indices)
    ]
    if rows and not chosen:
        raise ParameterFileNotFoundError(
            "No parameter set fits the given names and indices together. Leave one of them out."
        )
    return chosen


def _about_names(names: Iterable[str]) -> list[str]:
    shared = [f"'{name}' ({count})" for name, count in Counter(names).items() if count > 1]
    if not shared:
        return []
    few = ", ".join(shared[:5]) + (" and others" if len(shared) > 5 else "")
    return [f"Several parameter sets have one name: {few}. Give each a name of its own."]


def _is_parameter_set(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _kind(value: object) -> str:
    if value is None:
        return "None (is a `return` missing?)"
    if isinstance(value, type):
        return f"the class {value.__name__} (is a pair of brackets missing?)"
    return f"a value of type {type(value).__name__}"
