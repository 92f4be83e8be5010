from __future__ import annotations

import json
import subprocess
import sys

import pytest

import curifactory


def test_the_version_is_printed(command):
    for program in ("curifactory", "experiment"):
        assert command(program, "--version").stdout == f"curifactory {curifactory.__version__}\n"


def test_without_anything_there_is_help(command):
    for program in ("curifactory", "experiment"):
        bare, asked = command(program), command(program, "--help")
        assert bare.returncode == asked.returncode == 0
        assert bare.stdout == asked.stdout
        assert bare.stdout.startswith(f"Usage: {program} [OPTIONS]")


def test_the_help_of_experiment_shows_the_options_of_run_and_its_commands(command):
    text = command("experiment", "--help").stdout

    for words in (
        "--overwrite-stage STAGE",
        "--print-params [NAME]",
        "NAME\n",
        "  ls ",
        "  reports ",
    ):
        assert words in text


@pytest.mark.parametrize("group", [(), ("cache",), ("runs",), ("artifacts",)])
def test_every_listed_command_is_there_and_no_summary_is_cut_short(command, group):
    listed = command("curifactory", *group, "--help").stdout.partition("Commands:\n")[2]
    assert listed
    assert "..." not in listed
    for line in listed.splitlines():
        assert command("curifactory", *group, line.split()[0], "--help").returncode == 0


def test_the_package_can_be_run_as_a_module(project):
    result = subprocess.run(
        [sys.executable, "-m", "curifactory.cli", "ls"], cwd=project, capture_output=True, text=True
    )

    assert result.returncode == 0
    assert "Count a little." in result.stdout


def test_asking_for_help_imports_nothing_heavy():
    heavy = {"pandas", "numpy", "matplotlib", "jinja2", "rich", "sqlite3", "curifactory.experiment"}
    code = (
        "import sys\n"
        "from curifactory.cli import experiment\n"
        "experiment(['--help'], standalone_mode=False)\n"
        f"print(sorted(set(sys.modules) & {heavy!r}))"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("program", ["curifactory", "experiment"])
def test_ls_lists_experiments_and_parameter_files(command, program):
    assert command(program, "ls").stdout == (
        "Experiments\n  one  Count a little.\nParameter files (-p)\n  grid  Ten sizes.\n"
    )


def test_ls_can_be_read_by_programs(command):
    listed = json.loads(command("curifactory", "ls", "--json").stdout)

    assert [entry["name"] for entry in listed] == ["one", "grid"]
    assert listed[0]["path"] == "experiments/one.py"
    assert listed[0]["has_run"] is True


def test_ls_warns_of_a_file_that_cannot_be_read(command, project):
    (project / "experiments" / "broken.py").write_text("def run(")

    result = command("curifactory", "ls")

    assert result.returncode == 0
    assert result.stderr.startswith("Warning: experiments/broken.py cannot be read, line 1")


def test_ls_in_a_project_without_experiments_says_what_one_is(command, tmp_path):
    command("curifactory", "init", cwd=tmp_path)

    said = command("curifactory", "ls", cwd=tmp_path).stdout

    assert "run(param_sets, manager)" in said
    assert "init" not in said


def test_ls_without_a_project_says_how_to_begin(command, tmp_path):
    (tmp_path / "empty").mkdir()

    result = command("curifactory", "ls", cwd=tmp_path / "empty")

    assert "curifactory init" in result.stdout
    assert json.loads(command("curifactory", "ls", "--json", cwd=tmp_path / "empty").stdout) == []


def test_config_shows_values_and_origins(command, project):
    (project / "curifactory_config.json").write_text('{"runs_path": "kept", "typo_path": "x"}')

    result = command("curifactory", "config", CURIFACTORY_LOCKING="no")
    lines = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line}

    assert lines["runs_path"] == ['"kept"', "curifactory_config.json"]
    assert lines["locking"] == ["false", "CURIFACTORY_LOCKING"]
    assert lines["cache_path"] == ['"data/cache"', "default"]
    assert "'typo_path' is not a known key" in result.stderr


def test_config_can_be_read_by_programs(command, project):
    described = json.loads(command("curifactory", "config", "--json").stdout)

    assert described["root"] == str(project)
    assert described["file"] == str(project / "curifactory_config.json")
    assert described["settings"]["verify"]["value"] == "full"
    assert described["settings"]["verify"]["origin"] == "default"


def test_a_broken_configuration_is_wrong_use(command, project):
    (project / "curifactory_config.json").write_text("{")

    for arguments in (["config"], ["ls"], ["run", "one"], ["reports", "--update"]):
        result = command("curifactory", *arguments)
        assert result.returncode == 2
        assert "curifactory_config.json, line 1" in result.stderr
        assert "Traceback" not in result.stderr


def test_what_the_system_refuses_is_a_message_not_a_traceback(command, project):
    (project / "reports").write_text("a file in the place of a folder")

    result = command("curifactory", "reports", "--update")

    assert result.returncode == 1
    assert result.stderr.startswith("Error: [Errno")
    assert result.stderr.count("\n") == 1


def test_init_says_what_it_made(command, tmp_path):
    first = command("curifactory", "init", "new", cwd=tmp_path)
    second = command("curifactory", "init", "new", cwd=tmp_path)

    assert first.returncode == second.returncode == 0
    assert "made  new/curifactory_config.json\n" in first.stdout
    assert second.stdout == "Everything is there already.\n"


def test_init_names_what_it_made_here_alike(command, tmp_path):
    made = command("curifactory", "init", cwd=tmp_path).stdout.splitlines()

    assert "made  experiments/" in made
    assert "made  curifactory_config.json" in made
    assert [line for line in made if "./" in line.partition("  ")[2][:2]] == []


def test_an_unknown_command_or_option_is_wrong_use(command):
    assert command("curifactory", "rnu").returncode == 2
    assert command("experiment", "one", "--no-such-option").returncode == 2
    assert command("experiment", "reports", "--port", "99999").returncode == 2
