"""The benchmarks measure what they say: the floor handles the very files that the engine made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
