from __future__ import annotations

import importlib
import os
import sys

import pytest

from curifactory.finding import project_importable
from curifactory.settings import Settings


@pytest.fixture
def other(tmp_path, project):
    return type(project)(tmp_path / "other")


def value_in(project, name: str) -> object:
    with project_importable(project.root):
        return importlib.import_module(name).value


def test_the_root_comes_first_while_it_lasts(project):
    before = list(sys.path)

    with project_importable(project.root):
        assert sys.path == [project.root, *before]

    assert sys.path == before


def test_the_path_is_put_back_whatever_was_done_to_it(project):
    path, before = sys.path, list(sys.path)

    def meddle():
        with project_importable(project.root):
            sys.path.append("something")
            sys.path.insert(0, "else")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        meddle()

    assert sys.path is path
    assert sys.path == before


def test_it_can_be_nested(project):
    project.write("experiments/one.py", "value = 1")
    before = list(sys.path)

    with project_importable(project.root):
        first = importlib.import_module("experiments.one")
        with project_importable(project.root):
            assert importlib.import_module("experiments.one") is first
        assert sys.path == [project.root, *before]


@pytest.mark.parametrize("init", [True, False])
def test_a_second_project_gets_its_own_modules(project, other, init):
    for number, each in enumerate((project, other)):
        each.write("experiments/one.py", f"from helper import value\nnumber = {number}")
        each.write("helper.py", f"value = 'helper of {number}'")
        if init:
            each.write("experiments/__init__.py")

    assert value_in(project, "experiments.one") == "helper of 0"
    assert value_in(other, "experiments.one") == "helper of 1"
    assert value_in(project, "experiments.one") == "helper of 0"


def test_a_project_inside_another_gets_its_own_modules(project):
    inner = type(project)(project.folder / "inner")
    project.write("experiments/one.py", "value = 'outer'")
    inner.write("experiments/one.py", "value = 'inner'")

    assert value_in(inner, "experiments.one") == "inner"
    assert value_in(project, "experiments.one") == "outer"
    assert value_in(inner, "experiments.one") == "inner"


def test_the_same_project_keeps_its_modules(project):
    project.write("experiments/one.py", "value = object()")

    assert value_in(project, "experiments.one") is value_in(project, "experiments.one")


def test_a_package_reached_through_a_link_is_kept(project, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "one.py").write_text("value = object()")
    (tmp_path / "shared" / "__init__.py").touch()
    os.symlink(tmp_path / "shared", project.folder / "experiments")

    assert value_in(project, "experiments.one") is value_in(project, "experiments.one")


def test_modules_that_no_project_brought_are_left_alone(project, other):
    project.write("experiments/one.py", "import json\nvalue = json")
    other.write("experiments/one.py", "import json\nvalue = json")

    assert value_in(project, "experiments.one") is value_in(other, "experiments.one")


def test_packages_are_named_by_the_settings(project, other):
    settings = Settings(experiments_module_name="lab.work", params_module_name="lab.sets")
    project.write("lab/work/one.py", "value = 1")
    other.write("lab/work/one.py", "value = 2")
    sys.path.insert(0, project.root)
    try:
        assert importlib.import_module("lab.work.one").value == 1
    finally:
        sys.path.remove(project.root)

    with project_importable(other.root, settings):
        assert importlib.import_module("lab.work.one").value == 2


def test_a_file_written_a_moment_ago_is_found(project):
    folder = project.write("experiments/other.py").parent
    times = folder.stat()
    with project_importable(project.root), pytest.raises(ModuleNotFoundError):
        importlib.import_module("experiments.one")
    project.write("experiments/one.py", "value = 1")
    # as on a file system with coarse times, where the folder does not look changed
    os.utime(folder, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert value_in(project, "experiments.one") == 1
