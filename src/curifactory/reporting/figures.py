"""Reportables that are pictures."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from curifactory.errors import DefinitionError, MissingDependencyError, NotFoundError
from curifactory.reporting.reportables import Reportable

# style keywords that belong to the axes; all others belong to the lines
_OF_AXES = ("title", "xlabel", "ylabel", "xscale", "yscale", "xlim", "ylim")


class _Picture(Reportable):
    """A reportable that writes one picture, which the page shows."""

    _extension = ".png"

    def html(self) -> str:
        """Return the ``<img>`` element."""
        source, name = self.file_link(self._extension), html.escape(str(self.name))
        return f'<img src="{source}" alt="{name}" loading="lazy">'


class FigureReporter(_Picture):
    """Shows a figure of matplotlib, or anything else that has ``savefig``.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Saved at the end of its stage; it is not closed.
    name, group : str, optional
        See `Reportable`.
    **savefig
        Passed to ``fig.savefig``, such as ``dpi`` or ``format="svg"``.

    Raises
    ------
    DefinitionError
        If `fig` cannot be saved.
    """

    def __init__(
        self, fig: Any, name: str | None = None, group: str | None = None, **savefig: Any
    ) -> None:
        super().__init__(name, group)
        if not hasattr(fig, "savefig"):
            raise DefinitionError(
                "FigureReporter needs a figure with savefig(), but was given a value of type "
                f"{type(fig).__name__}. Of axes, pass axes.figure."
            )
        self._figure = fig
        self._extension = "." + str(savefig.get("format", "png"))
        self._savefig = {"bbox_inches": "tight"} | savefig

    def render(self) -> None:
        """Save the figure."""
        self._figure.savefig(self.file_path(self._extension), **self._savefig)


class ImageReporter(_Picture):
    """Shows an image file; a copy is kept with the artifacts of the stage.

    Parameters
    ----------
    path : str or os.PathLike
        The file; it is read at the end of the stage.
    name, group : str, optional
        See `Reportable`.
    """

    def __init__(
        self, path: str | os.PathLike[str], name: str | None = None, group: str | None = None
    ) -> None:
        super().__init__(name, group)
        self._source = os.fspath(path)
        extension = os.path.splitext(self._source)[1]
        self._extension = extension if re.fullmatch(r"\.\w{1,8}", extension) else ""

    def render(self) -> None:
        """Copy the file.

        Raises
        ------
        NotFoundError
            If there is no such file.
        """
        if not os.path.isfile(self._source):
            raise NotFoundError(
                f"ImageReporter '{self.name}' cannot show {self._source}: there is no such file. "
                "It has to be there until the stage ends."
            )
        shutil.copyfile(self._source, self.file_path(self._extension))


class LinePlotReporter(_Picture):
    """Draws one line, or several with a legend.

    Parameters
    ----------
    y : sequence of float, or dict of str to such
        The values of the line, or of each line by its name.
    x : sequence of float, or dict of str to such, optional
        Where the values lie: for all lines, or for each by its name; else 0, 1, 2, …
    name, group : str, optional
        See `Reportable`.
    **style
        ``title``, ``xlabel``, ``ylabel``, ``xscale``, ``yscale``, ``xlim``, ``ylim``; anything
        else is passed to matplotlib's ``plot``, such as ``marker="o"``.

    Raises
    ------
    DefinitionError
        If `x` and `y` do not fit together.
    """

    def __init__(
        self,
        y: Iterable[Any] | Mapping[str, Iterable[Any]],
        x: Iterable[Any] | Mapping[str, Iterable[Any]] | None = None,
        name: str | None = None,
        group: str | None = None,
        **style: Any,
    ) -> None:
        super().__init__(name, group)
        self._lines = _lines(y, x)
        self._legend = isinstance(y, Mapping)
        self._of_axes = {key: style.pop(key) for key in _OF_AXES if key in style}
        self._of_lines = style

    def render(self) -> None:
        """Draw the plot.

        Raises
        ------
        DefinitionError
            If matplotlib does not know a style keyword.
        MissingDependencyError
            If matplotlib is not installed.
        """
        figure, axes = _empty_plot()
        try:
            drawn = [axes.plot(x, y, **self._of_lines)[0] for x, y in self._lines.values()]
            axes.set(**self._of_axes)
        except (AttributeError, TypeError, ValueError) as error:
            raise DefinitionError(
                f"LinePlotReporter '{self.name}' cannot be drawn: {error}. "
                "Check its values and its style keywords."
            ) from error
        if self._legend and drawn:
            axes.legend(drawn, list(self._lines))
        figure.savefig(self.file_path(".png"), dpi=120)


def _empty_plot() -> tuple[Any, Any]:
    # a figure of its own: pyplot would open windows and keep every figure alive
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(
            "LinePlotReporter needs matplotlib, which is not installed. "
            'Install it with: pip install "curifactory[reports]"'
        ) from error
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.3)
    return figure, axes


def _lines(y: Any, x: Any) -> dict[str, tuple[list[Any], list[Any]]]:
    """Each line by name, copied: a stage may go on to append to its lists."""
    named = y if isinstance(y, Mapping) else {"": y}
    lines = {}
    for name, values in named.items():
        ys = list(values)
        along = x.get(name) if isinstance(x, Mapping) else x
        if along is None and x is not None:
            raise DefinitionError(
                f"LinePlotReporter has no x for the line '{name}'; x has {', '.join(map(str, x))}."
            )
        xs = list(range(len(ys))) if along is None else list(along)
        if len(xs) != len(ys):
            raise DefinitionError(
                f"LinePlotReporter was given {len(ys)} values and {len(xs)} places on the x axis"
                + (f" for the line '{name}'." if name else ".")
            )
        lines[str(name)] = (xs, ys)
    return lines
