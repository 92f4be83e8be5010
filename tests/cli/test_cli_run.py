from __future__ import annotations

import inspect
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from curifactory.cli import experiment
from curifactory.cli.run import as_keywords, run
from curifactory.experiment import run_experiment


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def total_of(project: Path, name: str) -> int:
    """The total that was made of the parameter set of this name."""
    for path in (project / "data" / "cache").glob("*_add_total_metadata.json"):
        if json.loads(path.read_text())["params_name"] == name:
            return json.loads(Path(str(path).replace("_metadata", "")).read_text())
    raise LookupError(name)


def test_a_run_makes_artifacts_and_a_second_one_has_nothing_to_do(command, project):
    assert command("experiment", "one", "--check").returncode == 3
    assert command("experiment", "one").returncode == 0
    assert total_of(project, "large") == 36
    assert command("experiment", "one", "--check").returncode == 0


def test_a_plan_that_ends_early_may_have_work_to_do(command, project):
    file = project / "experiments" / "one.py"
    unplannable = "    if manager.map_mode:\n        raise OSError('not there yet')\n"
    file.write_text(file.read_text().replace("\ndef get_params", f"{unplannable}\ndef get_params"))
    assert command("experiment", "one").returncode == 0

    result = command("experiment", "one", "--check")

    assert "0 to run" in result.stdout
    assert "not there yet" in result.stdout
    assert result.returncode == 3


def test_a_run_warns_of_a_misspelt_key_of_the_configuration(command, project):
    (project / "curifactory_config.json").write_text('{"cache_pth": "elsewhere"}')

    loud = command("experiment", "one", "--map")
    quiet = command("experiment", "one", "--quiet")

    assert "Warning: " in loud.stderr
    assert "'cache_pth' is not a known key" in loud.stderr
    assert "cache_pth" not in loud.stdout
    assert quiet.stderr == ""


@pytest.mark.parametrize("text", ["def run(param_sets, manager)\n", "import no_such_module\n"])
def test_a_module_that_cannot_be_imported_shows_no_frame_of_the_import_system(
    command, project, text
):
    (project / "experiments" / "two.py").write_text(text)

    said = command("experiment", "two").stderr

    assert "two.py" in said
    assert "importlib" not in said


def test_curifactory_run_is_the_same(command, project):
    assert command("curifactory", "run", "one", "-n", "small").returncode == 0
    assert total_of(project, "small") == 3


def test_options_may_come_before_the_name(command):
    assert command("experiment", "-p", "grid", "one", "--hashes").stdout.count("\n") == 10


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["small", "large"]),
        (["-n", "large"], ["large"]),
        (["-p", "grid", "--indices", "0-2"], ["size_0", "size_1"]),
        (["-p", "grid", "-p", "one", "--indices", "1"], ["size_1", "large"]),
        (["-p", "params/grid.py", "-p", "one", "--global-indices", "9-11"], ["size_9", "small"]),
        (["--params", "grid", "--names", "size_4", "--names", "size_2"], ["size_2", "size_4"]),
    ],
)
def test_parameter_sets_can_be_chosen(command, options, names):
    result = command("experiment", "one", "--hashes", *options)

    lines = [line.split() for line in result.stdout.splitlines()]
    assert [name for _, name in lines] == names
    assert all(len(hash_) == 32 for hash_, _ in lines)


@pytest.mark.parametrize(
    "option", [["--map"], ["--check"], ["--hashes"], ["--paths"], ["--print-params"]]
)
def test_what_only_shows_changes_no_file(command, project, option):
    before = files_of(project)

    first = command("experiment", "one", *option)

    assert first.returncode in (0, 3)
    assert first.stdout
    assert first.stderr == ""
    assert files_of(project) == before


def test_print_params_can_be_told_which(command):
    everything = json.loads(command("experiment", "one", "--print-params").stdout)
    by_name = json.loads(command("experiment", "one", "--print-params", "large").stdout)
    by_hash = command("experiment", "one", "--print-params", next(iter(by_name))[:9]).stdout

    assert len(everything) == 2
    assert [params["size"] for params in by_name.values()] == [9]
    assert json.loads(by_hash) == by_name


def test_paths_are_those_of_the_files_that_a_run_makes(command, project):
    printed = command("experiment", "one", "--paths").stdout.splitlines()
    command("experiment", "one")

    made = {str(path.relative_to(project)) for path in (project / "data" / "cache").iterdir()}
    assert made == set(printed)
    assert len(printed) == 8


MANY_FILES = """\
from pathlib import Path
from curifactory import ExperimentParameters, Record, stage
from curifactory.caching import Cacheable, FileReferenceCacher
from curifactory.reporting import HTMLReporter

class Parts(Cacheable):
    def save(self, obj):
        for part in obj:
            Path(self.get_path(f"_{part}.txt")).write_text(part)
        (Path(self.get_dir("_folder")) / "inner.txt").write_text("inner")

    def load(self):
        return Path(self.get_path("_a.txt")).read_text()

@stage(outputs=["parts", "files"], cachers=[Parts, FileReferenceCacher])
def make(record):
    path = Path(record.get_path("own.txt"))
    path.write_text("own")
    record.report(HTMLReporter("<p>seen</p>"))
    return ["a", "b"], [str(path)]

def run(param_sets, manager):
    make(Record(manager, param_sets[0]))

def get_params():
    return [ExperimentParameters("only")]
"""


def test_paths_of_what_was_made_are_all_files_and_what_was_reported(command, project):
    (project / "experiments" / "many.py").write_text(MANY_FILES)
    command("experiment", "many")
    printed = command("experiment", "many", "--paths").stdout.splitlines()

    paths = [project / path for path in printed]
    assert len(set(printed)) == len(printed)
    assert all(path.exists() for path in paths)
    made = {path for path in (project / "data" / "cache").rglob("*") if path.is_file()}
    inside = {file for path in paths if path.is_dir() for file in path.rglob("*")}
    assert made == {path for path in paths if path.is_file()} | inside
    assert any("_reportables" in path for path in printed)


