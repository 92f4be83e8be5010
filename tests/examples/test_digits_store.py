"""The full store of the digits example, carried away in a zip file while its project is deleted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import Example, artifacts_in

HERE = Path(sys.executable).parent


class Carried:
    """A full store in an otherwise empty folder.

    Parameters
    ----------
    folder : Path
        An empty folder.
    parameter_file : str
        Whose parameter sets were sent through.
    candidates : int
        How many these are.
    """

    def __init__(self, folder: Path, parameter_file: str, candidates: int) -> None:
        # the split, three stages for each, and the comparison with its notebook
        self.steps = 3 * candidates + 3
        # two of the split, four of each and a report, the table, its report, the notebook
        self.artifacts = 5 * candidates + 5
        example = Example("digits", folder / "project")
        reference = example.run("-p", parameter_file, "--store-full")["reference"]
        example.execute(HERE / "curifactory", "export", "latest", folder / "run.zip")
        self.made = example.artifacts()
        shutil.rmtree(example.folder)
        self.away = folder / "away"
        self.away.mkdir()
        self.run(HERE, "import", folder / "run.zip")
        self.store = self.away / reference

    def run(self, programs: Path, *arguments: str | Path) -> str:
        """Run a command where the store is; gives what it printed."""
        command = [programs / "curifactory", *arguments]
        done = subprocess.run(command, cwd=self.away, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def replay(self, programs: Path, *options: str) -> dict:
        return json.loads(self.run(programs, "replay", self.store.name, "--json", *options))


@pytest.fixture(scope="module")
def carried(tmp_path_factory) -> Carried:
    return Carried(tmp_path_factory.mktemp("carried"), "quick", 2)


def replays(carried: Carried, programs: Path) -> None:
    """The run is the same from its artifacts, and the same when computed anew."""
    replayed = carried.replay(programs)
    assert (replayed["executed"], replayed["used"], replayed["computed"]) == (0, carried.steps, [])
    assert artifacts_in(carried.store / "artifacts") == carried.made
    anew = carried.replay(programs, "--recompute")
    assert anew["executed"] == carried.steps
    counts = anew["counts"]
    assert counts["identical"] + counts["equal"] == sum(counts.values()) == carried.artifacts
    assert artifacts_in(carried.store / "artifacts") == carried.made


def test_it_is_the_same_from_its_artifacts_and_anew(carried):
    replays(carried, HERE)


def test_a_byte_that_changed_is_named(carried):
    (model,) = (carried.store / "artifacts").glob("*_7*_model_estimator.joblib")
    data = model.read_bytes()
    model.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    for command in ("verify", "replay"):
        done = subprocess.run(
            [HERE / "curifactory", command, carried.store], capture_output=True, text=True
        )
        assert done.returncode == 1
        assert f"artifacts/{model.name} has other bytes than were kept" in (
            done.stdout + done.stderr
        )
    model.write_bytes(data)


@pytest.mark.soak
def test_the_grid_is_the_same_in_an_environment_made_from_its_own_requirements(tmp_path):
    carried = Carried(tmp_path / "carried", "grid", 12)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-r", "requirements.txt"], cwd=carried.store, check=True)
    print(carried.run(venv / "bin", "verify", carried.store.name))
    replays(carried, venv / "bin")
