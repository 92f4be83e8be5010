"""Where flags are written down: the configuration file and the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from curifactory.errors import ConfigurationError
from curifactory.settings.flags import FLAGS, nearest

CONFIGURATION_FILE = "curifactory_config.json"
PYPROJECT_FILE = "pyproject.toml"
FOLDERS_UP = 3
ENVIRONMENT_PREFIX = "CURIFACTORY_"

_SWITCH_WORDS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


@dataclass(frozen=True, slots=True)
class Source:
    """Values as somebody wrote them.

    Parameters
    ----------
    path : str
        The file; empty for the environment.
    text : str
        The file's text.
    values : mapping
        What it says, unchecked.
    warnings : tuple of str
        What was odd about it.
    """

    path: str
    text: str
    values: Mapping[str, object]
    warnings: tuple[str, ...] = ()

    def origin(self, key: str) -> str:
        """Return the short name of where ``key`` was written."""
        return os.path.basename(self.path) if self.path else ENVIRONMENT_PREFIX + key.upper()

    def place(self, key: str) -> str:
        """Say where ``key`` was written, with the line."""
        if not self.path:
            return f"Environment variable {self.origin(key)}"
        spellings = (f'"{key}"', f"{key} ", f"{key}=")
        for number, line in enumerate(self.text.splitlines(), start=1):
            for spelling in spellings:
                if spelling in line:
                    column = line.index(spelling) + 1
                    return f"{self.path}, line {number}, column {column}: '{key}'"
        return f"{self.path}: '{key}'"


def read_file(start: str) -> Source | None:
    """Read the first configuration file in the folder ``start`` or up to three folders up.

    Raises
    ------
    ConfigurationError
        It cannot be read or parsed.
    """
    folder = start
    for _ in range(FOLDERS_UP + 1):
        source = _read_folder(folder)
        if source is not None:
            return source
        folder = os.path.dirname(folder)
    return None


def read_environment() -> Source:
    """Read the variables ``CURIFACTORY_<KEY>``; an empty one counts as not set."""
    values: dict[str, object] = {}
    warnings = []
    for variable, text in sorted(os.environ.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or not text:
            continue
        key = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if key in FLAGS:
            is_switch = FLAGS[key].metadata["kind"] == "switch"
            values[key] = _SWITCH_WORDS.get(text.lower(), text) if is_switch else text
            continue
        # other programs may use the prefix too: only what looks like a slip is mentioned
        hint = nearest(key, FLAGS)
        if hint:
            warnings.append(f"Environment variable {variable} sets no known key.{hint}")
    return Source("", "", values, tuple(warnings))


def _read_folder(folder: str) -> Source | None:
    json_path = os.path.join(folder, CONFIGURATION_FILE)
    toml_path = os.path.join(folder, PYPROJECT_FILE)
    if not os.path.isfile(json_path):
        return _read_toml(toml_path) if _mentions_us(toml_path) else None
    both = f"{json_path} and {toml_path} both have settings: the first counts. Keep one of them."
    return _read_json(json_path, (both,) if _mentions_us(toml_path) else ())


def _mentions_us(toml_path: str) -> bool:
    """Tell whether a ``pyproject.toml`` is our affair: others may be as broken as they like."""
    try:
        with open(toml_path, "rb") as file:
            return b"tool.curifactory" in file.read()
    except OSError:
        return False


def _read_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error}). Make it a readable UTF-8 text file."
        ) from error


def _read_json(path: str, warnings: tuple[str, ...]) -> Source:
    text = _read_text(path)
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"{path}, line {error.lineno}, column {error.colno}: this is not valid JSON "
            f"({error.msg}). Correct it, or delete the file to use the defaults."
        ) from error
    except (RecursionError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be used as JSON ({error}). Correct it.") from error
    return Source(path, text, _as_table(path, values), warnings)


def _read_toml(path: str) -> Source | None:
    text = _read_text(path)
    import tomllib  # most projects have a configuration file of their own

    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:  # has line and column in its text
        raise ConfigurationError(f"{path}: this is not valid TOML: {error}. Correct it.") from error
    tool = tables.get("tool")
    if not isinstance(tool, dict) or "curifactory" not in tool:
        return None  # it was only mentioned, in a comment or a text
    return Source(path, text, _as_table(path, tool["curifactory"]))


def _as_table(path: str, values: object) -> Mapping[str, object]:
    if not isinstance(values, dict):
        raise ConfigurationError(
            f"{path}, line 1: the configuration is a {type(values).__name__}, but must map keys "
            f'to values, such as {{"cache_path": "data/cache"}}.'
        )
    return values
