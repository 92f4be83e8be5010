from __future__ import annotations

import copy
import json
import pickle
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "hashing"))
import samples as s

from curifactory.errors import DefinitionError, InvalidNameError, UnhashableValueError
from curifactory.params import (
    ComputedHash,
    ExperimentParameters,
    describe,
    ensure_hash,
    field_digests,
    parameters_now,
    params_hash,
    plain_copy,
    set_hash_functions,
)


@dataclass
class Empty(ExperimentParameters):
    pass


@dataclass
class Small(ExperimentParameters):
    size: object = 1


@dataclass
class Plain:
    name: str = "x"
    depth: int | None = 3


def test_a_parameter_set_has_the_documented_fields_in_order() -> None:
    params = ExperimentParameters("one", "abc", True, {"name": None})
    assert (params.name, params.hash, params.overwrite) == ("one", "abc", True)
    assert params.hash_representations == {"name": None}
    default = ExperimentParameters()
    assert (default.name, default.hash, default.overwrite) == ("UNNAMED", None, False)
    assert default.hash_representations == {}


def test_a_hash_given_by_hand_is_used_as_it_is() -> None:
    assert s.Params(hash="mine").params_hash() == "mine"
    params = s.Params(a=1)
    ensure_hash(params)
    params.hash = "later"
    assert ensure_hash(params) == params.params_hash() == params.hash == "later"
    assert type(params.hash) is str


@pytest.mark.parametrize("given", ["", "a/b", "..", "a\0b", "a\nb", "a\\b", "x" * 101, 7])
def test_a_hash_that_cannot_be_part_of_a_file_name_is_refused(given: str) -> None:
    with pytest.raises(InvalidNameError, match="class 'Params'"):
        ensure_hash(s.Params(hash=given))


def test_a_computed_hash_follows_the_values() -> None:
    params = s.Params(a=1)
    first = ensure_hash(params)
    assert type(params.hash) is ComputedHash
    copies = [copy.deepcopy(params), copy.copy(params), pickle.loads(pickle.dumps(params))]
    for one in [*copies, replace(params, a=1)]:
        assert type(one.hash) is ComputedHash
        assert ensure_hash(one) == first
        one.a = 2
        assert ensure_hash(one) == params_hash(s.Params(a=2)) != first


def test_making_the_hash_does_not_set_it() -> None:
    params = s.Params(a=1)
    params.params_hash()
    assert params.hash is None


def test_dry_says_what_is_hashed_and_how() -> None:
    params = s.Represented(a=1, model="abc", workers=4)
    assert params.params_hash(dry=True) == {
        "a": ("value", 1),
        "model": ("given by its function in hash_representations", (1, 3)),
        "workers": ("SKIPPED: set to None in hash_representations", None),
    }
    nested = s.Params(left=s.Left(2)).params_hash(dry=True)
    assert nested["a"] == ("SKIPPED: value is None", None)
    assert nested["left"] == {"x": ("value", 2), "y": ("SKIPPED: value is None", None)}


def test_hash_functions_may_take_only_the_value() -> None:
    @dataclass
    class P(ExperimentParameters):
        a: str = "abc"
        b: str = "abc"
        c: float = 1.23
        hash_representations: dict = set_hash_functions(
            {"a": len, "b": str.upper}, c=lambda value, digits=1: round(value, digits)
        )

    dry = P().params_hash(dry=True)
    assert [dry[name][1] for name in "abc"] == [3, "ABC", 1.2]
    assert P().hash_representations is not P().hash_representations


def test_a_function_that_gives_none_still_counts() -> None:
    @dataclass
    class P(ExperimentParameters):
        a: int | None = None
        hash_representations: dict = set_hash_functions(a=lambda value: None)

    assert P(a=1).params_hash() != P().params_hash()


def test_a_representation_of_an_unknown_field_is_an_error_with_a_suggestion() -> None:
    params = s.Params(hash_representations={"lefft": None})
    with pytest.raises(DefinitionError, match="did you mean 'left'"):
        params.params_hash()
    with pytest.raises(DefinitionError, match="needs a function or None"):
        s.Params(a=1, hash_representations={"a": 3}).params_hash()  # type: ignore[dict-item]


