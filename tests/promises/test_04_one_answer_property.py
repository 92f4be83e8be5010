"""Promises 1, 2, 4, 5 and 8 on random experiments whose cache goes through random histories."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from expected_values import expected
from hypothesis import HealthCheck, given, settings
from random_experiments import edited
from random_histories import History, harm, histories
from random_run import NAMES, Past, Run

from curifactory import Record, aggregate, stage
from curifactory.caching import JsonCacher
from curifactory.events import Started
from laboratory import Lab

# a disk that forces each row of history down takes most of the time
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
QUICK = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SOAK = settings(QUICK, max_examples=5000, derandomize=False, print_blob=True)


@QUICK
@given(histories())
def test_every_run_gives_the_right_values_and_does_what_it_planned(history):
    live_through(history)


@pytest.mark.soak
@SOAK
@given(histories(size=16))
def test_every_run_gives_the_right_values_and_does_what_it_planned_for_long(history):
    live_through(history)


def live_through(history: History) -> None:
    """Do all rounds of a history in a folder of its own, with every check after every run."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, contextlib.chdir(folder):
        Path("curifactory_config.json").write_text("{}")
        lab, past = Lab(Path(folder)), Past()
        for each in history.rounds:
            history = replace(history, experiment=edited(history.experiment, each.edits))
            for what, which in each.harm:
                harm(lab.cache, what, which)
            past.harmed = past.harmed or bool(each.harm)
            outcome = expected(history.experiment, NAMES, each.sizes)
            mode, policy = each.mode, each.policy
            for overwrite in (each.overwrite, None):
                run = Run(lab, outcome, mode, overwrite, past, policy)
                if not run.carried_out(history, each.sizes):
                    mode, policy = "plan", "rerun" if policy == "error" else policy
                    run = Run(lab, outcome, mode, overwrite, past, policy)
                    assert run.carried_out(history, each.sizes)
                run.check()
            run.check_nothing_is_made_twice()
            if each.accepted and run.accept_all(history, each.sizes):
                run = Run(lab, outcome, "plan", None, past, "rerun")
                assert run.carried_out(history, each.sizes)
                run.check()
                run.check_nothing_is_made_twice()


# ------------------------------------------------- what random histories found once


def test_a_copy_does_not_reuse_what_was_made_of_another_uncached_input(lab, mode):
    @stage(outputs=["raw"])
    def make(record, of=0):
        return [record.params.size, of]

    @stage(["raw"], ["kept"], [JsonCacher])
    def keep(record, raw):
        return raw

    def kept(of, size):
        def run(param_sets, manager):
            made = make(Record(manager, param_sets[0]), of=of)
            copy = keep(made.make_copy(param_sets[1]))
            return None if manager.map_mode else copy.state["kept"]

        return lab.run(run, lab.Params("a", size=size), lab.Params("b", size=9), mode=mode)

    assert kept(of=0, size=1) == [1, 0]
    assert kept(of=5, size=1) == [1, 5]
    assert kept(of=5, size=2) == [2, 5]


def test_an_aggregate_of_uncached_values_is_reused(lab):
    @stage(outputs=["raw"])
    def make(record):
        lab.ran(record)
        return record.params.size

    @stage(["raw"], ["doubled"])
    def double(record, raw):
        lab.ran(record)
        return 2 * raw

    @aggregate(["doubled"], ["total"], [JsonCacher])
    def add(record, records, doubled):
        lab.ran(record)
        return sum(doubled.values())

    def run(param_sets, manager):
        for params in param_sets:
            double(make(Record(manager, params)))
        add(Record(manager, None))

    sets = [lab.Params("a", size=1), lab.Params("b", size=2)]
    lab.run(run, *sets)
    assert len(lab.executed()) == 5
    lab.run(run, *sets)
    assert lab.executed() == {}


def test_what_depends_on_an_overwritten_stage_runs_although_the_run_starts_again(lab):
    @stage(outputs=["one", "two"], cachers=[JsonCacher, JsonCacher])
    def make(record):
        lab.ran(record)
        return 1, 2

    @stage(outputs=["other"], cachers=[JsonCacher])
    def harmed(record):
        lab.ran(record)
        return 3

    @stage(["one", "other"], ["sum"], [JsonCacher])
    def add(record, one, other):
        lab.ran(record)
        return one + other

    def run(param_sets, manager):
        add(harmed(make(Record(manager, param_sets[0]))))

    lab.run(run, lab.Params("a"))
    lab.executed()
    damaged = lab.file("_harmed_other.json")
    damaged.write_text(damaged.read_text().replace("3", "4"))
    lab.run(run, lab.Params("a"), overwrite_stages=["make"])
    assert lab.executed() == {"make a": 1, "harmed a": 1, "add a": 1}


def test_a_plan_names_a_step_as_the_run_does(lab):
    @stage(outputs=["one"], cachers=[JsonCacher])
    def make(record):
        return 1

    @aggregate(["one"], ["all"], [JsonCacher])
    def collect(record, records, one):
        return list(one.values())

    def run(param_sets, manager):
        record = make(Record(manager, None))
        collect(record, [record])

    lab.run(run)
    assert lab.planned.keys() == lab.decisions.keys()


def test_what_the_run_made_before_it_started_again_is_not_made_twice(lab):
    def runs(of):
        @stage(outputs=["one"], cachers=[JsonCacher])
        def make(record):
            return of

        @stage(outputs=["other"], cachers=[JsonCacher])
        def harmed(record):
            return 3

        def run(param_sets, manager):
            record = make(harmed(make(Record(manager, param_sets[0]))))
            return None if manager.map_mode else record.state["other"]

        return run

    lab.run(runs(of=1), lab.Params("a"))
    damaged = lab.file("_harmed_other.json")
    damaged.write_text(damaged.read_text().replace("3", "4"))
    assert lab.run(runs(of=2), lab.Params("a"), on_code_change="rerun") == 3
    started = [event.step.stage for event in lab.events if isinstance(event, Started)]
    assert started == ["make", "harmed"]
