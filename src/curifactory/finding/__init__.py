"""Find experiments, parameter files and parameter sets in a project."""

from __future__ import annotations

from curifactory.finding.importing import (
    ProjectModule,
    import_experiment,
    import_parameter_file,
)
from curifactory.finding.listing import ExperimentEntry, list_experiments
from curifactory.finding.path import project_importable
from curifactory.finding.selection import ParameterSelection, collect_parameter_sets

__all__ = [
    "ExperimentEntry",
    "ParameterSelection",
    "ProjectModule",
    "collect_parameter_sets",
    "import_experiment",
    "import_parameter_file",
    "list_experiments",
    "project_importable",
]
