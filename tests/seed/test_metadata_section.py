"""What the page says about the metadata beside each artifact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import Cacheable, JsonCacher, PickleCacher


class ExtraCacher(Cacheable):
    """The page's cacher with extra metadata, for stages."""

    def save(self, obj):
        self.extra_metadata["the_best_number"] = 13
        JsonCacher(self.get_path()).save(obj)

    def load(self):
        assert self.extra_metadata["the_best_number"] == 13
        return JsonCacher(self.get_path()).load()


class InlineExtraCacher(Cacheable):
    """The page's second variant, which works inline too."""

    def save(self, obj):
        self.extra_metadata["the_best_number"] = 13
        self.save_metadata()
        JsonCacher(self.get_path()).save(obj)

    def load(self):
        self.load_metadata()
        assert self.extra_metadata["the_best_number"] == 13
        return JsonCacher(self.get_path()).load()


def keep(lab, *cachers, mode="live", **options):
    """Run an experiment of one stage with these cachers; gives its manager and record."""
    outputs = [f"number_{n}" for n, _ in enumerate(cachers)]

    @stage(outputs=outputs, cachers=list(cachers))
    def count(record):
        lab.ran(record)
        return tuple(range(len(cachers))) if len(cachers) > 1 else 0

    def run(param_sets, manager):
        record = count(Record(manager, param_sets[0]))
        assert [record.state[name] for name in outputs] == list(range(len(cachers)))
        return manager, record

    return lab.run(run, lab.Params("one", size=5), mode=mode, **options)


def document(path: Path) -> dict:
    return json.loads(path.read_text())


def test_every_artifact_has_a_metadata_file_beside_it(lab, mode):
    """Whatever the cacher, each output gets one."""
    keep(lab, JsonCacher, PickleCacher, ExtraCacher, mode=mode)
    for number in range(3):
        assert document(lab.file(f"_number_{number}_metadata.json"))["commit"] is not None


def test_metadata_tells_of_the_cacher_the_record_and_the_run(lab, mode):
    """It says what saved the artifact, what it was made from, and in which run."""
    manager, record = keep(lab, ExtraCacher, mode=mode, notes="first try")
    metadata = document(lab.file("_number_0_metadata.json"))
    assert metadata["cacher_type"] == f"{__name__}.ExtraCacher"
    assert (metadata["stage"], metadata["artifact_name"]) == ("count", "number_0")
    assert metadata["params_hash"] == record.get_hash()
    assert (metadata["params_name"], metadata["params"]) == ("one", {"size": 5, "factor": 2})
    assert metadata["record_name"] == record.get_reference_name()
    run = metadata["manager_run_info"]
    assert run["reference"] == manager.get_reference_name()
    assert (run["experiment_name"], run["run_number"], run["notes"]) == ("lab", 1, "first try")


def test_a_full_store_gets_the_metadata_with_the_artifact(lab, mode):
    """The copy is the same to the byte."""
    manager, _ = keep(lab, JsonCacher, mode=mode, store_full=True)
    cached = lab.file("_number_0_metadata.json")
    stored = Path(manager.get_run_output_path("artifacts"), cached.name)
    assert stored.read_bytes() == cached.read_bytes()


def test_the_metadata_of_an_artifact_stays_when_a_later_run_uses_it(lab, mode):
    """It tells of the run that made the artifact, in the cache and in the later full store."""
    first, _ = keep(lab, JsonCacher, mode=mode)
    before = lab.file("_number_0_metadata.json").read_bytes()
    later, _ = keep(lab, JsonCacher, mode=mode, store_full=True)
    cached = lab.file("_number_0_metadata.json")
    stored = Path(later.get_run_output_path("artifacts"), cached.name)
    assert lab.executed() == {"count one": 1}
    assert cached.read_bytes() == stored.read_bytes() == before
    reference = document(stored)["manager_run_info"]["reference"]
    assert reference == first.get_reference_name() != later.get_reference_name()


def test_every_cacher_of_a_record_has_the_metadata(lab, mode):
    """It is there as `metadata`, whether the artifact was computed or loaded."""
    for _ in range(2):
        _, record = keep(lab, JsonCacher, ExtraCacher, mode=mode)
        for cacher in record.stage_cachers:
            written = document(lab.file(f"_{cacher.name}_metadata.json"))
            assert cacher.metadata["artifact_generated"] == written["artifact_generated"]
            assert cacher.metadata["manager_run_info"] == written["manager_run_info"]
    assert lab.executed() == {"count one": 1}


