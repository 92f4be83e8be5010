"""The digits example with its steps carried out by processes, by a pool, and by a Dask cluster."""

from __future__ import annotations

import sys

import pytest

POOL = """\
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from curifactory.experiment import run_experiment

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        run_experiment("digits", [sys.argv[1]], executor=pool)
"""


def artifacts(contents):
    return {name: it for name, it in contents.items() if not name.endswith("_metadata.json")}


def emptied(example, folder):
    copy = example.copied(folder)
    for path in sorted(copy.cache.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return copy


def test_two_processes_make_the_same_artifacts_as_one(digits, tmp_path):
    again = emptied(digits.example, tmp_path / "digits")
    assert again.run("-p", "quick", "--parallel", "2")["steps"] == digits.first["steps"]
    assert artifacts(again.contents()) == artifacts(digits.after_first)


@pytest.mark.soak
def test_every_executor_makes_the_same_artifacts_of_the_whole_grid(digits, tmp_path):
    alone = emptied(digits.example, tmp_path / "alone")
    steps = alone.run("-p", "grid")["steps"]
    for name in ("processes:2", "dask:2", "pool"):
        example = emptied(digits.example, tmp_path / name)
        if name == "pool":
            (example.folder / "script.py").write_text(POOL)
            example.execute(sys.executable, "script.py", "grid")
        else:
            example.run("-p", "grid", "--executor", name)
        assert example.last_run()["steps"] == steps, name
        assert artifacts(example.contents()) == artifacts(alone.contents()), name
