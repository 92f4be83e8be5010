from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from curifactory.finding import path as finding_path


class Project:
    """A project on disk, made file by file."""

    def __init__(self, root: Path) -> None:
        self.folder = root
        self.root = str(root)
        root.mkdir(exist_ok=True)

    def write(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture(autouse=True)
def _forget_modules_of_tests(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(finding_path, "_imported_from", {})
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("experiments", "params", "helper", "lab"):
            del sys.modules[name]
