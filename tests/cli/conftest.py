from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path) -> Path:
    """A project with one experiment of two stages, and a parameter file."""
    root = tmp_path / "project"
    files = {
        "curifactory_config.json": "{}",
        "experiments/one.py": '''\
            """Count a little."""
            from dataclasses import dataclass

            from curifactory import ExperimentParameters, Record, stage
            from curifactory.caching import JsonCacher

            @dataclass
            class P(ExperimentParameters):
                size: int = 1

            @stage(outputs=["numbers"], cachers=[JsonCacher])
            def make(record):
                return list(range(record.params.size))

            @stage(["numbers"], ["total"], cachers=[JsonCacher])
            def add(record, numbers):
                return sum(numbers)

            def run(param_sets, manager):
                for params in param_sets:
                    add(make(Record(manager, params)))

            def get_params():
                return [P("small", size=3), P("large", size=9)]
            ''',
        "params/grid.py": '''\
            """Ten sizes."""
            from experiments.one import P

            def get_params():
                return [P(f"size_{n}", size=n) for n in range(10)]
            ''',
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return root


@pytest.fixture
def command(project) -> Command:
    """Run the real command in the project, as a user would."""

    def run(
        program: str, *arguments: str, cwd: Path = project, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        # what these set would hide what is tested
        left_out = ("CURIFACTORY_", "PYTHONDONTWRITEBYTECODE")
        own = {key: text for key, text in os.environ.items() if not key.startswith(left_out)}
        return subprocess.run(
            [str(Path(sys.executable).parent / program), *arguments],
            cwd=cwd,
            env=own | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return run
