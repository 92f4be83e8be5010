"""Settle every flag: defaults, then the file, then the environment, then arguments."""

from __future__ import annotations

import os
from dataclasses import dataclass

from curifactory.settings.flags import FLAGS, Settings, checked, nearest
from curifactory.settings.sources import read_environment, read_file


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings, and how they came about.

    Parameters
    ----------
    settings : Settings
        Its paths can be used from the working folder.
    root : str
        The project root, absolute: the folder of the configuration file, else the start folder.
    origins : dict of str to str
        For each key ``"default"``, the configuration file's name, ``"CURIFACTORY_<KEY>"`` or
        ``"argument"``.
    warnings : list of str
        What the user should be told once.
    file : str, optional
        The configuration file that was read.
    """

    settings: Settings
    root: str
    origins: dict[str, str]
    warnings: list[str]
    file: str | None = None


def load_settings(
    start: str | os.PathLike[str] | None = None, **overrides: object
) -> LoadedSettings:
    """Find the configuration and settle every flag.

    Defaults give way to the configuration file, that to the environment, that to ``overrides``.
    Relative paths belong to the project root; those among ``overrides`` to the working folder.

    Parameters
    ----------
    start : path, optional
        Where to look for ``curifactory_config.json``, or a ``pyproject.toml`` that has
        ``[tool.curifactory]``: here, then up to three folders up. By default the working folder.
    **overrides
        Values above all others; ``None`` counts as not given.

    Raises
    ------
    ConfigurationError
        A file cannot be read or a value is unusable; names the place and what to do.
    """
    start = os.path.abspath(start or os.getcwd())
    file = read_file(start)
    root = os.path.dirname(file.path) if file else start

    values: dict[str, object] = {key: flag.default for key, flag in FLAGS.items()}
    origins = dict.fromkeys(FLAGS, "default")
    warnings: list[str] = []
    for source in (file, read_environment()):
        if source is None:
            continue
        warnings.extend(source.warnings)
        for key, value in source.values.items():
            if key not in FLAGS:
                warnings.append(f"{source.place(key)} is not a known key.{nearest(key, FLAGS)}")
                continue
            values[key] = checked(key, value, source.place(key))
            origins[key] = source.origin(key)

    for key in FLAGS:
        if FLAGS[key].metadata["kind"] == "path":
            values[key] = _from_root(root, str(values[key]))
    for key, value in overrides.items():
        if value is not None:
            values[key] = checked(key, value, f"Argument '{key}'")
            origins[key] = "argument"
    settings = Settings(**values)  # type: ignore[arg-type]  # each value was checked
    return LoadedSettings(settings, root, origins, warnings, file.path if file else None)


def _from_root(root: str, path: str) -> str:
    """Make a configured path usable from the working folder, spelled as it was if that works."""
    path = os.path.expanduser(path)
    return path if root == os.getcwd() else os.path.join(root, path)
