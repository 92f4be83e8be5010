"""Promise 12: no name leaves the project's folders, and what goes into HTML is escaped."""

from __future__ import annotations

from pathlib import Path

import pytest

from curifactory import ArtifactManager, Record, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.errors import CurifactoryError
from curifactory.reporting import JsonReporter

OUTWARD = ["../out", "/tmp/curifactory-outward", "..", "a/../../out", "in\\..\\..\\out", "a\0b"]
names = pytest.mark.parametrize("name", OUTWARD)


@pytest.fixture(autouse=True)
def nothing_lies_outside(lab, monkeypatch):
    """The lab is some folders deep; afterwards nothing new lies around it."""
    inner = lab.root / "some" / "folders" / "deep"
    inner.mkdir(parents=True)
    (inner / "curifactory_config.json").write_text("{}")
    monkeypatch.chdir(inner)
    before = {path for path in lab.root.rglob("*") if inner not in path.parents}
    yield
    after = {path for path in lab.root.rglob("*") if inner not in path.parents}
    assert after == before
    assert not list(Path("/tmp").glob("curifactory-outward*"))


def produce(cacher, output="x", name="make"):
    def function(record):
        return 1

    function.__name__ = name
    return stage(outputs=[output], cachers=[cacher])(function)


@names
def test_an_output(lab, name):
    with pytest.raises(CurifactoryError, match="name"):
        produce(JsonCacher, output=name)(Record(lab.manager(), lab.Params("a")))


@names
def test_a_stage(lab, name):
    if "\0" in name:
        pytest.skip("no function has such a name")
    with pytest.raises(CurifactoryError, match="name"):
        produce(JsonCacher, name=name)(Record(lab.manager(), lab.Params("a")))


@names
def test_an_experiment(name):
    with pytest.raises(CurifactoryError, match="name"):
        ArtifactManager(name)


@names
def test_a_prefix(lab, name):
    with pytest.raises(CurifactoryError, match="name"):
        lab.manager(prefix=name)
    manager = lab.manager()
    with pytest.raises(CurifactoryError, match="name"):
        produce(JsonCacher(prefix=name))(Record(manager, lab.Params("a")))
    manager.prefix = name
    with pytest.raises(CurifactoryError, match="name"):
        produce(JsonCacher)(Record(manager, lab.Params("a")))


@names
def test_a_subdir(lab, name):
    with pytest.raises(CurifactoryError):
        produce(JsonCacher(subdir=name))(Record(lab.manager(), lab.Params("a")))


@names
def test_a_hash_given_by_hand(lab, name):
    with pytest.raises(CurifactoryError):
        produce(JsonCacher)(Record(lab.manager(), lab.Params("a", hash=name)))


@names
@pytest.mark.parametrize("field", ["params.size", "params.name"])
def test_what_is_filled_into_a_path(lab, name, field):
    cacher = JsonCacher("{cache}/{" + field + "}/thing.json")
    params = lab.Params(name, size=name)
    with pytest.raises(CurifactoryError):
        produce(cacher)(Record(lab.manager(), params))


@names
def test_what_a_stage_asks_a_path_for(lab, name):
    @stage(outputs=["x"], cachers=[JsonCacher])
    def make(record):
        for ask in (record.get_path, record.get_dir, record.stage_cachers[0].get_path):
            with pytest.raises(CurifactoryError):
                ask(f"/../{name}" if ask is not record.get_path else name)
        return 1

    make(Record(lab.manager(), lab.Params("a")))


@names
def test_what_run_asks_a_path_for(lab, name):
    manager = lab.manager()
    record = Record(manager, lab.Params("a"))
    with pytest.raises(CurifactoryError):
        manager.get_artifact_path(name, record, stage_name="s")
    with pytest.raises(CurifactoryError):
        manager.get_artifact_path("x", record, subdir=name, stage_name="s")
    with pytest.raises(CurifactoryError):
        manager.get_run_output_path(name)


def test_a_path_that_the_user_wrote_out_is_their_word(lab, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "deep" / "result.pkl"
    record = produce(PickleCacher(overwrite_path=elsewhere))(Record(lab.manager(), lab.Params("a")))
    assert record.state["x"] == 1
    assert elsewhere.exists()


def test_names_and_values_are_escaped_in_the_report(lab):
    evil = "<script>alert('x')</script>"

    @stage(outputs=["x"], cachers=[JsonCacher])
    def make(record):
        record.report(JsonReporter({"value": evil}, name=evil, group=evil))
        return 1

    def run(param_sets, manager):
        make(Record(manager, param_sets[0]))
        return manager.generate_report()

    params = lab.Params(evil)
    page = Path(lab.run(run, params, notes=evil)).read_text()
    assert "alert(" in page
    assert evil not in page
