"""The list of all reports, and the copy of the latest."""

from __future__ import annotations

import json
import os
import shutil
import urllib.parse
from dataclasses import dataclass

from curifactory.errors import NotFoundError
from curifactory.reporting.files import write_atomically
from curifactory.reporting.page import SUMMARY_FILE, load_template, style_sheet, to_bytes
from curifactory.store.staging import Staging

LATEST = "_latest"
# how often another process may put its own latest report in place before ours
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list; what its ``report.json`` does not say is empty."""

    reference: str
    link: str
    status: str
    started: str
    notes: str
    parameter_sets: int | None
    reportables: int | None


def write_index(reports_path: str, style_css: str | None = None) -> str:
    """Write ``index.html``, which lists the reports in a folder, the newest first.

    Parameters
    ----------
    reports_path : str
        The folder; made when needed. A report in it that is damaged is listed by its name.
    style_css : str, optional
        A style sheet of the user's; ours if there is no such file.

    Returns
    -------
    str
        The path of the ``index.html``.

    Raises
    ------
    MissingDependencyError
        If jinja2 is not installed.
    OSError
        If it cannot be written.
    """
    template = load_template("index.html.j2")
    os.makedirs(reports_path, exist_ok=True)
    # embedded: a style.css in this folder is the user's
    style = style_sheet(style_css).replace("</", "<\\/")
    latest = os.path.isfile(os.path.join(reports_path, LATEST, "index.html"))
    text = template.render(entries=list_reports(reports_path), style=style, latest=latest)
    page = os.path.join(reports_path, "index.html")
    write_atomically(page, to_bytes(text))
    return page


def list_reports(reports_path: str) -> list[Entry]:
    """Return the reports in a folder, the newest first; those without a date stand last."""
    with os.scandir(reports_path) as found:
        names = [item.name for item in found if item.name != LATEST and item.name[0] != "."]
    entries = [
        _entry(reports_path, name)
        for name in names
        if os.path.isfile(os.path.join(reports_path, name, "index.html"))
    ]
    return sorted(entries, key=lambda entry: (entry.started, entry.reference), reverse=True)


def update_latest(reports_path: str, reference: str) -> str:
    """Make ``_latest`` a copy of one report.

    The copy is made aside and then renamed, so that ``_latest`` is never half of one. Plain files
    are copied, since links do not survive a move to another machine.

    Parameters
    ----------
    reports_path : str
        The folder of all reports.
    reference : str
        The run whose report it is.

    Returns
    -------
    str
        The path of ``_latest``.

    Raises
    ------
    NotFoundError
        If there is no such report.
    OSError
        If it cannot be written.
    """
    source = os.path.join(reports_path, reference)
    latest = os.path.join(reports_path, LATEST)
    if not os.path.isdir(source):
        raise NotFoundError(f"There is no report {source}; write it before it becomes the latest.")
    staging = Staging()
    try:
        aside = staging.folder(reports_path)
        copy = shutil.copytree(source, os.path.join(aside, "new"))
        _swap(copy, latest, aside)
    finally:
        staging.close()
    return latest


def _swap(copy: str, latest: str, aside: str) -> None:
    """Rename `copy` to `latest`, what was there before into `aside`."""
    for attempt in range(_ATTEMPTS):
        try:
            os.rename(latest, os.path.join(aside, f"old-{attempt}"))
        except FileNotFoundError:
            pass
        try:
            os.rename(copy, latest)
        except OSError:
            # another process was faster; its report is as new as ours, but ours was asked for
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _entry(reports_path: str, name: str) -> Entry:
    try:
        with open(os.path.join(reports_path, name, SUMMARY_FILE), encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError, RecursionError):
        document = None
    known = document if isinstance(document, dict) else {}
    texts = {key: value for key, value in known.items() if isinstance(value, str)}
    numbers = {key: value for key, value in known.items() if type(value) is int}
    return Entry(
        reference=name,
        link=urllib.parse.quote(os.fsencode(name)) + "/index.html",
        status=texts.get("status", "unknown"),
        started=texts.get("started", ""),
        notes=texts.get("notes", ""),
        parameter_sets=numbers.get("parameter_sets"),
        reportables=numbers.get("reportables"),
    )
