"""A run's own file: read like every document, and never held as a whole to be written."""

from __future__ import annotations

import tracemalloc

import pytest

from curifactory.runs.long_document import write_document
from curifactory.store.metadata import SCHEMA, BrokenMetadata, parse, render


def rows(count):
    return [{"name": f"row {number} ü \udc80", "seconds": number / 7} for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 256, 257, 1000])
def test_a_list_that_is_made_row_by_row_is_read_as_a_list(tmp_path, count):
    path = str(tmp_path / "x.json")
    document = {"schema": SCHEMA, "run": {"number": 1}, "sets": [["a", "b"]]}
    write_document(path, document | {"made": iter(rows(count)), "used": iter([])}, durable=True)
    read = parse((tmp_path / "x.json").read_bytes())
    assert read == document | {"made": rows(count), "used": []}


def test_a_document_without_such_lists_is_the_usual_one(tmp_path):
    document = {"schema": SCHEMA, "facts": {"python": "3.11", "packages": {}}, "text": "ü"}
    write_document(str(tmp_path / "x.json"), document, durable=False)
    assert (tmp_path / "x.json").read_bytes() == render(document)


def test_a_changed_row_is_found(tmp_path):
    write_document(str(tmp_path / "x.json"), {"schema": SCHEMA, "made": iter(rows(9))}, False)
    data = (tmp_path / "x.json").read_bytes()
    with pytest.raises(BrokenMetadata):
        parse(data.replace(b"row 5", b"row 4"))


def test_what_is_held_does_not_grow_with_the_rows(tmp_path):
    many = ({"name": "x" * 500, "number": number} for number in range(10_000))
    tracemalloc.start()
    try:
        write_document(str(tmp_path / "x.json"), {"schema": SCHEMA, "made": many}, durable=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "x.json").stat().st_size > 5_000_000
    assert peak < 1_500_000
