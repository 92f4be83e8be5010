from __future__ import annotations

import os

import pytest

from curifactory.finding import ExperimentEntry, list_experiments
from curifactory.settings import Settings


def entries(project, **settings: str) -> dict[str, ExperimentEntry]:
    return {entry.name: entry for entry in list_experiments(Settings(**settings), project.root)}


def test_an_experiment_is_described_by_the_first_line_of_its_docstring(project):
    project.write(
        "experiments/digits.py",
        '''\
        """

        Which model is best?

        And why.
        """
        def run(param_sets, manager): ...
        def get_params(): ...
        ''',
    )

    [entry] = list_experiments(Settings(), project.root)

    assert entry == ExperimentEntry(
        name="digits",
        path=os.path.join("experiments", "digits.py"),
        description="Which model is best?",
        has_run=True,
        has_params=True,
    )
    assert not entry.is_parameter_file


def test_nothing_is_imported(project):
    project.write("experiments/loud.py", "raise SystemExit('imported')\ndef run(a, b): ...\n")

    assert list(entries(project)) == ["loud"]


def test_parameter_files_follow_the_experiments(project):
    project.write("params/grid.py", "def get_params(): ...")
    project.write("experiments/z.py", "def run(param_sets, manager): ...")
    project.write("experiments/own_sets.py", "def get_params(): ...")

    found = list_experiments(Settings(), project.root)

    assert [entry.name for entry in found] == ["own_sets", "z", "grid"]
    assert [entry.is_parameter_file for entry in found] == [True, False, True]


def test_names_in_sub_packages_are_dotted(project):
    project.write("experiments/sub/deep/one.py", "def run(param_sets, manager): ...")
    project.write("experiments/sub/__init__.py", "def run(param_sets, manager): ...")
    project.write("experiments/__init__.py", "def run(param_sets, manager): ...")

    assert sorted(entries(project)) == ["sub", "sub.deep.one"]


def test_helpers_and_other_files_are_not_listed(project):
    project.write("experiments/helper.py", "def run_all(): ...\nclass run_it: ...\n")
    project.write("experiments/notes.txt", "def run(param_sets, manager): ...")
    project.write("experiments/.hidden/x.py", "def run(param_sets, manager): ...")
    project.write("experiments/__pycache__/x.py", "def run(param_sets, manager): ...")
    project.write("experiments/a.b.py", "def run(param_sets, manager): ...")

    assert entries(project) == {}


@pytest.mark.parametrize(
    "text",
    [
        "from base import run",
        "from base import main as run",
        "run = make_run()",
        "run: object = make_run()",
        "if True:\n    pass\nelse:\n    def run(a, b): ...",
        "try:\n    import x\nexcept ImportError:\n    run = None",
        "with x:\n    def run(a, b): ...",
    ],
)
def test_run_may_be_defined_in_any_way(project, text):
    project.write("experiments/one.py", text)

    assert entries(project)["one"].has_run


def test_a_run_inside_a_class_or_function_is_none(project):
    project.write("experiments/one.py", "class A:\n    def run(self): ...\ndef f():\n    run = 1\n")

    assert entries(project) == {}


def test_a_file_that_cannot_be_parsed_is_listed_with_its_problem(project):
    project.write("experiments/broken.py", "x = 1\ndef run(\n")
    (project.folder / "experiments" / "bytes.py").write_bytes(b"x = '\xff'")
    (project.folder / "experiments" / "zero.py").write_bytes(b"x = 1\0")

    found = entries(project)

    assert "line 2" in found["broken"].problem
    assert found["bytes"].problem
    assert found["zero"].problem
    assert not found["broken"].has_run


def test_a_stray_backslash_in_a_file_is_no_warning_here(project):
    project.write("experiments/one.py", "x = '\\d'\ndef run(a, b): ...\n")

    assert entries(project)["one"].has_run


def test_packages_are_where_the_settings_say(project):
    project.write("lab/work/one.py", "def run(param_sets, manager): ...\n")
    project.write("lab/sets/two.py", "def get_params(): ...\n")

    found = entries(project, experiments_module_name="lab.work", params_module_name="lab.sets")

    assert list(found) == ["one", "two"]


def test_one_package_for_both_is_listed_once(project):
    project.write("lab/one.py", "def run(param_sets, manager): ...\n")

    both = Settings(experiments_module_name="lab", params_module_name="lab")
    assert len(list_experiments(both, project.root)) == 1


def test_a_project_without_folders_has_nothing_to_list(project):
    assert entries(project) == {}
