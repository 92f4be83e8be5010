"""The HTML page of one run."""

from __future__ import annotations

import importlib.resources
import json
import os
from typing import TYPE_CHECKING, Any

from curifactory.errors import MissingDependencyError
from curifactory.reporting.files import place_files, remove_others, write_atomically
from curifactory.reporting.report import RunReport
from curifactory.reporting.sections import counts_of, parameter_table, sections_of, stage_steps

if TYPE_CHECKING:
    import jinja2

SUMMARY_FILE = "report.json"


def write_report(
    report: RunReport, folder: str, style_css: str | None = None, *, listed: bool = True
) -> str:
    """Write the page of a run, with a copy of everything that it shows.

    Parameters
    ----------
    report : RunReport
        What it says.
    folder : str
        Where it goes: ``index.html``, ``style.css``, ``report.json``, ``reportables/``. An earlier
        page there is replaced.
    style_css : str, optional
        A style sheet of the user's; ours if there is no such file.
    listed : bool
        Whether `folder` lies beside others below an ``index.html``, to which the page then links.

    Returns
    -------
    str
        The path of the ``index.html``.

    Raises
    ------
    MissingDependencyError
        If jinja2 is not installed.
    OSError
        If something cannot be written.
    """
    files_folder = os.path.join(folder, "reportables")
    page = os.path.join(folder, "index.html")
    template = load_template("report.html.j2")
    os.makedirs(folder, exist_ok=True)
    placed, kept = place_files(report.reportables, files_folder)
    text = template.render(
        report=report,
        sections=sections_of(placed),
        stages=stage_steps(report.steps),
        counts=counts_of(report.steps),
        parameters=parameter_table(report.parameter_sets),
        listed=listed,
    )
    write_atomically(os.path.join(folder, "style.css"), style_sheet(style_css).encode())
    write_atomically(os.path.join(folder, SUMMARY_FILE), _summary(report))
    # last, so that what the page refers to is there
    write_atomically(page, to_bytes(text))
    remove_others(files_folder, kept)
    return page


def load_template(name: str) -> jinja2.Template:
    """Return a template in which every value is escaped.

    Raises
    ------
    MissingDependencyError
        If jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise MissingDependencyError(
            "Reports need jinja2, which is not installed. "
            'Install it with: pip install "curifactory[reports]"'
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curifactory.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def style_sheet(path: str | None = None) -> str:
    """Return the user's style sheet if there is a file at `path`, else ours."""
    if path is not None and os.path.isfile(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    ours = importlib.resources.files("curifactory.reporting") / "templates" / "style.css"
    return ours.read_text(encoding="utf-8")


def to_bytes(text: str) -> bytes:
    """Encode a page; what UTF-8 cannot hold (half of a surrogate pair) becomes a reference."""
    return text.encode("utf-8", "xmlcharrefreplace")


def _summary(report: RunReport) -> bytes:
    """What the list of reports says about this one."""
    document: dict[str, Any] = {
        "schema": 1,
        "reference": report.reference,
        "status": report.status,
        "started": report.started,
        "ended": report.ended,
        "notes": report.facts.get("notes", ""),
        "parameter_sets": len(report.parameter_sets),
        "reportables": len(report.reportables),
    }
    return (json.dumps(document, indent=2) + "\n").encode()
