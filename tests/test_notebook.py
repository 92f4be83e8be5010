"""The notebook of a run."""

from __future__ import annotations

import subprocess
import sys

import nbformat


def test_the_notebook_of_a_run_repeats_it_from_the_cache(project):
    project.write(
        "experiments/one.py",
        """
        from curifactory import ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher

        @stage(outputs=["thing"], cachers=[JsonCacher])
        def make(record):
            return {"made": 1}

        def get_params():
            return [ExperimentParameters(name="only")]

        def run(param_sets, manager):
            return make(Record(manager, param_sets[0])).state["thing"]
        """,
    )
    project.succeed("one", "--notebook")

    [path] = (project.root / "notebooks" / "experiments").iterdir()
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells)
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint('result', result)"],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0 to run, 1 from cache" in done.stdout
    assert "result {'made': 1}" in done.stdout
