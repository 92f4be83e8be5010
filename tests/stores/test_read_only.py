"""A full store that serves as a cache stays as it is."""

from __future__ import annotations

import os

import pytest

from curifactory import Record, stage
from curifactory.caching import JsonCacher

from .conftest import EXPERIMENT, contents


@pytest.mark.parametrize("part", ["", "artifacts"])
def test_a_run_on_a_full_store_writes_nothing_into_it(project, store, part):
    before = contents(store)
    project.write("experiments/sums.py", EXPERIMENT.replace("size=5", "size=6"))
    done = project.command("sums", "--cache", str(store / part), "--no-report")
    assert done.returncode == 0, done.stderr
    assert project.executed() == {"make large": 1, "add large": 1, "compare all": 1}
    assert contents(store) == before
    assert "is a full store and stays as it is" in done.stdout + done.stderr


def test_a_script_cannot_write_into_a_full_store_either(lab, store):
    before = contents(store)

    @stage(outputs=["thing"], cachers=[JsonCacher])
    def make(record):
        return 1

    manager = lab.manager(cache_path=os.path.relpath(store / "artifacts", lab.root))
    manager.dry_cache = False
    make(Record(manager, lab.Params("a")))
    manager.close()
    assert contents(store) == before


def test_a_run_on_a_full_store_says_that_it_keeps_no_other(project, store):
    project.write("experiments/sums.py", EXPERIMENT)
    done = project.command("sums", "--cache", str(store), "--store-full", "--no-report")
    assert done.returncode == 0, done.stderr
    assert "No full store is kept" in done.stdout + done.stderr
    assert list((project.root / "data" / "runs").iterdir()) == []


def test_a_full_store_is_not_repaired(project, store):
    next((store / "artifacts").glob("*_total.json")).unlink()
    before = contents(store)
    options = ("--cache", str(store), "--repair", "--yes")
    done = project.command("cache", "verify", *options, program="curifactory")
    assert done.returncode == 1
    assert "is a full store, which stays as it is" in done.stderr
    assert contents(store) == before
