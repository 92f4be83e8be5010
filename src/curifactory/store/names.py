"""Which names may become part of a path: none that leads out of the project's folders."""

from __future__ import annotations

import os
import re

from curifactory.errors import InvalidNameError
from curifactory.store.reserved import STAGING_PREFIX

# what common file systems allow for one file name, less room for staging and metadata suffixes
MAX_FILE_NAME_BYTES = 255
_SUFFIX_BYTES = len("_metadata.json")
_CONTROL_CHARACTER = re.compile("[\\x00-\\x1f]")


def check_name(kind: str, name: str) -> str:
    """Return `name` if it can be part of a file name.

    Parameters
    ----------
    kind : str
        What the name stands for, for the message: ``"output"``, ``"stage"``, ``"prefix"``.
    name : str
        The name.

    Raises
    ------
    InvalidNameError
        If it is empty, is ``.`` or ``..``, holds a path separator or a control character, or
        begins like a staging folder.
    """
    if not isinstance(name, str):
        raise InvalidNameError(f"The {kind} name {name!r} is not a string.")
    problem = None
    if name in ("", ".", ".."):
        problem = "is not a name"
    elif "/" in name or "\\" in name:
        problem = "holds a path separator; use the cacher's subdir for folders"
    elif _CONTROL_CHARACTER.search(name):
        problem = "holds a control character"
    elif name.startswith(STAGING_PREFIX):
        problem = "begins like a folder that is removed when nobody owns it"
    if problem is not None:
        raise InvalidNameError(f"The {kind} name {name!r} {problem}.")
    return name


def check_subdir(subdir: str | os.PathLike[str]) -> str:
    """Return `subdir` as given if each of its parts is a name and it stays below its parent.

    Raises
    ------
    InvalidNameError
        If it is absolute, or a part of it is ``..`` or otherwise not a name.
    """
    text = os.fspath(subdir)
    if os.path.isabs(text):
        raise InvalidNameError(
            f"The subdir {text!r} is an absolute path; to write elsewhere, use overwrite_path."
        )
    for part in text.rstrip("/").split("/"):
        check_name("subdir", part)
    return text


def aside_path(path: str) -> str:
    """A hidden name beside `path`, for one file that is written inline."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{STAGING_PREFIX}{os.urandom(4).hex()}-{name}")


def check_file_name(file_name: str) -> str:
    """Return `file_name` if file systems can hold it, with the longest suffix we add ourselves.

    Raises
    ------
    InvalidNameError
        If it is too long.
    """
    size = len(file_name if file_name.isascii() else os.fsencode(file_name)) + _SUFFIX_BYTES
    if size > MAX_FILE_NAME_BYTES:
        raise InvalidNameError(
            f"The file name {file_name[:60]!r}… has {size} bytes with its metadata suffix; file "
            f"systems take {MAX_FILE_NAME_BYTES}. Shorten the experiment, stage or output name."
        )
    return file_name
