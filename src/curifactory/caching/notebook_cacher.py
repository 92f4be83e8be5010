"""RawJupyterNotebookCacher: cells of Python code as a notebook."""

from __future__ import annotations

import os
from typing import Any

from curifactory.caching.json_cacher import JsonCacher
from curifactory.errors import ArtifactSaveError

_CELLS_SUFFIX = "_cells.json"


class RawJupyterNotebookCacher(JsonCacher):
    """Stores a list of cells, each a list of lines of Python code, as a notebook (``.ipynb``).

    The cells themselves lie beside it in ``<name>_cells.json`` and are what is loaded.
    """

    default_extension = ".ipynb"
    needs = "notebook"

    def check(self) -> bool:
        """Whether the notebook and its cells are there."""
        return super().check() and os.path.exists(self.get_path(_CELLS_SUFFIX))

    def _write(self, obj: Any, path: str) -> None:
        notebook = _notebook_text(_checked(obj, self._what()))
        with open(path, "w", encoding="utf-8") as file:
            file.write(notebook)
        with self.atomic_path(_CELLS_SUFFIX) as cells_path:
            super()._write(obj, cells_path)

    def _read(self, path: str) -> Any:  # noqa: ARG002 - what is loaded lies beside the notebook
        cells_path = self.get_path(_CELLS_SUFFIX)
        with self._explained_load(cells_path), open(cells_path, "rb") as file:
            return self._read_open(file)


def _checked(obj: Any, what: str) -> list[list[str]]:
    problem = None
    if not isinstance(obj, list | tuple):
        problem = f"is a {type(obj).__name__}"
    else:
        for index, cell in enumerate(obj):
            if not isinstance(cell, list | tuple) or not all(isinstance(c, str) for c in cell):
                problem = f"has {cell!r:.60} as cell {index}"
                break
    if problem is not None:
        raise ArtifactSaveError(
            "RawJupyterNotebookCacher stores a list of cells, each a list of lines of code, "
            f"but {what} {problem}."
        )
    return [list(cell) for cell in obj]


def _notebook_text(cells: list[list[str]]) -> str:
    import nbformat
    from nbformat import v4

    notebook = v4.new_notebook()
    for index, lines in enumerate(cells):
        source = "\n".join(line.removesuffix("\n") for line in lines)
        # nbformat would draw a random id, and equal cells would give another file each time
        notebook.cells.append(v4.new_code_cell(source, id=f"cell-{index}"))
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"
