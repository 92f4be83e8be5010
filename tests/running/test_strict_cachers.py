"""``strict=True``: a value that the format cannot hold exactly is an error, not a notice."""

from __future__ import annotations

import pytest

from curifactory import Record, stage
from curifactory.caching import JsonCacher, PandasCsvCacher
from curifactory.errors import InexactArtifactError


def making(lab, value, cacher):
    @stage(outputs=["value"], cachers=[cacher])
    def make(record):
        lab.ran(record)
        return value

    return lambda param_sets, manager: make(Record(manager, param_sets[0])).state.raw("value")


def test_the_error_names_output_stage_record_and_place(lab, mode):
    run = making(lab, {"a": [1, (2, 3)]}, JsonCacher(strict=True))
    with pytest.raises(InexactArtifactError) as caught:
        lab.run(run, lab.Params("one"), mode=mode)
    text = str(caught.value)
    assert "JsonCacher cannot hold output 'value' of stage 'make' of record 'one' exactly" in text
    assert "at ['a'][1]: tuple becomes list" in text


def test_nothing_counts_as_saved_and_the_next_run_runs_again(lab, mode):
    run = making(lab, (1, 2), JsonCacher(strict=True))
    value = {"key": (1, 2)}
    run = making(lab, value, JsonCacher(strict=True))
    for _ in range(2):
        with pytest.raises(InexactArtifactError):
            lab.run(run, lab.Params("one"), mode=mode)
        assert lab.executed() == {"make one": 1}
        assert [path.name for path in lab.cache.rglob("*") if path.is_file()] == []


def test_what_an_earlier_run_saved_is_not_taken_for_the_refused_value(lab, mode):
    lab.run(making(lab, [1], JsonCacher), lab.Params("one"), mode=mode)
    refused = making(lab, [(1,)], JsonCacher(strict=True))
    with pytest.raises(InexactArtifactError):
        lab.run(refused, lab.Params("one"), mode=mode, overwrite=True)


def test_an_exact_value_is_saved_like_any_other(lab, mode):
    run = making(lab, {"a": [1, 2.5, None]}, JsonCacher(strict=True))
    for _ in range(2):
        lab.run(run, lab.Params("one"), mode=mode)
    assert lab.executed() == {"make one": 1}


def test_frames_can_be_strict_too(lab):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"when": pandas.to_datetime(["2024-01-01"])})
    with pytest.raises(InexactArtifactError, match="when"):
        lab.run(making(lab, frame, PandasCsvCacher(strict=True)), lab.Params("one"))


def test_without_it_there_is_a_notice(lab):
    lab.run(making(lab, [(1,)], JsonCacher), lab.Params("one"))
    assert any("cannot hold output 'value'" in message for message in lab.notices)


def test_strictness_renames_and_recomputes_nothing(lab):
    lab.run(making(lab, [1], JsonCacher), lab.Params("one"))
    lab.run(making(lab, [1], JsonCacher(strict=True)), lab.Params("one"))
    assert lab.executed() == {"make one": 1}
