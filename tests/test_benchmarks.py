"""The benchmarks measure what they say: the floor handles the very files that the engine made."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import curifactory
from benchmarks.asking import QUESTIONS
from benchmarks.history import ARTIFACTS_PER_RUN, make_project
from benchmarks.large_subjects import SUBJECTS
from benchmarks.large_values import MAPPED, PAIRS
from benchmarks.planning import exponent
from curifactory.care.survey import survey

ROOT = Path(__file__).parent.parent


def figures(subject: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.subjects", subject, "2", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("engine", ["experiment", "live"])
def test_the_floor_writes_as_many_bytes_as_the_engine(engine: str, tmp_path: Path) -> None:
    assert figures(engine, tmp_path)["cpu"] > 0
    figures("floor_write", tmp_path)
    made, copied = (
        sorted(path.read_bytes() for path in folder.iterdir())
        for folder in (tmp_path / "cache", tmp_path / "copy")
    )
    assert len(made) == 2 * 2 * 5
    assert made == copied


@pytest.mark.parametrize("warm", ["experiment", "plan_only", "live", "floor_read", "floor_plan"])
def test_a_warm_measurement_changes_no_artifact(warm: str, tmp_path: Path) -> None:
    figures("experiment", tmp_path)
    cache = tmp_path / "cache"
    before = {name: os.stat(cache / name).st_mtime_ns for name in os.listdir(cache)}
    figures(warm, tmp_path)
    assert {name: os.stat(cache / name).st_mtime_ns for name in os.listdir(cache)} == before


def test_a_plan_of_an_empty_cache_fills_nothing(tmp_path: Path) -> None:
    assert figures("plan_only", tmp_path)["metadata"] == 0


def test_growth_is_one_if_each_step_costs_the_same_and_two_if_as_much_as_all_before() -> None:
    same = {steps: {"cpu": 3e-5} for steps in (100, 1_000, 10_000)}
    more = {steps: {"cpu": 3e-5 * max(steps, 1_000)} for steps in (100, 1_000, 10_000)}
    assert exponent(same, "cpu") == pytest.approx(1)
    assert exponent(more, "cpu", 1_000) == pytest.approx(2)
    assert exponent(more, "cpu") < 2


def test_a_generated_history_is_one_that_the_cache_fits(tmp_path: Path) -> None:
    make_project(str(tmp_path), runs=8, files=True)
    found = curifactory.history(folder=tmp_path / "data")
    assert len(found) == 8
    artifacts = [one for run in found for one in run.made]
    assert len({one.path for one in artifacts}) == 8 * ARTIFACTS_PER_RUN
    assert all(os.path.isfile(one.path) and not one.gone for one in artifacts)
    assert len(survey(str(tmp_path / "data" / "cache")).of("valid")) == 8 * ARTIFACTS_PER_RUN


def test_large_values_are_saved_once_and_then_loaded(tmp_path: Path) -> None:
    assert {MAPPED, *(name for pair in PAIRS for name in (pair.ours, pair.floor))} == set(SUBJECTS)
    for name in ("numpy save", "np.save", "numpy load", "np.load", MAPPED, "lazy chain"):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.large_subjects", name, str(tmp_path), "80000"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        assert json.loads(done.stdout)["cpu"] > 0
    saved = [path.name for path in (tmp_path / "cache").glob("*.npy")]
    # one by `numpy save`, a small one before mapping, five by the chain
    assert len(saved) == 1 + 1 + 5
    assert (tmp_path / "plain").stat().st_size == 80_000 + 128


def test_each_floor_fetches_the_rows_that_the_command_lists(tmp_path: Path) -> None:
    make_project(str(tmp_path), runs=12, files=True)
    with closing(sqlite3.connect(tmp_path / "data" / "runs.sqlite")) as connection, connection:
        rows = [len(connection.execute(one.query).fetchall()) for one in QUESTIONS]
    connection.close()
    bin_ = Path(sys.executable).parent
    for question, count in zip(QUESTIONS, rows, strict=True):
        command = [bin_ / "curifactory", *question.command.split(), "--json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        if "stays" in found:
            going, stays = found["planned"]["artifacts"], found["stays"].values()
            found = [*going, *range(sum(share["count"] for share in stays))]
        elif isinstance(found, dict):
            above = {one["artifact"]["path"] for one in found["made_from"]}
            found = [found["path"], *above]
        assert len(found) == count, question.command
    assert min(rows) > 0 or "--commit" in QUESTIONS[rows.index(0)].command
