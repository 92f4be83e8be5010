from __future__ import annotations

import pytest
from differing import ARRAYS, FRAMES, FUNCTIONS, PAIRS, PARAMETERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curifactory.hashing import digest
from curifactory.params import params_hash


@pytest.mark.parametrize("name", PAIRS)
def test_different_values_have_different_digests(name: str) -> None:
    left, right = PAIRS[name]
    assert digest(left) != digest(right)


@pytest.mark.parametrize("name", PARAMETERS)
def test_different_parameters_have_different_hashes(name: str) -> None:
    left, right = PARAMETERS[name]
    assert params_hash(left) != params_hash(right)


@pytest.mark.parametrize("name", {**ARRAYS, **FUNCTIONS, **FRAMES})
def test_what_differs_differs_inside_containers(name: str) -> None:
    left, right = PAIRS[name]
    assert digest({"x": [left]}) != digest({"x": [right]})


def test_no_value_of_the_table_meets_another_one() -> None:
    found: dict[str, str] = {}
    for name, (left, right) in PAIRS.items():
        for side in (left, right):
            found.setdefault(digest(side), name)
    # each pair brings at least one value that no pair before it had
    assert len(found) >= len(PAIRS)


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


def _exact(value: object) -> object:
    """Give a form whose equality is what we mean by equal: types and bits count."""
    if isinstance(value, float):
        return ("float", value.hex(), str(value)) if value == value else ("nan",)
    if isinstance(value, dict):
        return ("dict", frozenset((k, _exact(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(_exact, value))
    return (type(value).__name__, value)


@settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(_values, _values)
def test_digests_are_equal_exactly_when_values_are(left: object, right: object) -> None:
    if _exact(left) != _exact(right):
        assert digest(left) != digest(right)
    elif "nan" not in repr(left):
        assert digest(left) == digest(right)
