"""What the page says about cachers outside of a decorator."""

from __future__ import annotations

import pytest

from curifactory import Record, stage
from curifactory.caching import JsonCacher, PickleCacher

METRICS = {"accuracy": 0.75}


@pytest.fixture
def metrics_path(lab) -> str:
    """Where an artifact of an earlier run lies."""

    @stage(outputs=["metrics"], cachers=[JsonCacher])
    def evaluate(record):
        return METRICS

    def run(param_sets, manager):
        evaluate(Record(manager, param_sets[0]))

    lab.run(run, lab.Params("one", size=5))
    return str(lab.file("_metrics.json"))


def test_an_artifact_is_loaded_by_its_path_in_ordinary_code(metrics_path):
    """A cacher made with the path loads what is there: no stage, record or manager."""
    metrics = JsonCacher(metrics_path).load()
    assert metrics == METRICS


def test_an_artifact_is_loaded_by_its_path_within_a_stage(lab, metrics_path):
    """The same works directly in a stage."""

    @stage(outputs=["better"], cachers=[JsonCacher])
    def improve(record):
        return JsonCacher(metrics_path).load()["accuracy"] + 0.25

    assert improve(Record(lab.manager(), lab.Params("one"))).state["better"] == 1.0


def test_the_metadata_of_an_artifact_comes_with_it(lab, metrics_path):
    """`load_metadata` tells where the artifact was from."""
    cacher = JsonCacher(metrics_path)
    metrics = cacher.load()
    metadata = cacher.load_metadata()
    assert metrics == METRICS
    assert (metadata["artifact_name"], metadata["stage"]) == ("metrics", "evaluate")
    assert metadata["params"] == {"size": 5, "factor": 2}
    assert metadata["manager_run_info"]["experiment_name"] == "lab"


def test_ordinary_code_saves_with_a_cacher_too(tmp_path):
    """Inline use goes both ways."""
    PickleCacher(tmp_path / "odd.pkl").save({1, 2})
    assert PickleCacher(tmp_path / "odd.pkl").load() == {1, 2}


def test_without_metadata_there_is_none_to_load(tmp_path):
    """A file that no stage made has no metadata, which is no error."""
    JsonCacher(tmp_path / "x.json").save(1)
    assert JsonCacher(tmp_path / "x.json").load_metadata() is None
