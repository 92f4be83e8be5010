"""One fault in a run of the real command, then a run to the end, then one with nothing to do.

Never a wrong value, a finished stage lost, a leftover, or an error that does not say where.
"""

from __future__ import annotations

import pytest

LARGE = {"SUBJECT_SIZE": "20000"}
LOCKS = ["", "-unlocked", "-void-locks"]
TOGETHER = [who + locks for who in ("together", "opponents") for locks in LOCKS]


def test_a_signal_at_a_random_instant(trials):
    counts = trials("signals", 10, seed=3, **LARGE)
    assert counts["ended by the signal"] >= 4
    assert counts["inside a step"] >= 2


@pytest.mark.parametrize("fault", ["kill", "torn", "powerloss", "powerloss-fsync"])
def test_death_at_a_file_operation(trials, fault):
    trials(fault, 8, seed=3)


@pytest.mark.parametrize("fault", ["enospc", "eio", "file-size-limit", "small-disk"])
def test_a_disk_that_refuses(trials, fault):
    assert trials(fault, 8, seed=3)["clear error"] >= 2


@pytest.mark.parametrize("fault", ["damage", "damage-others"])
def test_damage_to_a_finished_cache(trials, fault):
    assert trials(fault, 10, seed=3)["recomputed"] >= 6


def test_damage_behind_the_back_of_the_index(trials):
    assert trials("damage-index", 8, seed=3)["recomputed"] >= 2


def test_damage_to_the_run_history_costs_no_artifact(trials):
    assert trials("damage-history", 10, seed=3)["harmless"] == 10


@pytest.mark.parametrize("fault", TOGETHER)
def test_several_processes_at_once(trials, fault):
    trials(fault, 2, seed=3)


@pytest.mark.soak
def test_soak_a_thousand_signals(trials):
    counts = trials("signals", 1000, **LARGE)
    assert counts["inside a step"] > 500


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["kill", "torn", "powerloss", "powerloss-fsync", "enospc", "eio"])
def test_soak_a_fault_at_every_file_operation(trials, fault):
    trials(fault)


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["file-size-limit", "small-disk"])
def test_soak_a_disk_without_room(trials, fault):
    trials(fault, 120)


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["damage", "damage-others", "damage-index", "damage-history"])
def test_soak_every_damage(trials, fault):
    trials(fault)


@pytest.mark.soak
@pytest.mark.parametrize("fault", TOGETHER)
def test_soak_several_processes_at_once(trials, fault):
    trials(fault, 20)