def test_a_cacher_inside_a_running_stage_knows_what_it_will_be_saved_with(lab):
    """Before anything is saved, the facts about record and run are known already."""
    seen = []

    @stage(outputs=["number"], cachers=[JsonCacher])
    def count(record):
        seen.append(record.stage_cachers[0].metadata)
        return 1

    record = count(Record(lab.manager(), lab.Params("one")))
    assert (seen[0]["stage"], seen[0]["params_hash"]) == ("count", record.get_hash())


def test_a_cacher_with_a_path_has_the_metadata_at_once(lab):
    """An inline cacher needs no call before its `metadata`."""
    keep(lab, JsonCacher)
    assert JsonCacher(lab.file("_number_0.json")).metadata["stage"] == "count"


@pytest.mark.parametrize("cacher", [JsonCacher, PickleCacher, ExtraCacher])
def test_every_cacher_has_a_dictionary_for_extra_metadata_of_its_own(cacher):
    """Two cachers never share it."""
    one, other = cacher("one"), cacher("other")
    one.extra_metadata["note"] = 1
    assert other.extra_metadata == {}


def test_extra_metadata_is_added_to_the_metadata_when_saving(lab, mode):
    """What a cacher notes while it saves is found under `extra`."""
    keep(lab, ExtraCacher, JsonCacher, mode=mode)
    assert document(lab.file("_number_0_metadata.json"))["extra"] == {"the_best_number": 13}
    assert document(lab.file("_number_1_metadata.json"))["extra"] == {}


def test_load_metadata_fills_extra_metadata(lab):
    """A cacher that loads the metadata has its notes back."""
    keep(lab, ExtraCacher)
    cacher = ExtraCacher(lab.file("_count_number_0"))
    assert cacher.extra_metadata == {}
    assert cacher.load_metadata()["extra"] == cacher.extra_metadata == {"the_best_number": 13}


def test_extra_metadata_of_one_record_does_not_reach_another(lab):
    """The cacher in a decorator is only a template for each record's own."""

    class Sized(ExtraCacher):
        def save(self, obj):
            self.extra_metadata[f"size_{self.record.params.size}"] = True
            super().save(obj)

    @stage(outputs=["number"], cachers=[Sized()])
    def count(record):
        return record.params.size

    manager = lab.manager()
    for size in (1, 2):
        count(Record(manager, lab.Params("any", size=size)))
    for path in lab.cache.glob("*_metadata.json"):
        written = document(path)
        size = written["params"]["size"]
        assert written["extra"] == {f"size_{size}": True, "the_best_number": 13}


@pytest.mark.parametrize("cacher", [ExtraCacher, InlineExtraCacher])
def test_a_stage_saves_and_loads_metadata_at_the_right_times(lab, mode, cacher):
    """In a stage both variants of the page's cacher find what they noted."""
    for _ in range(2):
        keep(lab, cacher, mode=mode)
    assert lab.executed() == {"count one": 1}


def test_a_lazy_output_has_its_extra_metadata_too(lab):
    """However the value is read, its cacher was given the metadata before."""

    @stage(outputs=[Lazy("number", resolve=False)], cachers=[ExtraCacher])
    def count(record):
        return 1

    for _ in range(2):
        lazy = count(Record(lab.manager(), lab.Params("one"))).state["number"]
        assert lazy.load() == lazy.cacher.load() == 1


def test_inline_nobody_calls_them_so_the_first_variant_has_no_notes(tmp_path):
    """Outside of stages, the metadata functions are the cacher's own business."""
    ExtraCacher(tmp_path / "thing").save([1])
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]
    with pytest.raises(KeyError, match="the_best_number"):
        ExtraCacher(tmp_path / "thing").load()


def test_inline_the_second_variant_saves_and_loads_its_notes(tmp_path):
    """With explicit calls in save and load, the cacher works without any stage."""
    InlineExtraCacher(tmp_path / "thing").save([1])
    assert document(tmp_path / "thing_metadata.json")["extra"] == {"the_best_number": 13}
    assert InlineExtraCacher(tmp_path / "thing").load() == [1]
