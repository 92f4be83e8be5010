"""The examples as a user has them: a copy of the project, and the installed command."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
MADE_BY_RUNS = shutil.ignore_patterns("data", "logs", "notebooks", "reports", "__pycache__")


def digests_in(folder: Path) -> dict[str, str]:
    """A digest of every file below a folder, metadata included."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def artifacts_in(folder: Path) -> dict[str, str]:
    """A digest of every file below a folder but metadata, which tell of a run."""
    held = digests_in(folder).items()
    return {name: digest for name, digest in held if not name.endswith("_metadata.json")}


class Example:
    """A copy of one example."""

    def __init__(self, name: str, folder: Path, of: Path | None = None) -> None:
        self.name, self.folder = name, folder
        self.cache = folder / "data" / "cache"
        if of is None:
            shutil.copytree(EXAMPLES / name, folder, ignore=MADE_BY_RUNS)
        else:
            shutil.copytree(of, folder)

    def copied(self, folder: Path) -> Example:
        """A copy of its own, with all that runs made."""
        return Example(self.name, folder, of=self.folder)

    def execute(self, *command: str | Path, cwd: Path | None = None) -> str:
        """Run a program in the project, and give what it printed."""
        done = subprocess.run(command, cwd=cwd or self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *options: str) -> dict[str, Any]:
        """Run the experiment, and give what is known of the run."""
        self.execute(Path(sys.executable).with_name("experiment"), self.name, *options)
        return self.last_run()

    def last_run(self) -> dict[str, Any]:
        """What is known of the last run."""
        runs = json.loads((self.folder / "data" / "store.json").read_text())
        return dict(max(runs, key=lambda run_info: run_info["run_number"]))

    def artifact(self, pattern: str) -> Path:
        """The one file in the cache whose name has this pattern."""
        (path,) = self.cache.glob(pattern)
        return path

    def contents(self) -> dict[str, str]:
        """A digest of every file in the cache, metadata included."""
        return digests_in(self.cache)

    def artifacts(self) -> dict[str, str]:
        """A digest of every file in the cache but metadata, which tell of a run."""
        return artifacts_in(self.cache)


class TwoRuns:
    """An example that was run twice from an empty cache."""

    def __init__(self, example: Example, *options: str) -> None:
        self.example = example
        self.first, self.after_first = example.run(*options), example.contents()
        self.second, self.after_second = example.run(*options), example.contents()


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    return TwoRuns(Example("digits", tmp_path_factory.mktemp("examples") / "digits"), "-p", "quick")


@pytest.fixture(scope="module")
def seed_page(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    return TwoRuns(Example("seed_page", tmp_path_factory.mktemp("examples") / "seed_page"))
