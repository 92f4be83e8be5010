"""A worker is killed at any moment: the run ends right, and never hangs."""

from __future__ import annotations

import json
import os
import random
import signal
import time

import pytest


def workers_of(pid):
    """The processes that are spawned as workers of a run."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
                with open(f"/proc/{entry}/cmdline") as file:
                    command = file.read()
            except OSError:
                continue
            if parent == pid and "spawn_main" in command:
                found.append(int(entry))
    return found


def kill_one(process, seed):
    """Kill one worker, some time after there is one; tell whether there was."""
    chance = random.Random(seed)
    until = time.monotonic() + 30
    while not (workers := workers_of(process.pid)) and time.monotonic() < until:
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.8))
    workers = workers_of(process.pid)
    if not workers or process.poll() is not None:
        return False
    os.kill(chance.choice(workers), signal.SIGKILL)
    return True


def check_one(chains, seed):
    for path in chains.cache.glob("*"):
        path.unlink()
    chains.executed()
    process = chains.start("chains", "--parallel", "2")
    kill_one(process, seed)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stdout + stderr
    executed = chains.executed()
    assert all(count <= 2 for count in executed.values())
    assert json.loads(chains.file("_gather_all.json").read_text()) == {
        f"p{n}": [7, n, 10 * n, f"p{n}", 700] for n in range(4)
    }
    assert [path.name for path in chains.cache.glob(".*")] == []


def test_a_killed_worker_makes_no_difference_to_what_is_made(chains):
    check_one(chains, seed=0)


@pytest.mark.soak
def test_a_hundred_killed_workers_make_no_difference(chains):
    for seed in range(100):
        check_one(chains, seed)


SWEEP = """\
    from dataclasses import dataclass

    from counting import ran
    from curifactory import ExperimentParameters, Record, aggregate, stage
    from curifactory.caching import JsonCacher

    @dataclass
    class P(ExperimentParameters):
        n: int = 0

    @stage(outputs=["square"], cachers=[JsonCacher])
    def short(record):
        ran("short", record)
        return record.params.n ** 2

    @aggregate(["square"], ["all"], [JsonCacher])
    def gather(record, records, square):
        return sorted(square.values())

    def get_params():
        return [P(f"p{n}", n=n) for n in range(400)]

    def run(param_sets, manager):
        gather(Record(manager, None), [short(Record(manager, one)) for one in param_sets])
"""


@pytest.mark.soak
def test_orders_that_waited_behind_a_killed_worker_are_carried_out_elsewhere(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/sweep.py", SWEEP)
    for seed in range(50):
        for path in project.cache.glob("*"):
            path.unlink()
        project.executed()
        process = project.start("sweep", "--parallel", "2")
        at = random.Random(seed).randrange(1, 390)
        while len(list(project.cache.glob("*_short_square.json"))) < at and process.poll() is None:
            time.sleep(0.002)
        workers = workers_of(process.pid)
        os.kill(workers[seed % len(workers)], signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stdout + stderr
        executed = project.executed()
        assert len(executed) == 400
        assert all(count <= 2 for count in executed.values())
        found = json.loads(project.file("_gather_all.json").read_text())
        assert found == [n**2 for n in range(400)]
        assert [path.name for path in project.cache.glob(".*")] == []
