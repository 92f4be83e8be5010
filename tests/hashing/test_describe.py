from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import samples as s

from curifactory.hashing.describe import describe_value


@pytest.mark.parametrize(
    ("value", "described"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        ("text", "text"),
        (float("inf"), "inf"),
        ((1, "a", [2]), [1, "a", [2]]),
        ({"a": {1: 2}}, {"a": {"1": 2}}),
        ({3, 1, 2}, [1, 2, 3]),
        (Path("a/b"), "a/b"),
        (s.Level.LOW, "Level.LOW"),
        (s.Left(2), {"class": "Left", "x": 2, "y": None}),
    ],
)
def test_small_values_are_written_as_they_are(value: object, described: object) -> None:
    assert describe_value(value) == described


def test_large_values_are_named_with_the_beginning_of_their_digest() -> None:
    described = describe_value(np.zeros((1000, 3)))
    assert isinstance(described, str)
    assert described.startswith("ndarray float64 (1000, 3) ")
    assert described != describe_value(np.ones((1000, 3)))
    assert str(describe_value(pd.DataFrame({"a": [1]}))).startswith("DataFrame (1, 1) ")
    assert str(describe_value(list(range(1000)))).startswith("list (1000 items) ")
    assert str(describe_value("x" * 2000)).startswith("str (2000 items) ")


def test_functions_and_classes_are_named() -> None:
    assert str(describe_value(s.adder)).startswith("samples.adder ")
    assert str(describe_value(s.Thing)).startswith("samples.Thing ")


def test_what_cannot_be_hashed_is_described_all_the_same() -> None:
    assert describe_value(threading.Lock()) == "lock (cannot be hashed)"


def test_a_description_is_json_and_short() -> None:
    loop: list[object] = []
    loop.append(loop)
    values = [
        loop,
        {"k": ["x" * 300] * 50},
        {i: [i] * 100 for i in range(400)},
        s.Node(1, s.Node()),
    ]
    for value in values:
        assert len(json.dumps(describe_value(value))) <= 1000
