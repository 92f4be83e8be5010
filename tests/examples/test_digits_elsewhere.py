"""The digits example with its steps carried out by processes, by a pool, and by a Dask cluster."""

from __future__ import annotations

import sys

import pytest

from tests.examples.conftest import Example

POOL = """\
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from curifactory.experiment import run_experiment

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        run_experiment("digits", [sys.argv[1]], executor=pool)
"""


@pytest.mark.soak
def test_every_executor_makes_the_same_artifacts_of_the_whole_grid(tmp_path):
    alone = Example("digits", tmp_path / "alone")
    steps = alone.run("-p", "grid")["steps"]
    for name in ("processes:2", "dask:2", "pool"):
        example = Example("digits", tmp_path / name)
        if name == "pool":
            (example.folder / "script.py").write_text(POOL)
            example.execute(sys.executable, "script.py", "grid")
        else:
            example.run("-p", "grid", "--executor", name)
        assert example.last_run()["steps"] == steps, name
        assert example.artifacts() == alone.artifacts(), name
