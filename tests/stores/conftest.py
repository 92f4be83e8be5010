"""Full stores that a real command made, and how to compare a folder with itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from laboratory import Project

EXPERIMENT = """\
    from dataclasses import dataclass
    from counting import ran
    from curifactory import ExperimentParameters, Lazy, Record, aggregate, stage
    from curifactory.caching import JsonCacher, PickleCacher

    @dataclass
    class P(ExperimentParameters):
        size: int = 1

    @stage(outputs=["numbers", Lazy("blob")], cachers=[JsonCacher, PickleCacher(subdir="raw")])
    def make(record):
        ran("make", record)
        return list(range(record.params.size)), b"x" * record.params.size

    @stage(["numbers", "blob"], ["total"], [JsonCacher])
    def add(record, numbers, blob):
        ran("add", record)
        return sum(numbers) + len(blob)

    @aggregate(["total"], ["table"], [JsonCacher])
    def compare(record, records, total):
        ran("compare", record)
        return {one.params.name: value for one, value in total.items()}

    def get_params():
        return [P("small", size=3), P("large", size=5)]

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))
        compare(Record(manager, None))
    """


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def keep_store(project: Project, *arguments: str, **environment: str) -> Path:
    """Run an experiment with a full store, and give its folder."""
    before = set((project.root / "data" / "runs").glob("*"))
    project.succeed(*arguments, "--store-full", **environment)
    (folder,) = set((project.root / "data" / "runs").iterdir()) - before
    project.executed()
    return folder


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full store of two parameter sets in five stage calls; nothing may change it."""
    project = Project(tmp_path_factory.mktemp("kept") / "project")
    project.write("experiments/sums.py", EXPERIMENT)
    return keep_store(project, "sums")


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Path:
    """The same, carried to another place."""
    carried = tmp_path / "carried" / kept.name
    shutil.copytree(kept, carried)
    return carried
