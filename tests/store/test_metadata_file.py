"""Metadata documents: readable, and whole or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curifactory.store.metadata import SCHEMA, BrokenMetadata, parse, render

DOCUMENT = {"schema": SCHEMA, "stage": "train", "extra": {"best": 13}, "files": [["x", 1]]}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text().filter(lambda key: key not in ("schema", "digest")), json_values))
def test_a_document_comes_back(document):
    document = {"schema": SCHEMA, **document}
    assert parse(render(document)) == document


def test_it_is_json_with_one_entry_a_line():
    data = render(DOCUMENT)
    assert json.loads(data)["stage"] == "train"
    assert b'\n  "stage": "train",\n' in data
    assert b'\n    "best": 13\n' in data


@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_is_noticed(bit):
    data = render(DOCUMENT)
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << bit
        with pytest.raises(BrokenMetadata):
            parse(bytes(damaged))


def test_every_cut_is_noticed():
    data = render(DOCUMENT)
    for length in range(len(data) - 2):
        with pytest.raises(BrokenMetadata):
            parse(data[:length])


@pytest.mark.parametrize("data", [b"", b"[]", b"3", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_document_is_broken(data):
    with pytest.raises(BrokenMetadata):
        parse(data)


def test_a_document_of_another_schema_is_broken():
    with pytest.raises(BrokenMetadata, match="schema 99"):
        parse(render({**DOCUMENT, "schema": 99}))


def test_a_document_without_schema_is_of_an_older_layout():
    assert parse(b'{"stage": "train"}') == {"stage": "train"}


def test_a_digest_in_the_document_itself_is_not_taken_for_the_seal():
    data = json.dumps({"schema": SCHEMA, "digest": "xxh3:00"}).encode()
    with pytest.raises(BrokenMetadata, match="changed"):
        parse(data)


def test_what_json_does_not_know_is_written_as_text():
    circle: list = []
    circle.append(circle)
    document = parse(render({"schema": SCHEMA, "a": {1}, "b": {(1, 2): 3}, "c": circle}))
    assert document["a"] == "{1}"
    assert document["b"] == {"(1, 2)": 3}
    assert document["c"] == "[[...]]"
