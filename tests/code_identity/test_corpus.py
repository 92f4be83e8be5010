"""Edits that must change the identity of a stage's code, edits that must not, and blind spots."""

from __future__ import annotations

import pytest
from projects import Case, cases, identity_of

CHANGES = cases("must_change.txt")
EQUAL = cases("must_not_change.txt")
BLIND = [pytest.param(one, marks=pytest.mark.xfail(reason=one.reason, strict=True, raises=AssertionError))
         for one in cases("blind_spots.txt")]  # fmt: skip


def title(case: Case) -> str:
    return case.title


def both(case: Case, tmp_path) -> tuple[object, object]:
    before = identity_of(tmp_path / "before", case.files)
    return before, identity_of(tmp_path / "after", case.edited())


@pytest.mark.parametrize("case", CHANGES, ids=title)
def test_an_edit_that_counts_changes_the_identity(case, tmp_path):
    before, after = both(case, tmp_path)
    assert before != after


@pytest.mark.parametrize("case", EQUAL, ids=title)
def test_an_edit_that_does_not_count_leaves_the_identity(case, tmp_path):
    before, after = both(case, tmp_path)
    assert before == after


@pytest.mark.parametrize("case", [*CHANGES, *EQUAL], ids=title)
def test_an_identity_is_the_same_in_every_folder(case, tmp_path):
    here = identity_of(tmp_path / "here", case.files)
    assert identity_of(tmp_path / "there" / "and deeper", case.files) == here


@pytest.mark.parametrize("case", BLIND, ids=lambda case: case.title)
def test_an_edit_that_source_does_not_show_changes_the_identity(case, tmp_path):
    before, after = both(case, tmp_path)
    assert before != after


def test_the_corpus_is_as_large_as_promised():
    assert len(CHANGES) >= 60
    assert len(EQUAL) >= 25
    assert len({one.title for one in [*CHANGES, *EQUAL]}) == len(CHANGES) + len(EQUAL)
