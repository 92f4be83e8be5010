"""What flags there are, and which values each may have."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, get_args

from curifactory.errors import ConfigurationError

OnChange = Literal["warn", "rerun", "ignore", "error"]
Verify = Literal["full", "size"]
Durability = Literal["none", "fsync"]
TrustPickle = Literal["always", "own", "never"]
Seed = Literal["off", "step"]


def _module(meaning: str) -> dict[str, Any]:
    return {"kind": "module", "help": meaning, "choices": ()}


def _path(meaning: str) -> dict[str, Any]:
    return {"kind": "path", "help": meaning, "choices": ()}


def _choice(meaning: str, literal: object) -> dict[str, Any]:
    return {"kind": "choice", "help": meaning, "choices": get_args(literal)}


def _text(meaning: str) -> dict[str, Any]:
    return {"kind": "text", "help": meaning, "choices": ()}


def _switch(meaning: str) -> dict[str, Any]:
    return {"kind": "switch", "help": meaning, "choices": ()}


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every flag.

    Each field's ``metadata`` has a ``help`` text, its ``choices`` and its ``kind``: ``"module"``
    (a dotted module name), ``"path"``, ``"choice"``, ``"switch"`` or ``"text"``.
    """

    experiments_module_name: str = field(
        default="experiments", metadata=_module("package that holds the experiments")
    )
    params_module_name: str = field(
        default="params", metadata=_module("package that holds the parameter files")
    )
    manager_cache_path: str = field(
        default="data/", metadata=_path("run history, registries and shared facts")
    )
    cache_path: str = field(
        default="data/cache", metadata=_path("the cache folder: artifacts and their metadata")
    )
    runs_path: str = field(default="data/runs", metadata=_path("full stores, a folder per run"))
    logs_path: str = field(default="logs/", metadata=_path("logs, a file per run"))
    notebooks_path: str = field(
        default="notebooks/", metadata=_path("notebooks made from experiments")
    )
    reports_path: str = field(default="reports/", metadata=_path("reports, a folder per run"))
    report_css_path: str = field(
        default="reports/style.css", metadata=_path("style sheet of the reports")
    )
    on_input_change: OnChange = field(
        default="rerun",
        metadata=_choice("what happens to artifacts whose inputs changed", OnChange),
    )
    on_parameter_change: OnChange = field(
        default="rerun",
        metadata=_choice("what happens to artifacts of other parameters or arguments", OnChange),
    )
    on_cacher_change: OnChange = field(
        default="rerun",
        metadata=_choice("what happens to artifacts of another cacher", OnChange),
    )
    on_code_change: OnChange = field(
        default="warn",
        metadata=_choice("what happens to artifacts of changed code", OnChange),
    )
    on_package_change: OnChange = field(
        default="ignore",
        metadata=_choice("what happens to artifacts of other package versions", OnChange),
    )
    verify: Verify = field(
        default="full", metadata=_choice("what is compared before an artifact is read", Verify)
    )
    durability: Durability = field(
        default="none", metadata=_choice("what is forced to disk at a commit", Durability)
    )
    locking: bool = field(
        default=True, metadata=_switch("whether artifacts are locked against other processes")
    )
    trust_pickle: TrustPickle = field(
        default="always", metadata=_choice("which pickled artifacts may be loaded", TrustPickle)
    )
    check_mutation: bool = field(
        default=False, metadata=_switch("whether stages are watched for changing their inputs")
    )
    executor: str = field(
        default="", metadata=_text("what carries out steps: processes:N, dask:N, dask://HOST:PORT")
    )
    seed: Seed = field(
        default="off",
        metadata=_choice("whether global random generators are seeded before each stage", Seed),
    )


FLAGS: dict[str, Field[Any]] = {flag.name: flag for flag in fields(Settings)}
"""Each flag's dataclass field, by its name."""

PROJECT_KEYS = tuple(key for key in FLAGS if FLAGS[key].metadata["kind"] in ("module", "path"))
"""The nine keys that lay out a project's modules and folders."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the known name nearest to ``name``, or ``""``."""
    import difflib  # when somebody mistyped

    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def checked(key: str, value: object, place: str) -> object:
    """Return ``value`` if the flag ``key`` may have it; a path object becomes text.

    Parameters
    ----------
    key : str
    value : object
    place : str
        Where the value was written, for the message.

    Raises
    ------
    ConfigurationError
        There is no such flag, or it cannot have this value.
    """
    if key not in FLAGS:
        raise ConfigurationError(f"{place} is not a known key.{nearest(key, FLAGS)}")
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    needed = _what_is_needed(FLAGS[key], value)
    if needed:
        raise ConfigurationError(f"{place} must be {needed}, not {value!r}.")
    return value


def _what_is_needed(flag: Field[Any], value: object) -> str:
    """Return what a value of this flag must be, or ``""`` if it is."""
    kind = flag.metadata["kind"]
    if kind == "switch":
        return "" if isinstance(value, bool) else "true or false"
    if kind == "choice":
        choices = flag.metadata["choices"]
        return "" if value in choices else "one of " + ", ".join(choices)
    if kind == "text":
        return "" if isinstance(value, str) else "a text"
    if kind == "module":
        is_name = isinstance(value, str) and all(map(str.isidentifier, value.split(".")))
        return "" if is_name else f'a module name such as "{flag.default}"'
    is_path = isinstance(value, str) and value.strip() != "" and "\0" not in value
    return "" if is_path else f'a path such as "{flag.default}"'
