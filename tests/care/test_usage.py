"""How much a cache takes: every file counts once."""

from __future__ import annotations

import os
import shutil

import pytest
from keeper import Keeper

from curifactory import ArtifactManager, Record, stage
from curifactory.caching import JsonCacher
from curifactory.care.usage import usage_of
from curifactory.reporting import JsonReporter


@pytest.fixture
def keeper(lab):
    return Keeper()


def on_disk(folder, ending="") -> int:
    return sum(path.stat().st_size for path in folder.rglob(f"*{ending}") if path.is_file())


def counts(shares) -> dict[str, int]:
    return {label: share.count for label, share in shares.items()}


def test_all_files_are_accounted_for(cache, keeper):
    usage = usage_of(keeper.cache)
    assert counts(usage.parts) == {"artifacts": 6, "reports": 0, "metadata": 6, "others": 2}
    assert usage.size == on_disk(cache)
    assert usage.parts["metadata"].size == on_disk(cache, "_metadata.json")
    # what a stage wrote by itself, and does not track
    assert usage.parts["others"].size == on_disk(cache, "by_hand.txt")


def test_each_kind_adds_up_to_all_artifacts(cache, keeper):
    usage = usage_of(keeper.cache)
    assert counts(usage.by["experiment"]) == {"lab": 6}
    assert counts(usage.by["stage"]) == {"make": 6}
    assert counts(usage.by["age"]) == {"under a day": 6}
    for shares in usage.by.values():
        assert sum(share.size for share in shares.values()) == usage.parts["artifacts"].size


def test_an_artifact_counts_for_the_run_that_made_it(lab, run, cache, keeper):
    lab.run(run, lab.Params("one", hash="one", size=1), lab.Params("three", size=3))
    first, second = usage_of(keeper.cache).by["run"].items()
    assert {first[0][:5]: first[1].count, second[0][:5]: second[1].count} == {
        "lab_1": 6,
        "lab_2": 3,
    }


def test_what_metadata_alone_tells_counts_alike(lab, cache, keeper):
    known = usage_of(keeper.cache)
    shutil.copytree(cache, lab.root / "copy")
    copy = usage_of(Keeper(str(lab.root / "copy")).cache)
    assert (copy.parts, copy.by) == (known.parts, known.by)


def test_what_stages_reported_and_what_is_half_written_has_a_place(lab, keeper):
    @stage([], ["made"], [JsonCacher])
    def tell(record):
        record.report(JsonReporter({"a": 1}, name="told"))
        return 1

    manager = ArtifactManager("lab", suppress_live_log=True)
    tell(Record(manager, lab.Params("one")))
    manager.close()
    half = lab.cache / ".curifactory-0123-half"
    half.mkdir()
    (half / "file").write_text("12345")
    usage = usage_of(keeper.cache)
    assert counts(usage.parts) == {"artifacts": 1, "reports": 1, "metadata": 2, "others": 1}
    assert usage.parts["others"].size == 5
    assert usage.size == on_disk(lab.cache)


def test_hard_links_and_folders_with_two_names_count_once(cache, keeper):
    before = usage_of(keeper.cache).size
    os.link(cache / "lab_one_make_twin.pkl", cache / "lab_one_make_twin.pkl.copy")
    (cache / "again").symlink_to(cache)
    assert usage_of(keeper.cache).size == before


def test_a_history_from_the_future_is_told_and_metadata_is_asked(lab, cache, keeper):
    keeper.history.database.write(lambda connection: connection.execute("PRAGMA user_version = 99"))
    assert counts(usage_of(keeper.cache).by["stage"]) == {"make": 6}
    assert "newer version" in keeper.told[0]


def test_an_empty_or_missing_folder_takes_nothing(lab, keeper):
    assert usage_of(keeper.cache).size == 0
    lab.cache.mkdir(parents=True)
    assert usage_of(keeper.cache).size == 0
