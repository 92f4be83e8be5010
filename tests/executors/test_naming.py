"""Executors and limits that cannot be: said before anything is entered or started."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from curifactory.errors import ConfigurationError
from curifactory.running.executors.named import executor_of

GPU = """\
    from curifactory import ExperimentParameters, Record, stage

    @stage(resources={"gpu": 2})
    def train(record):
        pass

    def get_params():
        return [ExperimentParameters("p")]

    def run(param_sets, manager):
        train(Record(manager, param_sets[0]))
    """


@pytest.mark.parametrize(
    "name", ["foo", "processes:0", "processes:x", "dask:-1", "dask://host", "tcp://host"]
)
def test_a_name_that_is_none_is_refused_with_those_that_are(name):
    with pytest.raises(ConfigurationError, match=r"processes:4.*dask://HOST:PORT"):
        executor_of(name, None, "")


def test_what_is_asked_for_is_above_what_is_configured():
    assert executor_of(None, None, "") is None
    assert executor_of(None, None, "processes:3")().slots == 3
    assert executor_of(None, 1, "processes:3") is None
    assert executor_of(None, 2, "processes:3")().slots == 2
    assert executor_of("none", None, "processes:3") is None


def test_objects_that_have_no_processes_are_refused():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigurationError, match="processes"):
        executor_of(pool, None, "")
    with pytest.raises(ConfigurationError, match="is no executor"):
        executor_of(3, None, "")


def test_a_run_with_such_a_name_is_no_run(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/gpu.py", GPU)
    done = project.command("gpu", "--executor", "foo")
    assert done.returncode == 2
    assert not (project.root / "data").exists()


def test_what_no_limit_has_room_for_is_refused_and_not_waited_for(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/gpu.py", GPU)
    done = project.command("gpu", "--parallel", "2", "--resource", "gpu=1", "--resource", "gpus=3")
    assert done.returncode == 2
    assert "Stage 'train' needs 2 of 'gpu', and there is 1" in done.stderr
    assert "No stage needs the resource 'gpus'. Did you mean 'gpu'?" in done.stdout
