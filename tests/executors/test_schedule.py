"""The pure core: what is sent next, and what never."""

from __future__ import annotations

from curifactory.running.elsewhere.schedule import Schedule
from curifactory.running.elsewhere.work import Work


def drained(schedule, slots=1):
    """Every order until nothing more can be sent, each carried out at once."""
    orders = []
    while order := schedule.next_order(slots):
        orders.append(order)
        for position in order:
            schedule.done(position)
    return orders


def works(*reads, **common):
    return [Work(n, frozenset(read), **common) for n, read in enumerate(reads)]


def test_nothing_is_sent_before_all_that_it_reads_is_there():
    schedule = Schedule(works((), (0,), (0,), (1, 2)))
    assert schedule.next_order(2) == (0,)
    assert schedule.next_order(2) == ()
    schedule.done(0)
    assert {schedule.next_order(2), schedule.next_order(2)} == {(1,), (2,)}
    schedule.done(1)
    assert schedule.next_order(2) == ()
    schedule.done(2)
    assert schedule.next_order(2) == (3,)
    schedule.done(3)
    assert schedule.is_idle


def test_the_longest_way_to_the_end_goes_first():
    assert drained(Schedule(works((), (), (1,), (2,)))) == [(1,), (2,), (0,), (3,)]
    known = [Work(0, seconds=1.0), Work(1, seconds=9.0), Work(2, seconds=5.0)]
    assert drained(Schedule(known)) == [(1,), (2,), (0,)]


def test_what_needs_a_value_that_nobody_keeps_goes_with_the_step_that_makes_it():
    chain = [
        Work(0, hands_on=frozenset({1})),
        Work(1, frozenset({0}), hands_on=frozenset({2})),
        Work(2, frozenset({1})),
    ]
    assert drained(Schedule(chain)) == [(0, 1, 2)]
    # records that need it may as well go on at the same time
    fork = [
        Work(0, hands_on=frozenset({1, 2}), line="a"),
        Work(1, frozenset({0}), line="b"),
        Work(2, frozenset({0}), line="c"),
    ]
    assert drained(Schedule(fork)) == [(0,), (1,), (2,)]
    # the steps of one record come one after the other in any case
    diamond = [
        Work(0, hands_on=frozenset({1, 2}), line="a"),
        Work(1, frozenset({0}), hands_on=frozenset({2}), line="a"),
        Work(2, frozenset({0, 1}), line="a"),
    ]
    assert drained(Schedule(diamond)) == [(0, 1, 2)]


def test_short_steps_go_together_and_long_ones_do_not():
    short = [Work(n, stage="s", seconds=0.001) for n in range(40)]
    first = Schedule(short).next_order(2)
    assert 1 < len(first) <= 1 + 40 // 8
    long = [Work(n, stage="s", seconds=1.0) for n in range(40)]
    assert len(Schedule(long).next_order(2)) == 1
    # what is not known is learned
    unknown = Schedule([Work(n, stage="s") for n in range(40)])
    assert unknown.next_order(2) == (0,)
    unknown.done(0, 0.001)
    assert len(unknown.next_order(2)) > 1


def test_no_more_run_at_a_time_than_there_is_room_for():
    schedule = Schedule(
        [Work(n, resources={"gpu": 1}) for n in range(3)] + [Work(3)], limits={"gpu": 2}
    )
    sent = [schedule.next_order(4) for _ in range(4)]
    assert sent == [(0,), (1,), (3,), ()]
    schedule.done(0)
    assert schedule.next_order(4) == (2,)


def test_what_depends_on_a_failure_is_never_sent_and_the_rest_is():
    schedule = Schedule(works((), (0,), (1,), (), (3,)))
    assert schedule.next_order(1) == (0,)
    schedule.failed(0)
    assert drained(schedule) == [(3,), (4,)]
    assert schedule.is_idle
    assert not schedule.is_ready(1)


def test_what_stays_is_waited_for_and_not_sent():
    schedule = Schedule([Work(0, stays=True), Work(1, frozenset({0})), Work(2)])
    assert drained(schedule) == [(2,)]
    schedule.done(0, 1.0)
    assert drained(schedule) == [(1,)]


def test_what_a_dead_worker_had_is_sent_again_on_its_own():
    schedule = Schedule([Work(n, stage="s", seconds=0.001) for n in range(16)])
    order = schedule.next_order(1)
    assert len(order) > 1
    for position in order:
        schedule.back(position, alone=True)
    assert schedule.next_order(1) == (order[0],)


def test_the_time_that_is_left_comes_from_what_is_known():
    schedule = Schedule([Work(n, stage="s") for n in range(4)])
    assert schedule.seconds_left(2) is None
    schedule.next_order(2)
    schedule.done(0, 4.0)
    assert schedule.seconds_left(2) == 6.0


def test_an_order_of_short_steps_takes_several_of_them_at_once():
    short = [Work(n, stage="s", seconds=0.001) for n in range(400)]
    orders = drained(Schedule(short), slots=2)
    assert sorted(p for order in orders for p in order) == list(range(400))
    assert len(orders[0]) == 1 + 399 // 8
    # fewer and fewer at a time, so that all workers are busy to the end
    assert [len(one) for one in orders] == sorted((len(one) for one in orders), reverse=True)


def test_what_there_is_no_room_for_delays_nothing_else():
    needy = [Work(n, resources={"gpu": 1}, seconds=9.0) for n in range(3)]
    schedule = Schedule([*needy, Work(3, seconds=1.0), Work(4, seconds=1.0)], limits={"gpu": 1})
    assert [schedule.next_order(2) for _ in range(4)] == [(0,), (3,), (4,), ()]
    schedule.done(0)
    assert schedule.next_order(2) == (1,)


def test_the_time_left_counts_what_is_not_over_and_not_blocked():
    schedule = Schedule([Work(0, stage="a"), Work(1, {0}, stage="a"), Work(2, {1}, stage="b")])
    assert schedule.seconds_left(1) is None
    schedule.done(0, 2.0)
    assert schedule.seconds_left(1) == 4.0  # two that take as long as the one that is known
    assert schedule.seconds_left(2) == 2.0
    schedule.failed(1)
    assert schedule.seconds_left(1) == 0.0


def test_many_short_steps_are_sent_ahead_and_no_others():
    short = [Work(n, seconds=0.001) for n in range(1000)]
    assert Schedule(short).goes_ahead(2)
    # the last ones are kept for whoever has nothing to do
    assert not Schedule(short[:8]).goes_ahead(2)
    assert not Schedule([Work(n, seconds=1.0) for n in range(1000)]).goes_ahead(2)
    assert not Schedule([Work(n) for n in range(1000)]).goes_ahead(2)
    # the worker of one of them died: nobody is to wait behind it
    after_a_death = Schedule(short)
    first = after_a_death.next_order(2)
    for position in first:
        after_a_death.back(position, alone=True)
    assert not after_a_death.goes_ahead(2)
