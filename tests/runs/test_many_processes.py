"""Many processes at once, and processes that are killed: no run is lost, and none is counted twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

import curifactory

RUNS = """\
import sys
from curifactory import ArtifactManager, Record, stage
from curifactory.caching import JsonCacher

@stage(None, ["data"], [JsonCacher])
def make(record, number):
    return number

for _ in range(int(sys.argv[1])):
    manager = ArtifactManager("many", status_override="running", suppress_live_log=True)
    make(Record(manager, None), number=manager.experiment_run_number)
    manager.finish("complete")
    manager.close()
"""

KILLED = """\
import sys
import time
from curifactory import ArtifactManager, Record, stage
from curifactory.caching import JsonCacher

@stage(None, ["data"], [JsonCacher])
def make(record):
    if "stay" in sys.argv:
        print("inside", flush=True)
        time.sleep(600)
    return [1]

print("ready", flush=True)
manager = ArtifactManager("killed", status_override="running", suppress_live_log=True)
for number in range(5):
    make(Record(manager, None))
manager.finish("complete")
manager.close()
print("done", flush=True)
time.sleep(60)
"""


def start(script, folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    )


def begin_at_once(folder, processes, runs):
    started = [start(RUNS, folder, str(runs)) for _ in range(processes)]
    assert [process.wait() for process in started] == [0] * processes
    for process in started:
        process.stdout.close()
    found = curifactory.history()
    assert sorted(one.number for one in found) == list(range(1, processes * runs + 1))
    assert {one.status for one in found} == {"complete"}
    assert len({one.reference for one in found}) == processes * runs
    assert len([*(folder / "data" / "history").glob("*.json")]) == processes * runs
    assert all(len(one.made) == 1 for one in found)
    assert len(curifactory.artifacts(gone=None)) == processes * runs
    # they all wrote to one file: what is there is what was written last
    (there,) = curifactory.artifacts()
    assert there.problem is None


def test_runs_that_begin_at_once_have_numbers_of_their_own(lab):
    begin_at_once(lab.root, processes=3, runs=5)


@pytest.mark.soak
def test_200_runs_of_8_processes_have_numbers_of_their_own(lab):
    begin_at_once(lab.root, processes=8, runs=25)


def kill_at_random(folder, times, seed):
    """Start runs one after the other, and kill each somewhere between its begin and its end."""
    moments = random.Random(seed)
    longest = _seconds_of_a_run(folder)
    for _ in range(times):
        process = start(KILLED, folder)
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = curifactory.history()
        assert all(one.status in ("dead", "complete") for one in found)
    numbers = [one.number for one in found]
    assert len({*numbers}) == len(numbers)
    with_next = start(RUNS, folder, "1")
    assert with_next.wait() == 0
    with_next.stdout.close()
    after = curifactory.history()
    assert len(after) == len(found) + 1
    # what was read as dead is written so now
    assert '"running"' not in (folder / "data" / "store.json").read_text()


def _seconds_of_a_run(folder):
    process = start(KILLED, folder)
    assert process.stdout.readline() == "ready\n"
    began = time.perf_counter()
    assert process.stdout.readline() == "done\n"
    seconds = time.perf_counter() - began
    process.kill()
    process.communicate()
    return seconds * 1.2


def test_a_run_that_is_killed_in_a_stage_says_dead(lab):
    process = start(KILLED, lab.root, "stay")
    assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "inside\n"]
    assert [one.status for one in curifactory.history()] == ["running"]
    process.kill()
    process.communicate()
    assert [one.status for one in curifactory.history()] == ["dead"]


def test_runs_that_are_killed_say_dead(lab):
    kill_at_random(lab.root, 10, seed=5)


@pytest.mark.soak
def test_200_runs_that_are_killed_say_dead(lab):
    kill_at_random(lab.root, 200, seed=int(os.environ.get("SEED", "1")))
