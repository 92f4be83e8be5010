"""A full store is an RO-Crate with the Workflow Run Crate profile, which archives can read."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from .conftest import keep_store

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}


def ids(value) -> set[str]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return {one if isinstance(one, str) else one.id for one in listed}


def test_the_crate_tells_which_workflow_was_run_when_by_whom_and_how_it_ended(kept):
    crate = ROCrate(kept)
    info = json.loads((kept / "run_info.json").read_text())
    assert ids(crate.root_dataset["conformsTo"]) == PROFILES
    workflow = crate.mainEntity
    assert workflow.id == "project/experiments/sums.py"
    assert set(workflow.type) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert workflow["programmingLanguage"]["name"] == "Python"
    (run,) = crate.get_by_type("CreateAction")
    assert run["instrument"] == workflow
    assert run["startTime"] == info["timestamp"] <= run["endTime"]
    assert run["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert run["agent"]["name"] == info["user"]
    assert ids(crate.root_dataset["mentions"]) == {run.id}


def test_the_crate_tells_parameters_and_results(kept):
    crate = ROCrate(kept)
    (run,) = crate.get_by_type("CreateAction")
    values = {value["name"]: value["value"] for value in run["object"]}
    assert values == {"size of small": 3, "size of large": 5}
    assert {value["exampleOfWork"]["name"] for value in run["object"]} == {"size"}
    outputs = {one["exampleOfWork"]["name"] for one in run["result"]}
    assert outputs == {"numbers", "blob", "total", "table"}
    assert {one["name"] for one in crate.mainEntity["output"]} == outputs
    assert len(run["result"]) == 7


def test_every_file_that_the_crate_tells_of_is_there(kept):
    crate = ROCrate(kept)
    files = [one for one in crate.data_entities if one.id != "./"]
    assert len(files) > 20
    for one in files:
        path = kept / one.id
        assert path.exists(), one.id
        if path.is_file():
            assert path.stat().st_size == int(one["contentSize"])


def test_a_failed_run_is_a_failed_action(project):
    text = "def run(param_sets, manager):\n    raise ValueError('no data')\n"
    project.write("experiments/fails.py", f"{text}def get_params():\n    return []\n")
    assert project.command("fails", "--store-full").returncode == 1
    (store,) = (project.root / "data" / "runs").iterdir()
    (run,) = ROCrate(store).get_by_type("CreateAction")
    assert run["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert run["error"] == "ValueError: no data"


def test_a_live_run_without_a_script_is_a_process_run_crate(lab):
    manager = lab.manager(store_full=True)
    manager.close()
    crate = ROCrate(lab.root / manager.get_run_output_path())
    assert ids(crate.root_dataset["conformsTo"]) == {"https://w3id.org/ro/wfrun/process/0.5"}


STRANGE = """\
    from pathlib import Path
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import Cacheable, JsonCacher, PathRef

    class Two(Cacheable):
        def save(self, obj):
            for name in "ab":
                Path(self.get_path(f"_{name} b#c.txt")).write_text(name)
        def load(self):
            return 1

    @stage(outputs=["two", "tree", "empty"], cachers=[Two, PathRef, PathRef])
    def make(record):
        tree, empty = (Path(cacher.get_path()) for cacher in record.stage_cachers[1:])
        tree.mkdir(), empty.mkdir()
        (tree / "ä leaf.txt").write_text("leaf")
        return 1, str(tree), str(empty)

    def run(param_sets, manager):
        make(Record(manager, param_sets[0]))

    def get_params():
        return [ExperimentParameters("a set")]
    """


@pytest.fixture
def strange(project) -> Path:
    """A store with folders, empty folders, several files an artifact, and odd names."""
    project.write("experiments/strange.py", STRANGE)
    return keep_store(project, "strange")


@pytest.mark.skipif(
    importlib.util.find_spec("rocrate_validator") is None, reason="roc-validator is not installed"
)
def test_the_crate_validates(kept, strange):
    program = Path(__file__).with_name("validate_crate.py")
    done = subprocess.run(
        [sys.executable, program, "workflow-run-crate-0.5", kept, strange],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
