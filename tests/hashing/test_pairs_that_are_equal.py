from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import alike
import differing
import pytest

from curifactory.hashing import digest
from curifactory.params import field_digests, params_hash


@pytest.mark.parametrize("name", alike.PAIRS)
def test_equal_values_have_one_digest(name: str) -> None:
    left, right = alike.PAIRS[name]
    assert digest(left) == digest(right)


@pytest.mark.parametrize("name", alike.PARAMETERS)
def test_equal_parameters_have_one_hash(name: str) -> None:
    left, right = alike.PARAMETERS[name]
    assert params_hash(left) == params_hash(right)
    assert field_digests(left) == field_digests(right)


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_digests_are_equal_in_another_process(seed: str) -> None:
    script = (
        "import json, alike, differing\n"
        "from curifactory.hashing import digest\n"
        "tables = {'alike': alike.PAIRS, 'differing': differing.PAIRS}\n"
        "print(json.dumps({kind: {name: [*map(digest, pair)] for name, pair in table.items()}\n"
        "                  for kind, table in tables.items()}))\n"
    )
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": here}
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    there = json.loads(said.stdout)
    for kind, table in (("alike", alike.PAIRS), ("differing", differing.PAIRS)):
        for name, pair in table.items():
            assert [*map(digest, pair)] == there[kind][name], (kind, name)
