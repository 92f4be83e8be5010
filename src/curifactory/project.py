"""Set a project up, and read how it is laid out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable

from curifactory.errors import ConfigurationError
from curifactory.settings import (
    CONFIGURATION_FILE,
    FLAGS,
    PROJECT_KEYS,
    Settings,
    load_settings,
)

_DOCKERFILE = """\
# From the project root:
#   docker build -f docker/Dockerfile -t my-project .
#   docker run --rm -v "$PWD/data:/project/data" my-project EXPERIMENT
FROM python:{python}-slim

# git: a run records the commit that it was made from
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends git \\
    && rm -rf /var/lib/apt/lists/*

WORKDIR /project
COPY . .
# requirements.txt must name curifactory as this project installs it, from git or a wheel
RUN pip install --no-cache-dir -r requirements.txt

ENTRYPOINT ["experiment"]
CMD ["--help"]
"""


def get_configuration() -> dict[str, str]:
    """Return the nine configuration keys that lay out the project in the working folder.

    Raises
    ------
    ConfigurationError
        The configuration cannot be read.
    """
    settings = load_settings().settings
    return {key: getattr(settings, key) for key in PROJECT_KEYS}


def initialize_project(folder: str | os.PathLike[str] = ".") -> list[str]:
    """Make the folders and files of a project; what is there already stays as it is.

    Parameters
    ----------
    folder : path
        The project root, made if it is missing. A configuration in it is followed.

    Returns
    -------
    list of str
        What was made or added to; folders end with a separator.

    Raises
    ------
    ConfigurationError
        The configuration cannot be read, or a folder or file cannot be made.
    """
    folder = os.fspath(folder)
    has_own, settings = _layout(folder)
    made: list[str] = []
    try:
        for path in _folders(folder, settings):
            _make_folder(path, made)
        for path, text in _files(folder, settings, has_own).items():
            _write_new(path, text, made)
        ignored = [*_to_ignore(folder, settings), "__pycache__/"]
        _add_lines(os.path.join(folder, ".gitignore"), ignored, made)
    except OSError as error:
        raise ConfigurationError(
            f"The project in '{folder}' cannot be set up: {error}. "
            f"Make place for it, or correct the configured paths."
        ) from error
    return made


def _layout(folder: str) -> tuple[bool, Settings]:
    """Return the layout for ``folder``, and whether a configuration file in it says so."""
    if os.path.isdir(folder):
        loaded = load_settings(folder)
        if loaded.file and os.path.dirname(loaded.file) == os.path.abspath(folder):
            return True, loaded.settings
    # a configuration further up is another project's
    return False, Settings()


def _folders(folder: str, settings: Settings) -> list[str]:
    """List the configured folders, outer ones first."""
    paths = []
    for key in PROJECT_KEYS:
        value = getattr(settings, key)
        if FLAGS[key].metadata["kind"] == "module":
            value = value.replace(".", os.sep)
        elif key == "report_css_path":
            value = os.path.dirname(value)
        paths.append(os.path.normpath(os.path.join(folder, value)))
    return [*dict.fromkeys(paths), os.path.join(folder, "docker")]


def _files(folder: str, settings: Settings, has_own: bool) -> dict[str, str]:
    """Return path and text of each file that a new project has."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    dockerignore = [*_to_ignore(folder, settings), "**/__pycache__", ".venv", "notebooks"]
    files = {
        os.path.join("docker", "Dockerfile"): _DOCKERFILE.format(python=python),
        ".dockerignore": "".join(f"{line}\n" for line in dockerignore),
    }
    for name in (settings.experiments_module_name, settings.params_module_name):
        # with this file, no installed package of the same name is imported in its place
        files[os.path.join(*name.split("."), "__init__.py")] = ""
    if not has_own:
        keys = {key: FLAGS[key].default for key in PROJECT_KEYS} | {"on_code_change": "rerun"}
        files[CONFIGURATION_FILE] = json.dumps(keys, indent=2) + "\n"
    return {os.path.join(folder, name): text for name, text in files.items()}


def _to_ignore(folder: str, settings: Settings) -> list[str]:
    """List the folders inside the project that runs fill, without those inside others."""
    root = os.path.abspath(folder)
    keys = ("manager_cache_path", "cache_path", "runs_path", "logs_path", "reports_path")
    inside = []
    for key in keys:
        path = os.path.relpath(os.path.join(root, getattr(settings, key)), root)
        if not path.startswith(os.pardir) and path != os.curdir:
            inside.append(path.replace(os.sep, "/") + "/")
    outermost = [
        path
        for path in inside
        if not any(path != other and path.startswith(other) for other in inside)
    ]
    return list(dict.fromkeys(outermost))


def _make_folder(path: str, made: list[str]) -> None:
    if not os.path.isdir(path):
        os.makedirs(path)
        made.append(os.path.join(path, ""))


def _write_new(path: str, text: str, made: list[str]) -> None:
    """Write a file unless there is one, or a link to one, of this name."""
    if not os.path.lexists(path):
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
        made.append(path)


def _add_lines(path: str, lines: Iterable[str], made: list[str]) -> None:
    """Add to a text file the lines that it does not have."""
    text = ""
    if os.path.lexists(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    present = {line.strip() for line in text.splitlines()}
    missing = [line for line in lines if line not in present]
    if missing:
        gap = "\n" if text and not text.endswith("\n") else ""
        with open(path, "a", encoding="utf-8") as file:
            file.write(gap + "".join(f"{line}\n" for line in missing))
        made.append(path)
