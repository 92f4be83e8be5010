"""Which names may become part of a path."""

from __future__ import annotations

import pytest

from curifactory.errors import InvalidNameError
from curifactory.store.names import check_file_name, check_name, check_subdir


@pytest.mark.parametrize("name", ["model", "Größe", "a b", ".hidden", "a..b", "{x}", "-rf", "a:b"])
def test_a_name_is_returned_as_it_is(name):
    assert check_name("output", name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a\\b", "a\0b", "a\nb", "/etc", 3])
def test_what_leads_elsewhere_is_no_name(name):
    with pytest.raises(InvalidNameError, match="output name"):
        check_name("output", name)


@pytest.mark.parametrize("subdir", ["a", "a/b", "a/b/"])
def test_a_subdir_may_have_several_parts(subdir):
    assert check_subdir(subdir) == subdir


@pytest.mark.parametrize("subdir", ["/a", "..", "a/../b", "a//b", "./a", "/", ""])
def test_a_subdir_stays_below_its_parent(subdir):
    with pytest.raises(InvalidNameError):
        check_subdir(subdir)


def test_a_file_name_leaves_room_for_the_metadata_suffix():
    assert check_file_name("x" * 241) == "x" * 241
    with pytest.raises(InvalidNameError, match="255"):
        check_file_name("x" * 242)


def test_the_length_of_a_file_name_counts_in_bytes():
    with pytest.raises(InvalidNameError, match="Shorten"):
        check_file_name("ü" * 121)
