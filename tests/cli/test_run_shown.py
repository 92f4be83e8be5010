"""What is printed of one run."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import curifactory
from curifactory import Record, stage
from curifactory.caching import JsonCacher
from curifactory.cli.run_shown import run_lines


@stage(None, ["data"], [JsonCacher])
def make(record):
    return record.params.size


def run(param_sets, manager):
    for params in param_sets:
        make(Record(manager, params))


def shown(run, everything=False):
    return "\n".join(run_lines(run, everything))


def test_a_long_list_of_artifacts_is_cut_and_says_so(lab):
    lab.run(run, *(lab.Params(f"n{n}", size=n) for n in range(60)))
    (one,) = curifactory.history()
    assert "  and 10 more; --all names them" in shown(one)
    assert shown(one).count("_make_data.json") == 50
    assert shown(one, everything=True).count("_make_data.json") == 60


def test_a_run_that_was_killed_says_how_its_artifacts_are_found(lab):
    manager = lab.manager("plan")
    make(Record(manager, lab.Params("a")))
    manager.close()
    (one,) = curifactory.history()
    assert one.status == "running"
    assert "rebuild" not in shown(one)
    with closing(sqlite3.connect("data/runs.sqlite")) as connection, connection:
        connection.execute("UPDATE runs SET process = process || '0'")
    connection.close()
    (one,) = curifactory.history()
    assert one.status == "dead"
    assert "`curifactory runs rebuild` finds that" in shown(one)
