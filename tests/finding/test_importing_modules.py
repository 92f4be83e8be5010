from __future__ import annotations

import os
import sys

import pytest

from curifactory.errors import ExperimentNotFoundError, ParameterFileNotFoundError
from curifactory.finding import (
    ProjectModule,
    import_experiment,
    import_parameter_file,
    project_importable,
)
from curifactory.settings import Settings

RUN = "def run(param_sets, manager): ...\n"
GET_PARAMS = "def get_params(): ...\n"


def experiment(project, name: str) -> ProjectModule:
    with project_importable(project.root):
        return import_experiment(name, Settings(), project.root)


def parameter_file(project, name: str) -> ProjectModule:
    with project_importable(project.root):
        return import_parameter_file(name, Settings(), project.root)


@pytest.mark.parametrize(
    "spelling",
    ["sub.one", "sub/one", "sub/one.py", "./sub/one.py", "experiments.sub.one",
     "experiments/sub/one.py", "{root}/experiments/sub/one.py"],
)  # fmt: skip
def test_a_name_may_be_dotted_or_a_path(project, spelling):
    project.write("experiments/sub/one.py", RUN)

    found = experiment(project, spelling.format(root=project.root))

    assert found.name == "sub.one"
    assert found.path == os.path.join("experiments", "sub", "one.py")
    assert found.module.__name__ == "experiments.sub.one"


def test_a_path_may_be_relative_to_the_working_folder(project, monkeypatch):
    project.write("experiments/one.py", RUN)
    project.write("notebooks/x.ipynb")
    monkeypatch.chdir(project.folder / "notebooks")

    assert experiment(project, "../experiments/one.py").name == "one"


def test_an_inner_package_of_the_same_name_is_found_first(project):
    project.write("experiments/one.py", RUN)
    project.write("experiments/experiments/one.py", RUN)

    assert experiment(project, "experiments.one").module.__name__ == "experiments.experiments.one"


def test_parameters_are_looked_for_in_params_then_in_experiments(project):
    project.write("params/one.py", GET_PARAMS)
    project.write("experiments/one.py", RUN + GET_PARAMS)
    project.write("experiments/two.py", RUN + GET_PARAMS)

    assert parameter_file(project, "one").module.__name__ == "params.one"
    assert parameter_file(project, "two").module.__name__ == "experiments.two"
    assert parameter_file(project, "experiments/one.py").module.__name__ == "experiments.one"


@pytest.mark.parametrize(
    "name",
    ["digit", "", ".", "..", "../digits", "../../etc/passwd", "a..b", ".digits", "a\0b", "/"],
)
def test_a_name_that_is_not_there_is_a_clear_error(project, name):
    project.write("experiments/digits.py", RUN)
    project.write("digits.py", RUN)

    with pytest.raises(ExperimentNotFoundError, match="There is no experiment"):
        experiment(project, name)
    with pytest.raises(ParameterFileNotFoundError, match="There is no parameter file"):
        parameter_file(project, name)


def test_the_nearest_names_are_suggested(project):
    project.write("experiments/digits.py", RUN)
    project.write("params/grid.py", GET_PARAMS)

    with pytest.raises(ExperimentNotFoundError, match="Did you mean 'digits'"):
        experiment(project, "digtis")
    with pytest.raises(ParameterFileNotFoundError, match="Did you mean 'grid'"):
        parameter_file(project, "gird")


def test_a_module_without_run_is_no_experiment(project):
    project.write("experiments/helper.py", "run = 3")

    with pytest.raises(ExperimentNotFoundError, match=r"helper\.py .*no function `run"):
        experiment(project, "helper")


def test_a_module_without_get_params_is_no_parameter_file(project):
    project.write("params/helper.py")

    with pytest.raises(ParameterFileNotFoundError, match=r"helper\.py .*no function `get_params"):
        parameter_file(project, "helper")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import no_such_library", ModuleNotFoundError),
        ("import experiments.missing", ModuleNotFoundError),
        ("import experiments.one.missing", ModuleNotFoundError),
        ("from os import no_such_name", ImportError),
        ("1 / 0", ZeroDivisionError),
        ("def run(", SyntaxError),
        ("raise SystemExit(3)", SystemExit),
    ],
)
def test_what_the_file_itself_raises_is_passed_on_with_a_note(project, text, kind):
    project.write("experiments/one.py", text)

    with pytest.raises(kind) as caught:
        experiment(project, "one")

    assert caught.type is kind
    assert caught.value.__notes__ == [f"while importing experiments.one of {project.root}"]


def test_an_error_in_a_package_is_not_taken_for_a_missing_module(project):
    project.write("params/__init__.py", "import no_such_library")
    project.write("params/one.py", GET_PARAMS)
    project.write("experiments/one.py", GET_PARAMS)

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        parameter_file(project, "one")


def test_a_package_elsewhere_that_hides_the_projects_is_named(project, tmp_path, monkeypatch):
    other = tmp_path / "installed"
    (other / "experiments").mkdir(parents=True)
    (other / "experiments" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(other))
    project.write("experiments/one.py", RUN)

    with pytest.raises(ExperimentNotFoundError, match=r"add an empty experiments/__init__\.py"):
        experiment(project, "one")

    project.write("experiments/__init__.py")
    assert experiment(project, "one").name == "one"


def test_a_project_can_use_its_own_helpers(project):
    project.write("helper.py", "value = 4")
    project.write("experiments/one.py", "from helper import value\n" + RUN)

    assert experiment(project, "one").module.value == 4
    assert project.root not in sys.path
