from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from curifactory.errors import ParameterFileNotFoundError, ParameterSetError
from curifactory.finding import ProjectModule, collect_parameter_sets


@dataclass
class P:
    name: str = "UNNAMED"


def sets(names: str) -> list[P]:
    return [P(name) for name in names]


def file(name: str, get_params: Any, package: str = "params") -> ProjectModule:
    module = ModuleType(f"{package}.{name}")
    module.get_params = get_params
    return ProjectModule(name, f"{package}/{name}.py", module)


def two_files() -> list[ProjectModule]:
    return [file("one", lambda: sets("abc")), file("two", lambda: sets("de"))]


def chosen(**choice: Any) -> str:
    return "".join(params.name for params in collect_parameter_sets(two_files(), **choice).sets)


def test_without_a_choice_all_sets_are_taken_in_order():
    selection = collect_parameter_sets(two_files())

    assert [params.name for params in selection.sets] == list("abcde")
    assert {name: len(sets) for name, sets in selection.files.items()} == {"one": 3, "two": 2}
    assert selection.files["two"][0] is selection.sets[3]
    assert selection.warnings == []


def test_nothing_in_nothing_out():
    assert collect_parameter_sets([]).sets == []


@pytest.mark.parametrize(
    "given", [sets("ab"), tuple(sets("ab")), (P(name) for name in "ab"), dict.fromkeys("ab", P())]
)
def test_any_iterable_of_sets_will_do(given):
    given = given.values() if isinstance(given, dict) else given
    assert len(collect_parameter_sets([file("one", lambda: given)]).sets) == 2


def test_a_single_set_needs_no_list():
    assert collect_parameter_sets([file("one", P)]).sets == [P()]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "gave None"),
        ("abc", "gave a value of type str"),
        ({"a": P()}, "gave a value of type dict"),
        (P, "gave the class P"),
        (3, "gave a value of type int"),
        ([P(), None], "gave None .* at position 1"),
        ([P(), P(), {"name": "x"}], "gave a value of type dict at position 2"),
        ([P], "gave the class P .* at position 0"),
        ([[P()]], "gave a value of type list at position 0"),
    ],
)
def test_anything_else_is_an_error_with_file_and_position(given, message):
    with pytest.raises(ParameterSetError, match=f"params/one.py {message}"):
        collect_parameter_sets([file("one", lambda: given)])


def test_a_file_without_get_params_is_an_error():
    with pytest.raises(ParameterSetError, match="no function `get_params"):
        collect_parameter_sets([file("one", None)])


def test_what_get_params_raises_is_passed_on_with_a_note():
    def get_params():
        yield P()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        collect_parameter_sets([file("one", get_params)])

    assert caught.value.__notes__ == ["in get_params() of params/one.py"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"names": ["d", "a"]}, "ad"),
        ({"names": "a"}, "a"),
        ({"names": []}, "abcde"),
        ({"indices": ["0-2"]}, "abde"),
        ({"indices": "0-2"}, "abde"),
        ({"indices": [2]}, "c"),
        ({"indices": 0}, "ad"),
        ({"indices": ["0,2"]}, "acd"),
        ({"indices": ["1-100"]}, "bce"),
        ({"global_indices": ["2-4"]}, "cd"),
        ({"global_indices": ["0", "4"]}, "ae"),
        ({"indices": ["0"], "global_indices": ["1-5"]}, "d"),
        ({"names": ["a", "d"], "global_indices": "3"}, "d"),
    ],
)
def test_each_choice_narrows(choice, expected):
    assert chosen(**choice) == expected


def test_a_file_of_which_nothing_was_chosen_stays_known():
    selection = collect_parameter_sets(two_files(), names=["a"])

    assert selection.files == {"one": [P("a")], "two": []}


def test_a_name_in_two_files_chooses_both():
    files = [file("one", lambda: sets("ab")), file("two", lambda: sets("a"))]

    assert len(collect_parameter_sets(files, names=["a"]).sets) == 2


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"names": ["aa"]}, "named 'aa'. Did you mean 'a'"),
        ({"names": ["a", "zzz"]}, "named 'zzz'"),
        ({"indices": ["3"]}, "index 3: the longest file has 3"),
        ({"indices": ["0", "7-9"]}, "index 7"),
        ({"global_indices": ["5-6"]}, "index 5: all files together have 5"),
        ({"names": ["a"], "global_indices": ["4"]}, "fits the given names and indices"),
    ],
)
def test_a_choice_that_is_not_there_is_an_error(choice, message):
    with pytest.raises(ParameterFileNotFoundError, match=message):
        chosen(**choice)


def test_a_file_that_is_given_twice_counts_once():
    one = file("one", lambda: sets("ab"))
    again = ProjectModule("one", one.path, one.module)

    selection = collect_parameter_sets([one, again])

    assert len(selection.sets) == 2
    assert selection.warnings == ["params/one.py was given more than once and counts once."]


def test_two_files_of_one_name_are_kept_apart():
    files = [file("one", lambda: sets("a")), file("one", lambda: sets("b"), "experiments")]

    assert collect_parameter_sets(files).files == {"one": [P("a")], "experiments.one": [P("b")]}


def test_sets_of_one_name_are_a_warning():
    selection = collect_parameter_sets([file("one", lambda: sets("abab"))])

    assert len(selection.sets) == 4
    [warning] = selection.warnings
    assert "'a' (2), 'b' (2)" in warning


def test_many_shared_names_are_still_one_short_warning():
    selection = collect_parameter_sets([file("one", lambda: sets("abcdefghij" * 2))])

    [warning] = selection.warnings
    assert "and others" in warning


def test_only_what_was_chosen_is_compared_by_name():
    selection = collect_parameter_sets([file("one", lambda: sets("aab"))], names=["b"])

    assert selection.warnings == []


def test_a_file_without_sets_is_a_warning():
    selection = collect_parameter_sets([file("one", list)])

    assert selection.sets == []
    assert selection.warnings == ["get_params() of params/one.py gave no parameter sets."]
