"""A survey reads everything, and says of each file what it is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from curifactory import Record, stage
from curifactory.caching import FileReferenceCacher, JsonCacher
from curifactory.care.survey import survey


def look(cache, **options) -> dict[str, str]:
    """State and reason of everything that is not valid, by the end of its path."""
    found = survey(str(cache), **options)
    return {
        item.path.rpartition("make_")[2]: f"{item.state}: {item.reason}"
        for item in found.items
        if item.state != "valid" and not item.path.endswith("by_hand.txt")
    }


def of_one(cache, name) -> Path:
    return cache / f"lab_one_make_{name}"


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_every_artifact_is_valid_with_all_its_files_and_their_size(cache):
    found = survey(str(cache))
    assert found.of("damaged") == found.of("orphaned") == found.of("leftover") == []
    assert len(found.of("valid")) == 6
    (texts,) = [i for i in found.of("valid") if i.path.startswith("lab_one_make_texts")]
    assert texts.files == (
        "lab_one_make_texts/a",
        "lab_one_make_texts/b",
        "lab_one_make_texts_metadata.json",
    )
    assert texts.size == sum(os.path.getsize(cache / name) for name in texts.files)
    assert found.removable == []


def test_what_a_stage_wrote_by_itself_is_unverified_and_stays(cache):
    found = survey(str(cache))
    by_hand = [(item.path, item.remove) for item in found.of("unverified")]
    assert ("lab_one_make_by_hand.txt", ()) in by_hand
    assert len(by_hand) == 2


@pytest.mark.parametrize("name", ["numbers.json", "twin.pkl", "texts/b"])
def test_a_flipped_bit_is_found_in_every_file(cache, name):
    flip_a_bit(of_one(cache, name))
    ((_, says),) = look(cache).items()
    assert says == f"damaged: the bytes of lab_one_make_{name} are not those that were saved"


def test_bytes_that_were_verified_a_moment_ago_are_read_again(cache, monkeypatch):
    survey(str(cache))
    path = of_one(cache, "twin.pkl")
    before = path.stat()
    flip_a_bit(path)
    # a disk that forgets tells nobody: times, size and inode are as they were
    real = os.stat
    monkeypatch.setattr(os, "stat", lambda p, **o: before if str(p) == str(path) else real(p, **o))
    assert "twin.pkl" in look(cache)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: p.write_bytes(b"{"), "damaged: its metadata does not parse"),
        (flip_a_bit, "damaged: its metadata"),
        (lambda p: p.write_bytes(b"[]"), "damaged: its metadata is not a JSON object"),
    ],
)
def test_broken_metadata_is_damage_of_the_files_that_carry_its_name(cache, damage, says):
    damage(of_one(cache, "texts_metadata.json"))
    ((path, reason),) = look(cache).items()
    assert path == "texts/a"
    assert reason.startswith(says)
    (item,) = survey(str(cache)).of("damaged")
    assert len(item.files) == 3


def test_data_without_metadata_is_orphaned(cache):
    of_one(cache, "numbers_metadata.json").unlink()
    assert look(cache) == {"numbers.json": "orphaned: no metadata lists it"}


def test_metadata_without_data_is_orphaned(cache):
    of_one(cache, "numbers.json").unlink()
    ((_, says),) = look(cache).items()
    assert says == "orphaned: it is metadata whose files are gone"


def test_an_artifact_that_lacks_one_of_its_files_is_damaged(cache):
    of_one(cache, "texts/a").unlink()
    ((_, says),) = look(cache).items()
    assert says == "damaged: its file lab_one_make_texts/a is missing"


def test_a_file_of_somebody_else_in_an_artifacts_folder_is_all_that_has_to_go(cache):
    of_one(cache, "texts/more").write_text("mine")
    (item,) = survey(str(cache)).of("damaged")
    assert "does not belong to it" in item.reason
    assert item.remove == ("lab_one_make_texts/more",)


def test_an_artifact_from_an_earlier_call_than_its_siblings_is_damaged(lab, run, cache):
    kept = lab.root / "kept"
    kept.mkdir()
    for name in ("numbers.json", "numbers_metadata.json"):
        shutil.copy2(of_one(cache, name), kept)

    @stage(outputs=["numbers", "twin"], cachers=[JsonCacher, JsonCacher])
    def make(record):
        return [9], [9]

    def other(param_sets, manager):
        make(Record(manager, param_sets[0]))

    lab.run(other, lab.Params("one", hash="one"), overwrite=True)
    for path in kept.iterdir():
        shutil.copy2(path, cache)
    says = look(cache)["numbers.json"]
    assert says == ("damaged: it comes from another call of its stage than the outputs beside it")
    assert not any(
        text.startswith("damaged") for name, text in look(cache).items() if "twin" in name
    )


def test_an_output_that_its_stage_has_no_more_is_not_damaged(lab, cache):
    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        return [9]

    lab.run(
        lambda sets, manager: make(Record(manager, sets[0])),
        lab.Params("one", hash="one"),
        overwrite=True,
    )
    assert look(cache) == {}


def test_metadata_of_an_older_layout_is_unverified_with_its_files(cache):
    of_one(cache, "numbers_metadata.json").write_text(json.dumps({"artifact_name": "numbers"}))
    assert look(cache) == {"numbers.json": "unverified: its metadata is of an older layout"}
    (item,) = [i for i in survey(str(cache)).of("unverified") if "numbers" in i.path]
    assert item.files == ("lab_one_make_numbers.json", "lab_one_make_numbers_metadata.json")
    assert item.remove == ()


def test_an_inline_save_with_metadata_is_unverified_and_stays(cache):
    cacher = JsonCacher(cache / "mine.json")
    cacher.save([1])
    cacher.save_metadata()
    assert look(cache) == {"mine.json": "unverified: its metadata was not written by a stage"}


def test_an_interrupted_save_is_a_leftover(cache):
    of_one(cache, "numbers_metadata.json").write_bytes(_null_commit())
    (item,) = survey(str(cache)).of("leftover")
    assert item.reason == "a save of it was interrupted"
    # while the metadata is there, the half-written file does not pass for the user's own
    assert item.remove == ("lab_one_make_numbers.json", "lab_one_make_numbers_metadata.json")


def _null_commit() -> bytes:
    from curifactory.store.metadata import SCHEMA, render

    return render({"schema": SCHEMA, "commit": None})


def test_a_file_of_the_user_is_listed_and_stays(cache):
    (cache / "notes.txt").write_text("mine")
    (item,) = survey(str(cache)).of("orphaned")
    assert (item.path, item.remove) == ("notes.txt", ())


def test_an_orphan_that_carries_a_hash_may_go_even_if_nothing_else_of_its_stage_is_there(cache):
    name = f"lab_{'0' * 32}_gone_x.json"
    (cache / name).write_text("1")
    (item,) = survey(str(cache)).of("orphaned")
    assert item.remove == (name,)


def test_hidden_files_of_others_are_not_looked_at(cache):
    (cache / ".gitignore").write_text("*")
    (cache / ".git").mkdir()
    (cache / ".git" / "config").write_text("")
    assert look(cache) == {}


def test_folders_that_are_for_other_things_are_not_looked_at(cache):
    (cache / "runs").mkdir()
    (cache / "runs" / "x").write_text("")
    assert look(cache, apart=[str(cache), str(cache / "runs")]) == {}


def test_a_link_in_the_cache_is_followed_for_reading_and_never_for_removing(lab, cache):
    elsewhere = lab.root / "elsewhere"
    elsewhere.mkdir()
    for path in list(cache.glob("lab_one_make_numbers*")):
        shutil.move(path, elsewhere)
    (cache / "linked").symlink_to(elsewhere)
    (elsewhere / "up").symlink_to(cache)
    assert look(cache) == {}
    flip_a_bit(elsewhere / "lab_one_make_numbers.json")
    (item,) = survey(str(cache)).of("damaged")
    assert item.remove == ()


def test_an_output_whose_name_ends_like_metadata_is_an_artifact(lab):
    @stage(outputs=["x_metadata"], cachers=[JsonCacher])
    def make(record):
        return {"schema": 1}

    lab.run(lambda sets, manager: make(Record(manager, sets[0])), lab.Params("one"))
    (item,) = survey(str(lab.cache)).items
    assert item.state == "valid"


def test_files_that_are_only_pointed_at_are_looked_for_and_never_removed(lab):
    target = lab.root / "big.bin"
    target.write_bytes(b"12345")

    @stage(outputs=["big"], cachers=[FileReferenceCacher])
    def make(record):
        return str(target)

    lab.run(lambda sets, manager: make(Record(manager, sets[0])), lab.Params("one"))
    assert [item.state for item in survey(str(lab.cache)).items] == ["valid"]
    target.write_bytes(b"123")
    (item,) = survey(str(lab.cache)).items
    assert item.state == "damaged"
    assert "changed its size" in item.reason
    assert all("big.bin" not in path for path in item.remove)


def test_metadata_that_was_made_to_list_files_elsewhere_has_nothing_removed_there(lab, cache):
    from curifactory.store.metadata import parse, render

    victim = lab.root / "victim.txt"
    victim.write_text("precious")
    path = of_one(cache, "numbers_metadata.json")
    document = parse(path.read_bytes())
    document["commit"]["files"] = [["../../victim.txt", 1, "xxh3:0"]]
    path.write_bytes(render(document))
    (item,) = survey(str(cache)).of("damaged")
    assert item.remove == ("lab_one_make_numbers_metadata.json",)


def test_an_empty_or_missing_folder_has_nothing_in_it(tmp_path):
    assert survey(str(tmp_path)).items == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_cannot_be_read_is_told(cache):
    (cache / "closed").mkdir(mode=0)
    assert look(cache) == {"closed": "damaged: the folder cannot be read (Permission denied)"}
