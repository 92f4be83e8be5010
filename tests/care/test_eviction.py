"""Which artifacts a garbage collection removes."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from curifactory.care.eviction import StoredStep, choose

always_alike = settings(derandomize=True, deadline=None, database=None)
seconds = st.one_of(st.none(), st.floats(0, 1e6))
stored = st.lists(
    st.builds(
        StoredStep,
        generation=st.text("abcdefgh", min_size=1, max_size=6),
        size=st.integers(0, 10_000),
        seconds=seconds,
        made=st.floats(0, 100),
        artifacts=st.just(()),
    ),
    max_size=30,
    unique_by=lambda step: step.generation,
)


@st.composite
def questions(draw):
    """A cache, what of it is needed, and limits."""
    steps = draw(stored)
    generations = [step.generation for step in steps]
    needed = draw(st.sets(st.sampled_from(generations)) if generations else st.just(set()))
    before = draw(st.one_of(st.just(math.inf), st.floats(0, 100)))
    max_size = draw(st.one_of(st.none(), st.integers(0, 100_000)))
    return steps, needed, before, max_size


def cost(step):
    """Seconds to make it again per byte that its removal frees."""
    return math.inf if step.seconds is None or not step.size else step.seconds / step.size


@always_alike
@given(questions())
def test_what_is_needed_or_too_young_never_goes(question):
    steps, needed, before, _ = question
    for step in choose(*question):
        assert step in steps
        assert step.generation not in needed
        assert step.made < before


@always_alike
@given(questions())
def test_the_size_is_met_if_that_is_possible(question):
    steps, needed, before, max_size = question
    left = sum(step.size for step in steps) - sum(step.size for step in choose(*question))
    must_stay = [step for step in steps if step.generation in needed or step.made >= before]
    if max_size is None:
        assert len(choose(*question)) == len(steps) - len(must_stay)
    elif left > max_size:
        assert left == sum(step.size for step in must_stay)


@always_alike
@given(questions())
def test_nothing_goes_once_the_size_is_met(question):
    steps, _, _, max_size = question
    chosen = choose(*question)
    if max_size is not None and chosen:
        before_the_last = sum(step.size for step in steps) - sum(s.size for s in chosen[:-1])
        assert before_the_last > max_size


@always_alike
@given(questions())
def test_what_goes_is_cheaper_to_make_again_than_what_stays_or_as_cheap_and_older(question):
    steps, needed, before, _ = question
    chosen = choose(*question)
    may_go = [s for s in steps if s.generation not in needed and s.made < before and s.size > 0]
    stays = [step for step in may_go if step not in chosen]
    if chosen and stays:
        last = max((cost(step), step.made) for step in chosen)
        assert last <= min((cost(step), step.made) for step in stays)
    assert [cost(s) for s in chosen] == sorted(cost(s) for s in chosen)


def step(name, size=1, seconds=1.0, made=0.0):
    return StoredStep(name, size, seconds, made)


def names(steps):
    return "".join(step.generation for step in steps)


def test_seconds_per_byte_decide_then_age():
    cheap, dear = step("c", size=1000, seconds=1), step("d", size=10, seconds=1)
    old, young = step("o", size=100, made=1), step("y", size=100, made=2)
    assert names(choose([dear, young, old, cheap], ())) == "coyd"


def test_what_took_an_unknown_time_counts_as_dear():
    assert names(choose([step("u", seconds=None), step("k", seconds=1e9)], ())) == "ku"


def test_what_frees_nothing_stays_when_only_size_matters():
    empty, full = step("e", size=0), step("f", size=5)
    assert names(choose([empty, full], (), max_size=0)) == "f"
    assert names(choose([empty, full], ())) == "fe"


def test_needed_artifacts_count_towards_the_size():
    kept, other = step("k", size=90), step("o", size=20)
    assert names(choose([kept, other], {"k"}, max_size=100)) == "o"
    assert names(choose([kept, other], {"k"}, max_size=110)) == ""
