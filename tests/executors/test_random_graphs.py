"""Random experiments do the same with workers as alone, from empty caches and from damaged ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def compare(tmp_path, first, last):
    script = Path(__file__).with_name("random_graphs.py")
    done = subprocess.run(
        [sys.executable, script, str(first), str(last)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_random_experiments_do_the_same_with_workers_as_alone(tmp_path):
    compare(tmp_path, 0, 8)


@pytest.mark.soak
def test_many_random_experiments_do_the_same_with_workers_as_alone(tmp_path):
    compare(tmp_path, 1000, 1500)
