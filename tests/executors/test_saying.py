"""What stages that run elsewhere say: while they run, with the name of the record in front."""

from __future__ import annotations

import pytest

EXPERIMENT = """\
    import logging
    import time
    import warnings
    from pathlib import Path

    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @stage(outputs=["x"], cachers=[JsonCacher])
    def speak(record):
        class OwnWarning(UserWarning):
            pass

        print("begun")
        warnings.warn("nobody else knows this category", OwnWarning)
        logging.getLogger("speaking").warning("as a log line")
        while not Path("heard").exists():
            time.sleep(0.02)
        print("over")
        return 1

    def get_params():
        return [ExperimentParameters("p")]

    def run(param_sets, manager):
        speak(Record(manager, param_sets[0]))
    """


@pytest.fixture
def speaking(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/speaking.py", EXPERIMENT)
    return project


def lines_until(stream, last):
    """Read lines until one ends so; the test's own time limit is the only one."""
    lines = []
    for line in stream:
        lines.append(line.rstrip("\n"))
        if lines[-1].endswith(last):
            return lines
    raise AssertionError(lines)


def test_what_a_stage_prints_shows_while_it_runs(speaking):
    process = speaking.start("speaking", "--parallel", "2")
    assert lines_until(process.stdout, "begun")[-1] == "[p] begun"

    speaking.write("heard", "")
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 0, stderr
    assert "begun" not in stdout
    assert "[p] over" in stdout
    assert stderr.count("[p] nobody else knows this category") == 1
    log = next(speaking.root.glob("logs/*.log")).read_text()
    assert log.count("as a log line") == 1
    assert [path.name for path in speaking.cache.glob(".*")] == []
