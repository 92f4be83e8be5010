"""What the tests of this folder start: the harness in a process of its own, one fault at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .shim import build, compiler

NEEDS_SHIM = {"kill", "torn", "powerloss", "powerloss-fsync", "enospc", "eio"}
BAD = {
    "wrong",
    "broken",
    "lost",
    "leftovers",
    "third run executed",
    "runs lost",
    "unclear",
    "wrong status",
    "executed twice",
}
TESTS = Path(__file__).parents[1]

Trials = Callable[..., dict[str, int]]


@pytest.fixture
def trials(tmp_path: Path) -> Trials:
    """Makes trials with one fault; gives their counts, after asserting that nothing bad is there."""

    def make(fault: str, number: int = 0, seed: int = 1, **settings: str) -> dict[str, int]:
        own = {key: text for key, text in os.environ.items() if not key.startswith("CURIFACTORY_")}
        environment = own | {"PYTHONPATH": str(TESTS)} | settings
        if fault in NEEDS_SHIM:
            if compiler() is None:
                pytest.skip("no C compiler (cc, gcc or clang) to build the shim with")
            environment["LD_PRELOAD"] = str(build(tmp_path))
        command = [sys.executable, "-m", "faults", fault, f"--trials={number}", f"--seed={seed}"]
        # in memory where there is such a place: these are thousands of files
        memory = "/dev/shm"
        folder = memory if os.access(memory, os.W_OK) else str(tmp_path)
        done = subprocess.run(
            [*command, "--folder", folder], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        print(fault, answer["counts"])
        if "cannot mount" in answer["counts"]:
            pytest.skip("no disk can be mounted here")
        assert not BAD & answer["counts"].keys(), answer["found"]
        assert answer["counts"]["trials"] >= max(number, 1)
        return answer["counts"]

    return make
