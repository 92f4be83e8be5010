"""The notebook of a run: code that repeats it live and shows what it reported."""

from __future__ import annotations

import os

from curifactory.caching.notebook_cacher import RawJupyterNotebookCacher
from curifactory.manager import ArtifactManager


def write_run_notebook(manager: ArtifactManager) -> str:
    """Write ``<notebooks_path>/experiments/<reference>.ipynb``.

    Parameters
    ----------
    manager : ArtifactManager
        The run.

    Returns
    -------
    str
        Path of the notebook.

    Raises
    ------
    MissingDependencyError
        If nbformat is not installed.
    """
    folder = os.path.join(manager.notebooks_path, "experiments")
    cacher = RawJupyterNotebookCacher(os.path.join(folder, f"{manager.get_reference_name()}.ipynb"))
    cacher.save(_cells(manager))
    # what is loaded again is the notebook's business, not ours
    os.unlink(cacher.get_path("_cells.json"))
    return cacher.get_path()


def _cells(manager: ArtifactManager) -> list[list[str]]:
    root = os.path.relpath(manager.root, os.path.join(manager.notebooks_path, "experiments"))
    return [
        [
            f"# {manager.get_reference_name()}",
            "import os",
            "",
            f"os.chdir({root!r})  # the project",
        ],
        [
            "from curifactory.experiment import run_experiment",
            "",
            "# what is in the cache is loaded, not computed again",
            "result, manager = run_experiment(",
            f"    {manager.experiment_name!r}, {manager.parameter_files!r}, report=False",
            ")",
        ],
        ["result"],
        ["manager.records"],
        ["manager.display_all_reportables()"],
    ]
