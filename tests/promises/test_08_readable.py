"""Promise 8: a person finds, opens and understands every artifact with a file browser."""

from __future__ import annotations

import json
import shutil

import pytest

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import Cacheable, JsonCacher, PandasCsvCacher, PickleCacher


@pytest.fixture
def run(lab):
    @stage(
        outputs=["numbers", Lazy("blob"), "plain"],
        cachers=[JsonCacher, PickleCacher(subdir="raw/big", prefix="shared"), Text],
    )
    def make(record):
        lab.ran(record)
        return [1, 2], b"x", "hello"

    @aggregate(["numbers"], ["total"], [JsonCacher])
    def add(record, records, numbers):
        lab.ran(record)
        return sum(map(sum, numbers.values()))

    def run(param_sets, manager):
        records = [make(Record(manager, params)) for params in param_sets]
        return add(Record(manager, None)).get_hash(), [record.get_hash() for record in records]

    return run


class Text(Cacheable):
    """A user's cacher with a file for the text and a folder for its words."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, extension=".txt", **kwargs)

    def save(self, obj):
        for path in (self.get_path(), f"{self.get_dir('_words')}/1.txt"):
            with open(path, "w") as file:
                file.write(obj)

    def load(self):
        with open(self.get_path()) as file:
            return file.read()


def files(lab):
    return {str(path.relative_to(lab.cache)) for path in lab.cache.rglob("*") if path.is_file()}


def test_names_say_what_a_file_is_and_nothing_else_lies_there(lab, run, mode):
    for options in ({}, {}, {"overwrite": True}):
        total, hashes = lab.run(run, lab.Params("a"), lab.Params("b", size=5), mode=mode, **options)
        expected = {f"lab_{total}_add_total.json", f"lab_{total}_add_total_metadata.json"}
        for hash_ in hashes:
            expected |= {
                f"lab_{hash_}_make_numbers.json",
                f"lab_{hash_}_make_numbers_metadata.json",
                f"raw/big/shared_{hash_}_make_blob.pkl",
                f"raw/big/shared_{hash_}_make_blob_metadata.json",
                f"lab_{hash_}_make_plain.txt",
                f"lab_{hash_}_make_plain_words/1.txt",
                f"lab_{hash_}_make_plain_metadata.json",
            }
        assert files(lab) == expected
        assert {path.name for path in lab.cache.rglob("*") if path.is_dir()} == {
            "raw",
            "big",
            *(f"lab_{hash_}_make_plain_words" for hash_ in hashes),
        }


def test_after_a_failure_nothing_else_lies_there_either(lab, run, mode):
    @stage(outputs=["bad"], cachers=[PickleCacher])
    def bad(record):
        record.stage_cachers[0].get_path()
        return lambda: None

    def fail(param_sets, manager):
        run(param_sets, manager)
        bad(Record(manager, param_sets[0]))

    with pytest.raises(OSError, match="'bad'"):
        lab.run(fail, lab.Params("a"), mode=mode)
    assert not [name for name in files(lab) if "bad" in name or name.startswith(".")]


def test_a_text_editor_shows_the_value_and_where_it_came_from(lab, run):
    params = lab.Params("a", size=7)
    lab.run(run, params, notes="first try")
    assert json.loads(lab.file("make_numbers.json").read_text()) == [1, 2]
    facts = json.loads(lab.file("make_numbers_metadata.json").read_text())
    assert next(iter(facts)) == "schema"
    assert facts["artifact_name"] == "numbers"
    assert facts["stage"] == "make"
    assert facts["cacher_type"] == "curifactory.caching.JsonCacher"
    assert facts["params_name"] == "a"
    assert facts["params_hash"] == params.params_hash()
    assert facts["params"]["size"] == 7
    assert facts["manager_run_info"]["notes"] == "first try"
    assert facts["manager_run_info"]["experiment_name"] == "lab"
    assert {"artifact_generated", "record_name", "record_prior_stages", "prior_records", "extra",
            "recipe", "environment", "timing", "commit"} <= facts.keys()  # fmt: skip
    total = json.loads(lab.file("add_total_metadata.json").read_text())
    assert total["prior_records"] == [facts["record_name"]]


def test_metadata_names_no_folder_of_this_machine(lab, run, mode):
    lab.run(run, lab.Params("a"), mode=mode, cache_path=str(lab.cache))
    for path in lab.cache.rglob("*_metadata.json"):
        assert str(lab.root) not in path.read_text(), path.name


def test_moving_the_folder_breaks_nothing(lab, run, mode):
    first = lab.run(run, lab.Params("a"), mode=mode)
    moved = lab.root / "archive" / "cache of 2024"
    shutil.move(lab.cache, moved)
    lab.executed()
    assert lab.run(run, lab.Params("a"), mode=mode, cache_path=moved) == first
    assert lab.executed() == {}


def test_metadata_of_a_reused_artifact_is_not_rewritten(lab, run, mode):
    lab.run(run, lab.Params("a"), mode=mode)
    before = {path: (path.read_bytes(), path.stat()) for path in lab.cache.rglob("*.json")}
    lab.run(run, lab.Params("another name"), mode=mode)
    for path, (content, stat) in before.items():
        if "make" in path.name:
            assert path.read_bytes() == content
            assert path.stat().st_mtime_ns == stat.st_mtime_ns


def test_the_files_need_no_curifactory_to_be_read(lab):
    import pickle

    import pandas as pd

    @stage(outputs=["frame", "model"], cachers=[PandasCsvCacher, PickleCacher])
    def make(record):
        return pd.DataFrame({"x": [1, 2]}), {"weights": [0.5]}

    lab.run(lambda sets, manager: make(Record(manager, sets[0])), lab.Params("a"))
    assert "x" in lab.file("make_frame.csv").read_text()
    assert pickle.loads(lab.file("make_model.pkl").read_bytes()) == {"weights": [0.5]}
