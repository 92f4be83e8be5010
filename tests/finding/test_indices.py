from __future__ import annotations

import pytest

from curifactory.errors import ConfigurationError, ParameterFileNotFoundError
from curifactory.finding.indices import check_indices, is_chosen, parse_indices


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, []),
        ([], []),
        (0, [range(0, 1)]),
        ("0-2", [range(0, 2)]),
        (["0-2", 5], [range(0, 2), range(5, 6)]),
        (["0 - 2 , 7"], [range(0, 2), range(7, 8)]),
        ("0-1000000000000", [range(1000000000000)]),
    ],
)
def test_positions_are_read(given, expected):
    assert parse_indices(given) == expected


@pytest.mark.parametrize(
    "wrong", ["", "a", "-1", "1-", "-", "2-2", "3-1", "1,,2", "1.5", "²", "0-1-2"]
)
def test_anything_else_is_an_error_that_shows_how(wrong):
    with pytest.raises(ConfigurationError, match="0-2"):
        parse_indices(wrong)


def test_a_range_excludes_its_upper_bound():
    chosen = parse_indices("1-3")

    assert [position for position in range(5) if is_chosen(position, chosen)] == [1, 2]


def test_no_choice_chooses_everything():
    assert is_chosen(10**9, [])


def test_a_range_may_end_but_not_begin_behind_the_last_position():
    check_indices([range(2, 9)], 3, "there are")
    with pytest.raises(ParameterFileNotFoundError, match="index 3: there are 3"):
        check_indices([range(3, 9)], 3, "there are")
