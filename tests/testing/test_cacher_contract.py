"""The contract finds what is wrong with a cacher."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curifactory.caching import Cacheable
from curifactory.testing import CacherContract
from curifactory.testing.same import same


class Good(Cacheable):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, extension=".json", **kwargs)

    def save(self, obj):
        Path(self.get_path()).write_text(json.dumps(obj))

    def load(self):
        return json.loads(Path(self.get_path()).read_text())


class TakesNoPath(Good):
    def __init__(self):
        super().__init__()


class WritesBeside(Good):
    def save(self, obj):
        super().save(obj)
        Path(self.get_path() + ".extra").write_text("x")


class LosesWhatItIsNotAsked(Good):
    def load(self):
        return []


class KeepsValuesInItsClass(Good):
    held = None

    def save(self, obj):
        super().save(obj)
        type(self).held = obj

    def load(self):
        return type(self).held


class KeepsValuesInTheDefinition(Good):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.calls = []

    def save(self, obj):
        super().save(obj)
        self.calls.append(obj)


class SaysItIsStagedAndDestroys(Good):
    staged = True

    def save(self, obj):
        with open(self.get_path(), "w") as file:
            file.write("half")
            file.seek(0)
            json.dump(obj, file)
            file.truncate()

    def load(self):
        return super().load()


class CountsWithoutAFile(Good):
    def check(self):
        return True


class DoublesItsExtension(Good):
    def get_path(self, suffix=None):
        return super().get_path(suffix) + ("" if suffix else ".json")


class ForgetsExtraMetadata(Good):
    def load_metadata(self):
        metadata = super().load_metadata()
        self.extra_metadata = {}
        return metadata


def contract(made, kept=([1], [2, "b"])):
    class Contract(CacherContract):
        cacher = made
        values = kept

    return Contract()


@pytest.mark.parametrize(
    ("cacher", "test"),
    [
        (WritesBeside, "test_only_given_paths_are_written"),
        (WritesBeside, "test_a_stage_leaves_nothing_beside_its_artifact"),
        (LosesWhatItIsNotAsked, "test_an_inline_value_comes_back"),
        (LosesWhatItIsNotAsked, "test_a_stage_hands_on_what_is_loaded_later"),
        (KeepsValuesInItsClass, "test_two_artifacts_do_not_mix"),
        (KeepsValuesInTheDefinition, "test_the_cacher_of_a_definition_stays_as_it_is"),
        (SaysItIsStagedAndDestroys, "test_a_save_that_fails_keeps_the_old_value"),
        (CountsWithoutAFile, "test_only_what_is_there_counts"),
        (DoublesItsExtension, "test_the_extension_ends_the_path"),
        (ForgetsExtraMetadata, "test_extra_metadata_comes_back"),
        (TakesNoPath, "test_a_class_takes_a_path_as_its_first_argument"),
    ],
)
def test_it_finds(cacher, test, tmp_path):
    needs_value = "value" in getattr(CacherContract, test).__code__.co_varnames[:2]
    arguments = ([2, "b"], tmp_path / "bad") if needs_value else (tmp_path / "bad",)
    (tmp_path / "bad").mkdir()
    with pytest.raises((AssertionError, TypeError, ValueError, FileNotFoundError)):
        getattr(contract(cacher), test)(*arguments)
    (tmp_path / "good").mkdir()
    arguments = (*arguments[:-1], tmp_path / "good")
    getattr(contract(Good), test)(*arguments)


def test_a_value_that_comes_back_as_another_type_is_found(tmp_path):
    with pytest.raises(AssertionError, match=r"is loaded as \[\[1\]\]"):
        contract(Good).test_an_inline_value_comes_back([(1,)], tmp_path)


def test_a_cacher_that_needs_its_own_process_is_found(tmp_path):
    found = TestAValueInTheClass()
    with pytest.raises(AssertionError):
        CacherContract.test_what_another_process_saved_comes_back(found, tmp_path)


class TestAValueInTheClass(CacherContract):
    """Kept importable for the other process; only the test above runs on it."""

    __test__ = False
    cacher = KeepsValuesInItsClass
    values = ([1], [2])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, True, False),
        (float("nan"), float("nan"), True),
        ([1], (1,), False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({"a": [1]}, {"a": [1.0]}, False),
        ([1, 2], [1], False),
    ],
)
def test_same_is_equal_in_value_and_type(first, second, expected):
    assert same(first, second) is expected
