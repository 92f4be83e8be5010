"""Which artifacts a garbage collection removes."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from curifactory.care.eviction import choose
from curifactory.care.steps import StoredStep

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
questions = st.tuples(stored, st.integers(0, 20_000), st.none() | st.integers(0, 100_000))
"""What may go, the size of what may not, and how much may stay."""


def cost(step):
    """Seconds to make it again per byte that its removal frees."""
    return math.inf if step.seconds is None or not step.size else step.seconds / step.size


@always_alike
@given(questions)
def test_each_step_goes_or_stays(question):
    steps, _, _ = question
    chosen, staying = choose(*question)
    assert sorted([*chosen, *staying], key=names) == sorted(steps, key=names)


@always_alike
@given(questions)
def test_the_size_is_met_if_that_is_possible(question):
    _, needed_size, max_size = question
    _, staying = choose(*question)
    if max_size is None:
        assert not staying
    elif needed_size + sum(step.size for step in staying) > max_size:
        assert not any(step.size for step in staying)


@always_alike
@given(questions)
def test_nothing_goes_once_the_size_is_met(question):
    steps, needed_size, max_size = question
    chosen, _ = choose(*question)
    if max_size is not None and chosen:
        before_the_last = sum(step.size for step in steps) - sum(s.size for s in chosen[:-1])
        assert needed_size + before_the_last > max_size


@always_alike
@given(questions)
def test_what_goes_is_cheaper_to_make_again_than_what_stays_or_as_cheap_and_older(question):
    chosen, staying = choose(*question)
    stays = [step for step in staying if step.size > 0]
    if chosen and stays:
        last = max((cost(step), step.made) for step in chosen)
        assert last <= min((cost(step), step.made) for step in stays)
    assert [cost(s) for s in chosen] == sorted(cost(s) for s in chosen)


def step(name, size=1, seconds=1.0, made=0.0):
    return StoredStep(name, size, seconds, made)


def names(step):
    return step.generation


def going(*question, **limits):
    chosen, _ = choose(*question, **limits)
    return "".join(map(names, chosen))


def test_seconds_per_byte_decide_then_age():
    cheap, dear = step("c", size=1000, seconds=1), step("d", size=10, seconds=1)
    old, young = step("o", size=100, made=1), step("y", size=100, made=2)
    assert going([dear, young, old, cheap]) == "coyd"


def test_what_took_an_unknown_time_counts_as_dear():
    assert going([step("u", seconds=None), step("k", seconds=1e9)]) == "ku"


def test_what_frees_nothing_stays_when_only_size_matters():
    empty, full = step("e", size=0), step("f", size=5)
    assert going([empty, full], max_size=0) == "f"
    assert going([empty, full]) == "fe"


def test_needed_artifacts_count_towards_the_size():
    other = step("o", size=20)
    assert going([other], 90, max_size=100) == "o"
    assert going([other], 90, max_size=110) == ""