def test_an_error_in_a_hash_function_keeps_its_type_and_says_where() -> None:
    params = s.Params(a=1, hash_representations={"a": lambda self, value: value.nothing})
    with pytest.raises(AttributeError) as caught:
        params.params_hash()
    assert caught.value.__notes__ == ["in hash_representations['a'] of parameter class 'Params'"]


def test_what_cannot_be_hashed_names_class_field_and_both_ways_out() -> None:
    for ask in (params_hash, ensure_hash, field_digests):
        with pytest.raises(UnhashableValueError) as caught:
            ask(s.Params(left=s.Left(y=[1, threading.Lock()])))
        message = str(caught.value)
        assert caught.value.place == ".left.y[1]"
        for part in ("'left.y[1]'", "'Params'", "lock", "hash_representations", "register_encoder"):
            assert part in message


def test_a_field_that_cannot_be_hashed_may_be_left_out() -> None:
    params = s.Params(a=1, b=threading.Lock(), hash_representations={"b": None})
    assert params.params_hash() == s.Params(a=1).params_hash()


def test_field_digests_are_there_when_the_hash_was_given_by_hand() -> None:
    given, computed = s.Params(a=1, left=s.Left(2), hash="h"), s.Params(a=1, left=s.Left(2))
    assert field_digests(given) == field_digests(computed)
    assert set(field_digests(given)) == {"a", "left"}
    assert field_digests(given)["a"] != field_digests(s.Params(a=2))["a"]


def test_a_plain_dataclass_is_a_parameter_set_too() -> None:
    assert params_hash(Plain("x")) != params_hash(Plain("y"))
    assert ensure_hash(Plain()) == params_hash(Plain())
    assert set(field_digests(Plain(depth=None))) == {"name"}
    assert describe(Plain()) == {"name": "x", "depth": 3}


def test_a_description_holds_every_parameter_as_json() -> None:
    params = s.Params("n", a=[1, 2.5], b=threading.Lock(), left=s.Left(2))
    described = describe(params)
    assert described["a"] == [1, 2.5]
    assert described["b"] == "lock (cannot be hashed)"
    assert described["ab"] is None
    assert "name" not in described
    json.dumps(described)


def test_a_new_optional_field_keeps_the_hash() -> None:
    @dataclass
    class Again(ExperimentParameters):
        a: int = 1

    first = Again().params_hash()

    @dataclass
    class Again(ExperimentParameters):  # type: ignore[no-redef]
        a: int = 1
        new: str | None = None

    assert Again().params_hash() == first


def test_a_hash_goes_along_with_copies_and_is_computed_anew_for_what_changed():
    params = Small("a", size=3)
    ensure_hash(params)
    same, other = copy.deepcopy(params), replace(params, size=4)
    assert same.hash is params.hash
    assert parameters_now(same) is parameters_now(params)
    assert ensure_hash(other) == Small("b", size=4).params_hash() != params.hash


@pytest.mark.parametrize("value", [1, True, 1.0, (1,), (1.0,), "1", b"1", -1])
def test_digests_follow_a_field_to_an_equal_value_of_another_type(value):
    params = Small("a", size=1)
    known = parameters_now(params)
    params.size = value
    assert parameters_now(params, known).digests == parameters_now(Small(size=value)).digests


def test_what_can_change_and_stay_the_same_object_is_hashed_anew():
    params = Small("a", size=[1])
    known = parameters_now(params)
    params.size.append(2)
    assert parameters_now(params, known).digests == parameters_now(Small(size=[1, 2])).digests


def test_a_representation_that_is_added_later_counts():
    params = Small("a", size=1)
    ensure_hash(params)
    params.hash_representations["size"] = None
    assert parameters_now(params).digests == {}
    assert params.params_hash() == Empty().params_hash()


def test_a_plain_copy_shares_nothing_that_could_change():
    params = Small("a", size=(1, 2))
    copied = plain_copy(params)
    copied.hash_representations["size"], copied.size = None, 5
    assert (params.size, params.hash_representations) == ((1, 2), {})


def test_what_takes_more_than_a_plain_copy_has_none():
    class Own(Small):
        def __deepcopy__(self, memo):
            raise AssertionError

    extra = Small("a")
    extra.more = 1
    assert [plain_copy(one) for one in (Small(size=[1]), extra, Own())] == [None, None, None]
