"""Parameter sets as entities of an RO-Crate: one formal parameter a field, one value a set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from curifactory.stores.crate_files import reference, references
from curifactory.stores.stored_run import StoredRun

FORMAL_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
# what schema.org calls the types of JSON
_TYPES = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}


def parameter_values(run: StoredRun) -> Iterator[dict[str, Any]]:
    """A ``PropertyValue`` for each field of each parameter set."""
    for row in run.parameter_sets:
        for field, value in row["parameters"].items():
            yield {
                "@id": _value_id(row, field),
                "@type": "PropertyValue",
                "name": f"{field} of {row['name']}",
                "propertyID": field,
                "value": value if type(value) in _TYPES else json.dumps(value),
                "exampleOfWork": reference(_input_id(row, field)),
            }


def input_parameters(run: StoredRun) -> Iterator[dict[str, Any]]:
    """A ``FormalParameter`` for each field of each class of parameter sets."""
    examples: dict[str, list[str]] = {}
    fields: dict[str, tuple[str, str]] = {}
    for row in run.parameter_sets:
        for field, value in row["parameters"].items():
            id_ = _input_id(row, field)
            examples.setdefault(id_, []).append(_value_id(row, field))
            kind = _TYPES.get(type(value), "Text")
            # one kind for all sets; what differs among them is text to everybody
            known = fields.setdefault(id_, (field, kind))
            fields[id_] = (field, kind if known[1] == kind else "Text")
    for id_, (field, kind) in fields.items():
        yield {
            "@id": id_,
            "@type": "FormalParameter",
            "name": field,
            "additionalType": kind,
            "conformsTo": reference(FORMAL_PARAMETER),
            "workExample": references(examples[id_]),
        }


def _input_id(row: dict[str, Any], field: str) -> str:
    return f"#parameter/{row['class']}/{field}"


def _value_id(row: dict[str, Any], field: str) -> str:
    return f"#value/{row['hash']}/{field}"
