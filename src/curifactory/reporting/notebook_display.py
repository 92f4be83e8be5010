"""What a manager shows in a notebook: the run, and what was reported."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from curifactory.caching.rendered import RenderedReportable
from curifactory.errors import MissingDependencyError
from curifactory.reporting.display import reportables_html


class NotebookDisplay:
    """The ``display_*`` methods of a manager."""

    records: list[Any]

    @property
    def run_info(self) -> dict[str, Any]:
        """Everything that is known of the run."""
        raise NotImplementedError

    def reported(self) -> list[tuple[str, list[RenderedReportable]]]:
        """What was reported, by the folder where its files are."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(str(name))}</th><td>{html.escape(str(value))}</td></tr>"
            for name, value in self.run_info.items()
            if value not in (None, "")
        )
        return f"<table>{rows}</table>"

    def display_info(self) -> None:
        """Show what is known of the run."""
        _show(self._repr_html_())

    def display_all_reportables(self) -> None:
        """Show everything that was reported."""
        self._show_where(lambda _: True)

    def display_record_reportables(self, record: Any) -> None:
        """Show what stages of one record reported."""
        self._show_where(lambda item: item.record_hash == record.get_hash())

    def display_group_reportables(self, group: str) -> None:
        """Show the reportables of one group."""
        self._show_where(lambda item: item.group == group)

    def display_stage_reportables(self, stage: str) -> None:
        """Show what one stage reported, on any record."""
        self._show_where(lambda item: item.stage == stage)

    def display_reportable(self, name: str) -> None:
        """Show the reportables of this name, or of this qualified name."""
        self._show_where(lambda item: name in (item.name, item.qualified_name))

    def display_stage_graph(self) -> None:
        """Show which stages each record went through."""
        rows = "".join(
            f"<tr><th>{html.escape(record.get_reference_name())}</th>"
            f"<td>{html.escape(' → '.join(record.stages))}</td></tr>"
            for record in self.records
        )
        _show(f"<table>{rows}</table>")

    def _show_where(self, wanted: Callable[[RenderedReportable], bool]) -> None:
        for folder, items in self.reported():
            chosen = [item for item in items if wanted(item)]
            if chosen:
                _show(reportables_html(chosen, folder))


def _show(page: str) -> None:
    try:
        from IPython.display import HTML, display
    except ImportError as error:
        raise MissingDependencyError(
            "Showing things in a notebook needs IPython: pip install 'curifactory[notebook]'"
        ) from error
    display(HTML(page))