@pytest.mark.parametrize(
    "command_", [["experiment", "one", "--map"], ["curifactory", "plan", "one"]]
)
def test_a_cache_folder_that_was_not_there_is_told_with_what_may_be_meant(command, command_):
    command("experiment", "one")
    assert "There was no cache" not in command(*command_, "-c", "data/cache").stderr
    said = command(*command_, "-c", "data/cahce").stderr
    assert "There was no cache folder 'data/cahce'" in said
    assert "Did you mean 'cache'?" in said
    said = command("experiment", "one", "-c", "elsewhere/new").stdout
    assert "There was no cache folder 'elsewhere/new': nothing is in it yet." in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ona"], "Did you mean 'one'?"),
        (["one", "-p", "gird"], "Did you mean 'grid'?"),
        (["one", "-n", "smal"], "Did you mean 'small'?"),
        (["one", "--indices", "2-1"], "'2-1'"),
        (["one", "--global-indices", "7"], "index 7"),
        (["one", "--map", "--hashes"], "--map and --hashes cannot be combined"),
        (["one", "--lazy", "--ignore-lazy"], "--lazy and --ignore-lazy cannot be combined"),
        (["one", "-v", "-q"], "--verbose and --quiet cannot be combined"),
        (["one", "--prefix", "../outside"], "'../outside'"),
        (["one", "--notes"], "--notes without a text"),
        (["--map"], "Missing argument 'NAME'"),
    ],
)
def test_wrong_use_is_a_clear_message_and_no_file(command, project, arguments, message):
    before = {path for path in files_of(project) if "__pycache__" not in path}

    result = command("experiment", *arguments)

    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert before == {path for path in files_of(project) if "__pycache__" not in path}


def fail_in_add(project: Path) -> None:
    file = project / "experiments" / "one.py"
    file.write_text(file.read_text().replace("return sum(numbers)", "return sum(numbers) / 0"))


def test_a_failing_stage_shows_the_users_frames_only(command, project):
    fail_in_add(project)

    result = command("experiment", "one")

    assert result.returncode == 1
    assert "ZeroDivisionError: division by zero" in result.stderr
    assert "return sum(numbers) / 0" in result.stderr
    assert "add(make(Record(manager, params)))" in result.stderr
    assert "/curifactory/running/" not in result.stderr
    assert "/curifactory/running/" in command("experiment", "one", "-v").stderr


def test_an_experiment_that_cannot_be_imported_shows_why(command, project):
    (project / "experiments" / "broken.py").write_text("import no_such_library_at_all")

    result = command("experiment", "broken")

    assert result.returncode == 1
    assert "No module named 'no_such_library_at_all'" in result.stderr
    assert "while importing experiments.broken" in result.stderr
    assert "frozen importlib" not in result.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_in_order(project, number, status):
    ready = project / "ready"
    file = project / "experiments" / "one.py"
    waiting = f"open({str(ready)!r}, 'w').close()\n    import time\n    time.sleep(60)"
    file.write_text(file.read_text().replace("return sum(numbers)", waiting))
    program = str(Path(sys.executable).parent / "experiment")

    process = subprocess.Popen(
        [program, "one"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a job in the background of a shell passes on that it ignores Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not ready.exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(number)
    _, stderr = process.communicate()

    assert process.returncode == status
    assert "Traceback" not in stderr
    runs = json.loads((project / "data" / "store.json").read_text())
    assert "interrupted" in json.dumps(runs)


def test_the_command_line_and_the_notes_are_kept_with_the_artifacts(command, project):
    command("experiment", "one", "-n", "small", "--notes", "two words")

    [path] = (project / "data" / "cache").glob("*_add_total_metadata.json")
    kept = json.dumps(json.loads(path.read_text())["manager_run_info"])
    assert "experiment one -n small --notes 'two words'" in kept


def test_notes_are_asked_for_on_a_terminal(project):
    ours, theirs = pty.openpty()
    os.write(ours, b"typed by hand\n")
    program = str(Path(sys.executable).parent / "experiment")

    subprocess.run([program, "one", "--notes"], cwd=project, stdin=theirs, check=True)
    os.close(ours)
    os.close(theirs)

    assert "typed by hand" in (project / "data" / "store.json").read_text()


def test_log_and_report_can_be_left_out(command, project):
    command("experiment", "one", "--no-log", "--no-report")
    assert list((project / "logs").iterdir()) == []
    assert list((project / "reports").iterdir()) == []

    command("experiment", "one")
    assert len(list((project / "logs").iterdir())) == 1
    assert list((project / "reports").iterdir()) != []


def test_another_cache_folder_can_be_given(command, project):
    command("experiment", "one", "-c", "elsewhere")

    assert len(list((project / "elsewhere").iterdir())) == 8


def test_every_option_is_a_keyword_of_run_experiment():
    context = click.Context(run)
    parsed = dict(run.make_context("run", ["one", "-v", "-p", "grid"], context).params)
    parsed.pop("name")

    keywords = as_keywords(parsed)

    assert keywords.keys() <= inspect.signature(run_experiment).parameters.keys()
    assert keywords["log"] is True
    assert keywords["report"] is True
    assert keywords["log_debug"] is True
    assert keywords["print_params"] is False
    assert keywords["param_files"] == ["grid"]


def test_asking_to_be_shown_leaves_the_interpreters_bytecode_setting_alone(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    assert CliRunner().invoke(experiment, ["one", "--hashes"]).exit_code == 0
    assert sys.dont_write_bytecode is False
