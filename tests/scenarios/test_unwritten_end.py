"""What belongs to a run besides its artifacts cannot be written."""

from __future__ import annotations

import json

EXPERIMENT = """\
    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    def get_params():
        return [ExperimentParameters("one")]

    @stage(outputs=["a"], cachers=[JsonCacher])
    def make(record):
        ran("make", record)
        return 1

    def run(param_sets, manager):
        for params in param_sets:
            make(Record(manager, params))
    """


def test_artifacts_stay_and_the_status_says_that_something_is_missing(project):
    project.write("experiments/one.py", EXPERIMENT)
    # nobody, not even root, can make a folder where a file is
    project.write("curifactory_config.json", '{"reports_path": "reports/deep"}')
    project.succeed("one", "--no-report")
    project.executed()
    deep = project.root / "reports" / "deep"
    deep.rmdir()
    deep.symlink_to("/proc/nowhere")
    done = project.command("one")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    deep.unlink()
    project.succeed("one")
    assert project.executed() == {}


def test_a_full_disk_for_the_report_alone_is_an_error_at_the_end(project):
    project.write("experiments/one.py", EXPERIMENT)
    project.succeed("one", "--no-report")
    project.executed()
    (project.root / "reports").mkdir(exist_ok=True)
    # the report's page goes where no byte can be written
    (project.root / "reports" / "_latest").mkdir(exist_ok=True)
    (project.root / "reports" / "index.html").mkdir()
    done = project.command("one")
    assert done.returncode == 1
    assert "All artifacts are saved" in done.stderr
    assert "report could not be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_whose_file_in_the_history_cannot_be_written_is_entered_and_says_so(project):
    project.write("experiments/one.py", EXPERIMENT)
    files = project.root / "data" / "history"
    files.parent.mkdir()
    # nobody, not even root, can make a folder where a file is
    files.write_text("")
    done = project.command("one", "--no-report")
    assert done.returncode == 1
    assert "All artifacts are saved" in done.stderr
    assert f"file of this run in {files.relative_to(project.root)} cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    (entered,) = json.loads((project.root / "data" / "store.json").read_text())
    assert entered["status"] == "complete"
    files.unlink()
    project.executed()
    project.succeed("one", "--no-report")
    assert project.executed() == {}
