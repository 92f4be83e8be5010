"""Reportables, and what shows them: pages, notebooks, the terminal."""

from curifactory.caching.rendered import RenderedReportable, attach, render_reportable
from curifactory.reporting.figures import FigureReporter, ImageReporter, LinePlotReporter
from curifactory.reporting.reportables import HTMLReporter, JsonReporter, Reportable
from curifactory.reporting.tables import DFReporter, LatexTableReporter

__all__ = [
    "DFReporter",
    "FigureReporter",
    "HTMLReporter",
    "ImageReporter",
    "JsonReporter",
    "LatexTableReporter",
    "LinePlotReporter",
    "RenderedReportable",
    "Reportable",
    "attach",
    "render_reportable",
]
