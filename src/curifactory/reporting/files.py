"""Files of a page: written so that a reader never meets half of one."""

from __future__ import annotations

import html
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from curifactory.caching.reportable_data import PLACEHOLDER, RenderedReportable
from curifactory.store.files import remove


@dataclass(frozen=True, slots=True)
class Placed:
    """A reportable on a page: its HTML as it fits there, and files that could not be had."""

    reportable: RenderedReportable
    html: tuple[str, ...]
    missing: tuple[str, ...]


def write_atomically(path: str, content: bytes) -> None:
    """Write a file in one instant, with the permissions that the user's umask gives."""
    aside = _aside(path)
    try:
        with open(aside, "wb") as file:
            file.write(content)
        os.replace(aside, path)
    except BaseException:
        remove(aside)
        raise


def place_files(
    reportables: Iterable[tuple[RenderedReportable, str]], folder: str
) -> tuple[list[Placed], set[str]]:
    """Copy the files of reportables into the page's folder of files.

    Parameters
    ----------
    reportables : iterable of (RenderedReportable, str)
        Each with the folder where its files are.
    folder : str
        Where they go, called ``reportables`` beside the page.

    Returns
    -------
    placed : list of Placed
    paths : set of str
        The files that are in `folder` now on behalf of `reportables`, relative to it.
    """
    sources: dict[str, str] = {}
    placed = []
    for number, (reportable, origin) in enumerate(reportables):
        wanted = {name: source_of(name, origin) for name in reportable.files}
        taken = any(sources.get(name, source) != source for name, source in wanted.items())
        # stages of one name in different runs of a cache may have kept files of one name
        targets = {name: f"{number}/{name}" if taken else name for name in wanted}
        missing = []
        for name, source in wanted.items():
            if source is None:
                missing.append(name)
            else:
                _copy(source, os.path.join(folder, targets[name]))
                sources[targets[name]] = source
        refer = {name: f"{PLACEHOLDER}/{target}" for name, target in targets.items()}
        texts = with_references(reportable, refer.__getitem__) if taken else reportable.html
        placed.append(Placed(reportable, tuple(texts), tuple(missing)))
    return placed, set(sources)


def source_of(name: str, folder: str) -> str | None:
    """Return where a reportable's file really is, if it is there and no link leads elsewhere."""
    path = os.path.realpath(os.path.join(folder, name))
    inside = path.startswith(os.path.join(os.path.realpath(folder), ""))
    return path if inside and os.path.isfile(path) else None


def with_references(reportable: RenderedReportable, refer: Callable[[str], str]) -> Sequence[str]:
    """Return the HTML of a reportable with ``refer(file)`` wherever it refers to a file of it."""
    if not reportable.files:
        return reportable.html
    spellings = {
        spelled: name for name in reportable.files for spelled in (name, html.escape(name))
    }
    # the longest first, since one name may begin with another
    names = "|".join(re.escape(name) for name in sorted(spellings, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w/.-]){re.escape(PLACEHOLDER)}/({names})")
    return [
        pattern.sub(lambda match: html.escape(refer(spellings[match[1]])), text)
        for text in reportable.html
    ]


def remove_others(folder: str, keep: set[str]) -> None:
    """Remove the files below `folder` that an earlier page had and this one does not."""
    for base, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = os.path.join(base, name)
            if os.path.relpath(path, folder) not in keep:
                remove(path)
        if not os.listdir(base):
            os.rmdir(base)


def _copy(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    aside = _aside(target)
    try:
        shutil.copyfile(source, aside)
        os.replace(aside, target)
    except BaseException:
        remove(aside)
        raise


def _aside(path: str) -> str:
    folder, _ = os.path.split(path)
    return os.path.join(folder, f".writing-{secrets.token_hex(8)}")
