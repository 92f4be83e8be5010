"""The page's list of arguments that cachers take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curifactory import ArtifactManager, Record, stage
from curifactory.caching import JsonCacher

TIDES = {"high": 4.5}


@pytest.fixture
def keep(lab):
    """Calls a stage in a new live run; gives its manager and record."""

    def keep(cacher, params=None, experiment="lab", **options):
        @stage(outputs=["tides"], cachers=[cacher])
        def read(record):
            lab.ran(record)
            return TIDES

        manager = ArtifactManager(experiment, suppress_live_log=True, **options)
        record = read(Record(manager, params or lab.Params("one")))
        assert record.state["tides"] == TIDES
        return manager, record

    return keep


def files_below(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()}


def both(stem: str) -> set[str]:
    """The two files of an artifact."""
    return {f"{stem}.json", f"{stem}_metadata.json"}


def store_of(manager) -> Path:
    return Path(manager.get_run_output_path("artifacts"))


@pytest.mark.parametrize("cacher", [JsonCacher, JsonCacher()])
def test_a_cacher_is_given_as_a_class_or_already_made(lab, keep, cacher):
    """The class name is enough; an instance does the same and can be told more."""
    _, record = keep(cacher)
    assert files_below(lab.cache) == both(f"lab_{record.get_hash()}_read_tides")
    keep(cacher)
    assert lab.executed() == {"read one": 1}


def test_one_cacher_that_was_made_once_serves_many_records(lab, keep):
    """An instance in a list belongs to the definition; each record has paths of its own."""
    cacher = JsonCacher(subdir="tides")
    hashes = [keep(cacher, lab.Params("any", size=n))[1].get_hash() for n in (1, 2)]
    stems = [both(f"tides/lab_{hash_}_read_tides") for hash_ in hashes]
    assert files_below(lab.cache) == stems[0] | stems[1]
    assert (cacher.name, cacher.record, cacher.cache_paths) == (None, None, [])


@pytest.mark.parametrize("keyword", ["overwrite_path", "path_override", "first position"])
def test_an_overwrite_path_is_used_exactly(lab, keep, keyword):
    """It replaces all other ways in which a path comes to be: no hash, no folder, no extension."""
    path = lab.root / "kept" / "tides.of.today"
    if keyword == "first position":
        keep(JsonCacher(str(path)))
    else:
        keep(JsonCacher(subdir="ignored", prefix="ignored", **{keyword: str(path)}))
    assert json.loads(path.read_text()) == TIDES
    assert files_below(lab.root / "kept") == {"tides.of.today", "tides.of.today_metadata.json"}
    assert files_below(lab.cache) == set()


def test_a_static_transform_is_shared_by_all_parameter_sets(lab, keep):
    """Such a path is not versioned: what no parameter affects is computed once for all sets."""
    cacher = JsonCacher(overwrite_path="kept/tides.json")
    for size in (1, 2, 3):
        keep(cacher, lab.Params(f"size {size}", size=size))
    assert lab.executed() == {"read size 1": 1}


def test_a_subdir_is_a_folder_in_the_cache_and_in_a_full_store(lab, keep):
    """It comes before the file name in both places."""
    manager, record = keep(JsonCacher(subdir="raw/today"), store_full=True)
    stem = f"raw/today/lab_{record.get_hash()}_read_tides"
    assert files_below(lab.cache) == both(stem)
    assert files_below(store_of(manager)) == both(stem)


def test_the_experiments_name_is_the_prefix_that_keeps_experiments_apart(lab, keep):
    """Without further words each experiment has artifacts of its own."""
    hashes = [keep(JsonCacher, experiment=name)[1].get_hash() for name in ("north", "south")]
    assert lab.executed() == {"read one": 2}
    stems = [both(f"{name}_{hashes[0]}_read_tides") for name in ("north", "south")]
    assert files_below(lab.cache) == stems[0] | stems[1]


def test_a_prefix_shares_an_artifact_among_all_experiments(lab, keep):
    """With a prefix in its place, whichever experiment calls the stage uses the same file."""
    cacher = JsonCacher(prefix="shared")
    for experiment in ("north", "south", "west"):
        _, record = keep(cacher, experiment=experiment)
    assert lab.executed() == {"read one": 1}
    assert files_below(lab.cache) == both(f"shared_{record.get_hash()}_read_tides")


def test_artifacts_are_tracked_unless_told_otherwise(lab, keep):
    """By default a full store gets a copy, of what is computed and of what is reused."""
    for _ in range(2):
        manager, record = keep(JsonCacher, store_full=True)
        stem = f"lab_{record.get_hash()}_read_tides"
        assert files_below(store_of(manager)) == both(stem)
        stored, cached = (folder / f"{stem}.json" for folder in (store_of(manager), lab.cache))
        assert stored.read_bytes() == cached.read_bytes()


def test_what_is_not_tracked_is_cached_but_not_copied_to_the_full_store(lab, keep):
    """`track=False` is for what is too large to be kept once per run; caching goes on as ever."""
    for _ in range(2):
        manager, record = keep(JsonCacher(track=False), store_full=True)
        assert files_below(lab.cache) == both(f"lab_{record.get_hash()}_read_tides")
        assert files_below(store_of(manager)) == set()
    assert lab.executed() == {"read one": 1}


def test_a_path_asked_of_the_record_without_tracking_is_not_copied_either(lab):
    """The same argument holds for a path that a stage asks of its record."""

    @stage(outputs=["tides"], cachers=[JsonCacher])
    def read(record):
        Path(record.get_path("plot.svg")).write_text("<svg/>")
        Path(record.get_path("large.raw", track=False)).write_text("0")
        return TIDES

    manager = lab.manager(store_full=True)
    hash_ = read(Record(manager, lab.Params("one"))).get_hash()
    tracked = both(f"lab_{hash_}_read_tides") | {f"lab_{hash_}_read_plot.svg"}
    assert files_below(store_of(manager)) == tracked
    assert files_below(lab.cache) == tracked | {f"lab_{hash_}_read_large.raw"}
