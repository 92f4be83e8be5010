"""JSON: what comes back exactly, what does not, and how that is said."""

from __future__ import annotations

import collections
import dataclasses
import enum
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curifactory.caching import JsonCacher
from curifactory.caching.json_cacher import json_bytes
from curifactory.caching.plain import is_plain, to_plain
from curifactory.errors import ArtifactSaveError, UnusableArtifactError
from curifactory.testing.same import same


class Size(enum.IntEnum):
    BIG = 2


class Word(enum.StrEnum):
    HI = "hi"


@dataclasses.dataclass
class Point:
    x: int


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
odd_values = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.none() | st.booleans() | st.integers() | st.floats(), inner)
    ),
    max_leaves=20,
)


@given(plain_values)
def test_a_plain_value_comes_back_exactly(value):
    assert is_plain(value)
    assert same(value, json.loads(json_bytes(value)))


@given(odd_values)
def test_what_is_handed_on_is_what_json_gives_back(value):
    plain = to_plain(value)
    assert is_plain(plain.value)
    assert same(plain.value, json.loads(json_bytes(plain.value)))
    assert (plain.difference is None) == same(value, plain.value)


@pytest.mark.parametrize(
    ("value", "plain", "difference"),
    [
        ({"a": [1, 2, (3,)]}, {"a": [1, 2, [3]]}, "at ['a'][2]: tuple becomes list"),
        ((1,), [1], "at the top: tuple becomes list"),
        ({"a": {1: "b"}}, {"a": {"1": "b"}}, "at ['a'][1]: int key becomes '1'"),
        ({True: 0}, {"true": 0}, "at [True]: bool key becomes 'true'"),
        ({None: 0}, {"null": 0}, "at [None]: NoneType key becomes 'null'"),
        ({(1, 2): 0}, {"(1, 2)": 0}, "at [(1, 2)]: tuple key becomes '(1, 2)'"),
        ([{2, 1}], ["{1, 2}"], "at [0]: set becomes str"),
        ([frozenset({1})], ["frozenset({1})"], "at [0]: frozenset becomes str"),
        ([set()], ["set()"], "at [0]: set becomes str"),
        ([b"x"], ["b'x'"], "at [0]: bytes becomes str"),
        ([Size.BIG], [2], "at [0]: test_json_cacher.Size becomes int"),
        ([Word.HI], ["hi"], "at [0]: test_json_cacher.Word becomes str"),
        ({Word.HI: 1}, {"hi": 1}, "at [<Word.HI: 'hi'>]: test_json_cacher.Word key becomes 'hi'"),
        ([Point(1)], ["Point(x=1)"], "at [0]: test_json_cacher.Point becomes str"),
        ([1j], ["1j"], "at [0]: complex becomes str"),
        (np.arange(3), "[0 1 2]", "at the top: numpy.ndarray becomes str"),
        ({np.int64(1): 0}, {"1": 0}, f"at [{np.int64(1)!r}]: numpy.int64 key becomes '1'"),
        ([np.longdouble(1)], ["1.0"], "at [0]: numpy.longdouble becomes str"),
        (
            collections.OrderedDict(a=1),
            {"a": 1},
            "at the top: collections.OrderedDict becomes dict",
        ),
        ([(1,), (2,), (3,)], [[1], [2], [3]], "at [0]: tuple becomes list (and 2 more places)"),
        ([(1,), b""], [[1], "b''"], "at [0]: tuple becomes list (and 1 more place)"),
    ],
)
def test_what_changes_is_said_with_its_place(value, plain, difference):
    made = to_plain(value)
    assert same(made.value, plain)
    assert made.difference == difference


def test_two_keys_that_become_one_are_said():
    made = to_plain({"1": "text", 1: "number"})
    assert made.value == {"1": "number"}
    assert made.difference == "at [1]: another key is the text '1' too; only the last entry stays"


@pytest.mark.parametrize("number", [np.float64(0.1), np.float32(0.1), np.int8(-3), np.bool_(True)])
def test_a_numpy_scalar_becomes_an_equal_number_without_a_word(number):
    made = to_plain([number])
    assert type(made.value[0]) in (bool, int, float)
    assert made.value[0] == number
    assert made.difference is None


def test_a_timestamp_is_written_as_its_text(tmp_path):
    cacher = JsonCacher(tmp_path / "x.json")
    cacher.save({"when": pd.Timestamp("2020-01-02 03:04")})
    assert cacher.load() == {"when": "2020-01-02 03:04:00"}


def test_a_set_of_texts_is_written_alike_under_every_hash_seed():
    code = "from curifactory.caching.plain import to_plain; print(to_plain({*'abcdef'}).value)"
    written = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(written) == 1


def test_the_file_is_utf8_that_a_person_can_read(tmp_path):
    JsonCacher(tmp_path / "x.json").save({"Größe": [1]})
    assert (tmp_path / "x.json").read_text("utf-8") == '{\n  "Größe": [\n    1\n  ]\n}\n'


def test_a_large_file_is_written_without_indentation(tmp_path):
    JsonCacher(tmp_path / "x.json").save(list(range(300_000)))
    assert (tmp_path / "x.json").read_bytes().count(b"\n") == 1


def test_the_value_that_was_saved_is_not_changed(tmp_path):
    value = {"a": (1, 2), 3: {"b": {4}}}
    JsonCacher(tmp_path / "x.json").save(value)
    assert value == {"a": (1, 2), 3: {"b": {4}}}


def test_a_value_that_holds_itself_is_refused_by_name(tmp_path):
    value = []
    value.append(value)
    with pytest.raises(ArtifactSaveError, match=r"JsonCacher cannot store the list of .*x\.json"):
        JsonCacher(tmp_path / "x.json").save(value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b'{"a": ', b"\x80\x03", b"[" * 100_000])
def test_damaged_bytes_are_an_error_that_names_the_file(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(UnusableArtifactError, match=r"x\.json") as caught:
        JsonCacher(path).load()
    assert caught.value.__cause__ is not None
