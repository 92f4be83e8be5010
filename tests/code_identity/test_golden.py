"""The identity of code that stays the same stays the same: next year, and on another Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from golden import GOLDEN, digests
from projects import HERE

import curifactory

OTHERS = [f"3.{minor}" for minor in (11, 12, 13, 14) if minor != sys.version_info.minor]


def test_digests_are_what_they_were(tmp_path):
    golden = json.loads(GOLDEN.read_text())
    assert len(golden) >= 20
    assert digests(tmp_path) == golden


@pytest.mark.parametrize("version", OTHERS)
def test_digests_are_equal_on_another_python(version, tmp_path):
    source = Path(curifactory.__file__).parents[1]
    # a chooser of versions, where there is one, has to be told which
    environment = {**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{HERE}", "PYENV_VERSION": version,
                   "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "5"}  # fmt: skip
    environment.pop("VIRTUAL_ENV", None)
    python = shutil.which(f"python{version}")
    if (
        python is None
        or subprocess.run(
            [python, "-c", ""], env=environment, capture_output=True, check=False
        ).returncode
    ):
        pytest.skip(f"Python {version} is not installed")
    done = subprocess.run(
        [python, str(HERE / "golden.py"), str(tmp_path)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == json.loads(GOLDEN.read_text())
