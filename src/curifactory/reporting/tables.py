"""Reportables that are data frames."""

from __future__ import annotations

import html
from typing import Any

from curifactory.errors import DefinitionError, MissingDependencyError
from curifactory.reporting.reportables import Reportable

# a page with more rows than this is of no use to anyone
_MAX_ROWS = 1000


class DFReporter(Reportable):
    """Shows a data frame as a table.

    Parameters
    ----------
    df : pandas.DataFrame or pandas.Series
        Of more than 1000 rows only the first and last 500 are shown.
    float_prec : int
        Digits after the decimal point.
    name, group : str, optional
        See `Reportable`.

    Raises
    ------
    DefinitionError
        If `df` is something else, or `float_prec` no number of digits.
    """

    def __init__(
        self, df: Any, float_prec: int = 4, name: str | None = None, group: str | None = None
    ) -> None:
        super().__init__(name, group)
        self._frame = _frame(df, self)
        if not isinstance(float_prec, int) or float_prec < 0:
            raise DefinitionError(
                f"DFReporter takes float_prec, the digits after the decimal point, as a whole "
                f"number from 0 on, not {float_prec!r}. A name is given as name=..."
            )
        self._float_prec = float_prec

    def html(self) -> str:
        """Return the table, with every cell escaped and none cut short."""
        table: str = self._frame.to_html(
            border=0,
            max_rows=_MAX_ROWS,
            show_dimensions=len(self._frame) > _MAX_ROWS,
            float_format=f"{{:.{self._float_prec}f}}".format,
        )
        return table


class LatexTableReporter(Reportable):
    r"""Writes a data frame as a LaTeX table, for ``\input`` in a paper, and shows its source.

    Parameters
    ----------
    df : pandas.DataFrame or pandas.Series
    name, group : str, optional
        See `Reportable`.
    **to_latex
        Passed to ``DataFrame.to_latex``. Unless told otherwise, special characters are escaped.

    Raises
    ------
    DefinitionError
        If `df` is something else.
    """

    def __init__(
        self, df: Any, name: str | None = None, group: str | None = None, **to_latex: Any
    ) -> None:
        super().__init__(name, group)
        self._frame = _frame(df, self)
        self._to_latex = {"escape": True} | to_latex
        self._source = ""

    def render(self) -> None:
        """Write the ``.tex`` file.

        Raises
        ------
        MissingDependencyError
            If jinja2, which pandas needs for LaTeX, is not installed.
        """
        try:
            self._source = self._frame.to_latex(**self._to_latex)
        except ImportError as error:
            raise MissingDependencyError(
                f"LatexTableReporter needs a library that is not installed ({error}). "
                'Install it with: pip install "curifactory[reports]"'
            ) from error
        with open(self.file_path(".tex"), "w", encoding="utf-8") as file:
            file.write(self._source)

    def html(self) -> list[str]:
        """Return the source and a link to the file."""
        name = html.escape(f"{self.qualified_name}.tex")
        return [
            f"<pre>{html.escape(self._source)}</pre>",
            f'<p><a href="{self.file_link(".tex")}">{name}</a></p>',
        ]


def _frame(df: Any, reportable: Reportable) -> Any:
    """Return the data frame, whatever pandas object it came as."""
    frame = df.to_frame() if hasattr(df, "to_frame") else df
    if hasattr(frame, "to_html") and hasattr(frame, "to_latex") and hasattr(frame, "columns"):
        return frame
    kind = type(reportable).__name__
    raise DefinitionError(
        f"{kind} shows a pandas data frame, but was given a value of type "
        f"{type(df).__name__}. Make one with pandas.DataFrame(...) first."
    )
