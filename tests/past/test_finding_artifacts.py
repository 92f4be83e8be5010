"""Artifacts are found by what they are, and shown as they are now."""

from __future__ import annotations

import shutil

import pytest

import curifactory
from curifactory import Record, stage
from curifactory.caching import JsonCacher
from curifactory.errors import ArtifactNotFoundError, ConfigurationError, RunNotFoundError
from curifactory.past.meant import artifact_meant
from curifactory.past.queries import ArtifactQuery
from curifactory.past.questions import open_past


@stage(None, ["data"], [JsonCacher])
def make(record):
    return list(range(record.params.size))


@stage(["data"], ["total"], [JsonCacher])
def add(record, data):
    return sum(data)


def run(param_sets, manager):
    for params in param_sets:
        add(make(Record(manager, params)))


@pytest.fixture
def lab(lab):
    """A lab in which three parameter sets were run, two of them in a second run."""
    lab.run(run, lab.Params("small", size=2), lab.Params("large", size=500))
    lab.run(run, lab.Params("large", size=500), lab.Params("medium", size=9))
    return lab


def named(found):
    return {f"{one.name} {one.parameter_set}" for one in found}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"name": "total"}, {"total small", "total large", "total medium"}),
        ({"stage": "make", "params": {"size": 9}}, {"data medium"}),
        ({"run": "lab_2", "name": "data"}, {"data large", "data medium"}),
        ({"run": "latest", "stage": "add", "params": {"size": 500}}, {"total large"}),
        ({"at_least": "1kB"}, {"data large"}),
        ({"at_most": 10, "name": "data"}, set()),
        ({"until": "1h"}, set()),
        ({"since": "1h", "params": {"size": 2}}, {"data small", "total small"}),
        ({"experiment": "other"}, set()),
        ({"gone": True}, set()),
    ],
)
def test_artifacts_are_found_by_what_they_are(lab, asked, found):
    assert named(curifactory.artifacts(**asked)) == found


def test_what_cannot_be_understood_is_an_error_and_no_damage(lab):
    with pytest.raises(ConfigurationError):
        curifactory.artifacts(since="yesterday")
    with pytest.raises(ConfigurationError, match="50GB"):
        curifactory.artifacts(at_least="large")
    with pytest.raises(RunNotFoundError):
        curifactory.artifacts(run="lab_9")
    assert len(curifactory.artifacts(params={"size": 10**30})) == 0
    assert not list((lab.root / "data").glob("*.damaged-*"))


def test_what_was_replaced_is_found_when_that_is_asked_for(lab):
    for path in lab.cache.glob("*_add_total*"):
        path.unlink()
    lab.run(run, lab.Params("small", size=2))
    assert named(curifactory.artifacts("total", gone=True)) == {"total small"}
    assert len(curifactory.artifacts("total", gone=None)) == 4


def test_lists_are_sorted_and_cut(lab):
    past = open_past()
    by_size = past.artifacts(ArtifactQuery(name="data"), "size")
    assert [one.parameter_set for one in by_size] == ["small", "medium", "large"]
    assert named(past.artifacts(limit=1)) == {"total medium"}


def test_an_artifact_knows_its_parameters_runs_and_metadata(lab):
    (one,) = curifactory.artifacts("data", params={"size": 500})
    assert one.parameters == {"size": 500, "factor": 2}
    assert [run.number for run in one.runs] == [1, 2]
    assert one.metadata["params_name"] == "large"
    assert one.problem is None
    assert "def make(record)" in "".join(part.source for part in one.code)


def test_artifacts_are_data_frames_when_that_is_wanted(lab):
    frame = curifactory.artifacts("total").frame()
    assert list(frame["parameter_set"]) == ["small", "large", "medium"]
    assert {"path", "size", "made_by", "generated"} <= {*frame.columns}


def test_a_problem_with_the_files_is_told(lab):
    one, another, third = curifactory.artifacts("data")
    lab.file(f"{one.hash}_make_data.json").write_text("[0, 1, 2, 3]")
    lab.file(f"{another.hash}_make_data_metadata.json").unlink()
    assert "bytes, not" in one.problem
    assert "not in the cache" in another.problem
    shutil.copy(third.metadata_path, another.metadata_path)
    assert another.problem is not None
    with pytest.raises(curifactory.errors.UnusableArtifactError, match="replaced"):
        another.metadata


class TestWhatIsMeant:
    def meant(self, what, **query):
        return artifact_meant(open_past(), what, ArtifactQuery(**query))

    def test_each_file_of_an_artifact_stands_for_it(self, lab):
        (one,) = curifactory.artifacts("total", params={"size": 9})
        assert self.meant(one.path) == one
        assert self.meant(one.metadata_path) == one
        assert self.meant(one.path.removeprefix(f"{lab.root}/")) == one
        assert self.meant("total", params={"size": 9}) == one
        assert self.meant(None, stage="add", run="latest", params={"size": 9}) == one

    def test_what_is_not_there_any_more_is_meant_by_where_it_lay(self, lab):
        (one,) = curifactory.artifacts("total", params={"size": 9})
        lab.file(f"{one.hash}_add_total.json").unlink()
        lab.file(f"{one.hash}_add_total_metadata.json").unlink()
        assert self.meant(one.path) == one

    def test_a_copy_is_known_by_its_commit(self, lab, tmp_path):
        (one,) = curifactory.artifacts("total", params={"size": 9})
        copy = shutil.copytree(lab.cache, tmp_path / "elsewhere")
        found = self.meant(str(copy / one.path.rpartition("/")[2]))
        assert found.path.startswith(str(copy))
        assert found.made_by == one.made_by
        assert found.load() == sum(range(9))
        assert [source.artifact.name for source in found.made_from] == ["data"]

    def test_a_cache_from_elsewhere_tells_its_lineage_by_itself(self, lab, tmp_path):
        (one,) = curifactory.artifacts("total", params={"size": 9})
        copy = shutil.copytree(lab.cache, tmp_path / "elsewhere")
        shutil.rmtree(lab.root / "data")
        found = self.meant(str(copy / one.path.rpartition("/")[2]))
        assert found.parameters == {"size": 9, "factor": 2}
        assert [run.status for run in found.runs] == ["unknown"]
        (source,) = found.made_from
        assert source.artifact.load() == list(range(9))
        assert not (lab.root / "data").exists()

    @pytest.mark.parametrize("what", ["nothing", "data/cache", "curifactory_config.json"])
    def test_what_is_no_artifact_is_an_error(self, lab, what):
        with pytest.raises(ArtifactNotFoundError):
            self.meant(what)

    def test_what_may_be_several_is_an_error_that_names_some(self, lab):
        with pytest.raises(ArtifactNotFoundError, match=r"3 artifacts are 'total'.*\n.*_add_total"):
            self.meant("total")


def test_an_artifact_shows_itself_in_a_notebook(lab):
    (artifact,) = curifactory.artifacts(name="total", params={"size": 9})
    shown = artifact._repr_html_()
    assert "<tr><th>stage</th><td>add</td></tr>" in shown
    assert "<tr><th>parameter_set</th><td>medium</td></tr>" in shown
    assert "gone" not in shown
