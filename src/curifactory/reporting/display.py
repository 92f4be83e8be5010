"""Reportables in a notebook."""

from __future__ import annotations

import base64
import html
import mimetypes
import os
from collections.abc import Iterable

from curifactory.caching.rendered import RenderedReportable
from curifactory.reporting.files import source_of, with_references


def reportables_html(reportables: Iterable[RenderedReportable], folder: str) -> str:
    """Return HTML that shows reportables and needs no files beside it.

    Parameters
    ----------
    reportables : iterable of RenderedReportable
    folder : str
        Where their files are. Files are embedded; one that is missing stays a link.
    """

    def embedded(name: str) -> str:
        path = source_of(name, folder)
        if path is None:
            return os.path.join(folder, name)
        with open(path, "rb") as file:
            content = base64.b64encode(file.read()).decode("ascii")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return f"data:{kind};base64,{content}"

    return "\n".join(
        f"<h4>{_title(item)}</h4>\n" + "\n".join(with_references(item, embedded))
        for item in reportables
    )


def _title(item: RenderedReportable) -> str:
    where = " / ".join(part for part in (item.group, item.record_name, item.stage) if part)
    return f"{html.escape(item.name)} <small>{html.escape(where)}</small>"
