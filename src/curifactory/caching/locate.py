"""From a cacher's arguments to the slot of its artifact."""

from __future__ import annotations

import os
import string
from typing import Any, Protocol

from curifactory.errors import DefinitionError
from curifactory.store.names import check_name, check_subdir
from curifactory.store.relocation import relocated, relocated_if_there
from curifactory.store.slot import Slot, artifact_file_name, cache_slot


class ManagerLike(Protocol):
    """What is asked of a manager here."""

    @property
    def cache_path(self) -> str: ...
    @property
    def experiment_name(self) -> str: ...
    @property
    def prefix(self) -> str | None: ...


class RecordLike(Protocol):
    """What is asked of a record here."""

    @property
    def manager(self) -> Any: ...
    @property
    def params(self) -> Any: ...
    @property
    def current_stage(self) -> str: ...
    def get_hash(self) -> str: ...
    def describe(self, stage: str | None) -> dict[str, Any]: ...


def locate(
    *,
    path_override: str | None,
    name: str | None,
    subdir: str | None,
    prefix: str | None,
    extension: str,
    stage: str | None,
    record: RecordLike | None,
    cacher: str,
) -> Slot:
    """The slot that these arguments of a cacher name.

    Raises
    ------
    DefinitionError
        If they name none.
    InvalidNameError
        If one of the names leads out of the project's folders.
    """
    if path_override is not None:
        if record is None:
            return Slot.at(relocated_if_there(path_override), extension)
        if "{" not in path_override:
            return Slot.at(relocated(path_override), extension)
        path = relocated(_fill(path_override, name, subdir, prefix, stage, record))
        return Slot.at(path, extension, static=not _names_parameters(path_override))
    if record is None or name is None:
        raise DefinitionError(
            f"{cacher} has no path: give it one, as in {cacher}('results/thing'), "
            "or a record and a name, or list it in a stage's cachers."
        )
    file_name = _file_name(name, prefix, stage, record)
    return cache_slot(record.manager.cache_path, file_name, extension, subdir)


def _file_name(name: str, prefix: str | None, stage: str | None, record: RecordLike) -> str:
    manager: ManagerLike = record.manager
    return artifact_file_name(
        prefix or manager.prefix or manager.experiment_name,
        record.get_hash(),
        stage or record.current_stage,
        name,
    )


def _names_parameters(template: str) -> bool:
    fields = [field for _, field, _, _ in string.Formatter().parse(template) if field]
    return any(f in ("hash", "artifact_filename") or f.startswith("params.") for f in fields)


def _fill(
    template: str,
    name: str | None,
    subdir: str | None,
    prefix: str | None,
    stage: str | None,
    record: RecordLike,
) -> str:
    manager: ManagerLike = record.manager
    filled = []
    for text, field, _, _ in string.Formatter().parse(template):
        filled.append(text)
        if field is None:
            continue
        if field == "cache":
            filled.append(manager.cache_path)
        elif field == "artifact_filename":
            file_name = _file_name(name or "artifact", prefix, stage, record)
            filled.append(os.path.join(check_subdir(subdir), file_name) if subdir else file_name)
        else:
            value = _value_of(field, name, stage, record)
            filled.append(check_name(f"value of {{{field}}} in {template!r}, its", value))
    return "".join(filled)


def _value_of(field: str, name: str | None, stage: str | None, record: RecordLike) -> str:
    if field == "hash":
        return record.get_hash()
    if field == "stage":
        return stage or record.current_stage
    if field == "name":
        return name or ""
    if field == "experiment":
        return str(record.manager.experiment_name)
    if field.startswith("params."):
        value = record.params
        for attribute in field.split(".")[1:]:
            if not hasattr(value, attribute):
                raise DefinitionError(
                    f"The path of an artifact names {{{field}}}, but {type(value).__name__} "
                    f"has no field '{attribute}'."
                )
            value = getattr(value, attribute)
        return str(value)
    raise DefinitionError(
        f"The path of an artifact names {{{field}}}; what can be filled in is {{hash}}, {{cache}}, "
        "{stage}, {name}, {params.X}, {experiment} and {artifact_filename}."
    )
