"""From a reportable to data: name it, let it write its files, keep what its ``html()`` says."""

from __future__ import annotations

import hashlib
import html
import os
import re
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from curifactory.caching.reportable_data import (
    PLACEHOLDER,
    RenderedReportable,
    load_rendered,
    save_rendered,
)
from curifactory.errors import DefinitionError

__all__ = [
    "Renderable",
    "RenderedReportable",
    "attach",
    "load_rendered",
    "render_reportable",
    "safe_file_name",
    "save_rendered",
]

# leaves room for what a reportable appends to it: an index, an extension
_MAX_NAME_BYTES = 120


class Renderable(Protocol):
    """What something must have to be reported; `curifactory.reporting.Reportable` has it."""

    name: str | None
    group: str | None
    qualified_name: str
    path: str
    stage: str | None
    record_name: str
    record_hash: str

    def render(self) -> None:
        """Write files into the folder ``self.path``."""

    def html(self) -> str | Sequence[str]:
        """Return what the page shows."""


def attach(
    reportable: Renderable,
    record_name: str,
    record_hash: str,
    stage: str | None,
    index: int,
    taken: Collection[str] | None = None,
) -> None:
    """Tell a reportable where it belongs, and name it.

    Parameters
    ----------
    reportable : Renderable
        Gets `name` (if it has none), `stage`, `record_name`, `record_hash`, `qualified_name`.
    record_name, record_hash : str
        The record that reported it.
    stage : str or None
        The stage that was running; ``None`` outside of any.
    index : int
        How many reportables this stage call reported before.
    taken : collection of str, optional
        Qualified names given out already, so that a number is added only where two would be equal.
        Without it, every name that does not end in its index gets it.
    """
    kind = type(reportable).__name__
    unnamed = getattr(reportable, "name", None) is None
    reportable.name = f"{kind}_{index}" if unnamed else str(reportable.name)
    reportable.stage = stage
    reportable.record_name = record_name
    reportable.record_hash = record_hash
    group = getattr(reportable, "group", None)
    parts = (group, stage, record_hash, reportable.name)
    name = safe_file_name("_".join(str(part) for part in parts if part))
    if name in taken if taken is not None else not unnamed:
        name = f"{name}_{index}"
    reportable.qualified_name = name


def safe_file_name(text: str) -> str:
    """Return a readable file name for any text: no separators, not hidden, not too long."""
    name = re.sub(r"[^\w.-]+", "_", text).lstrip(".-") or "_"
    if len(name.encode()) <= _MAX_NAME_BYTES:
        return name
    # the digest keeps names apart that differ only in what is cut off
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return name.encode()[: _MAX_NAME_BYTES - 9].decode(errors="ignore") + "-" + digest


def render_reportable(reportable: Renderable, folder: str) -> RenderedReportable:
    """Let a reportable write its files into `folder` and return it as data.

    Parameters
    ----------
    reportable : Renderable
        Has been through `attach`.
    folder : str
        Where its files go; made when needed. Many reportables may share it.

    Raises
    ------
    DefinitionError
        If its ``html()`` returns something else than a string or a list of strings.
    """
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    before = _file_states(folder)
    reportable.path = folder
    try:
        reportable.render()
        parts = reportable.html()
    except Exception as error:
        error.add_note(f"While {_described(reportable)} was rendered.")
        raise
    written = {path for path, _ in _file_states(folder).items() - before.items()}
    return RenderedReportable(
        name=str(reportable.name),
        group=str(getattr(reportable, "group", None) or ""),
        kind=type(reportable).__name__,
        qualified_name=reportable.qualified_name,
        stage=reportable.stage or "",
        record_name=reportable.record_name,
        record_hash=reportable.record_hash,
        html=tuple(_relative(part, folder) for part in _strings(parts, reportable)),
        files=tuple(sorted(written)),
    )


def _file_states(folder: str) -> dict[str, tuple[int, int, int]]:
    """Each file below `folder` with what changes when it is written."""
    states = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            status = os.lstat(path)
            relative = os.path.relpath(path, folder)
            states[relative] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return states


def _strings(parts: Any, reportable: Renderable) -> list[str]:
    if isinstance(parts, str):
        return [parts]
    if isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts):
        return list(parts)
    raise DefinitionError(
        f"html() of {_described(reportable)} returned a {type(parts).__name__}; "
        "it must return a string or a list of strings."
    )


def _described(reportable: Renderable) -> str:
    where = f" of stage '{reportable.stage}'" if reportable.stage else ""
    return (
        f"the {type(reportable).__name__} '{reportable.name}'{where}, "
        f"record '{reportable.record_name}',"
    )


def _relative(text: str, folder: str) -> str:
    """Put the placeholder for the folder, however its path is spelled in HTML."""
    spellings = "|".join(sorted({re.escape(folder), re.escape(html.escape(folder))}, reverse=True))
    return re.sub(rf"(?:file://)?(?:{spellings})(?![\w.-])", PLACEHOLDER, text)
