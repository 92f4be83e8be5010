"""Promise 5: however many processes start the same work, each artifact is computed once."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

SCRIPT = """\
    import os, signal, sys, time
    from curifactory import ArtifactManager, ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher
    from curifactory.events import Waiting

    def touch(name):
        os.close(os.open(name, os.O_CREAT | os.O_EXCL))

    def wait_for(name):
        while not os.path.exists(name):
            time.sleep(0.01)

    @stage(outputs=["value"], cachers=[JsonCacher])
    def slow(record):
        touch("first is in the stage")
        if sys.argv[1] == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        wait_for("second waits")
        return 42

    def watch(event):
        if isinstance(event, Waiting):
            assert event.holder.endswith(f"process {open('pid').read()}"), event.holder
            touch("second waits")

    if sys.argv[1] == "second":
        wait_for("first is in the stage")
    else:
        with open("pid", "w") as file:
            file.write(str(os.getpid()))
    manager = ArtifactManager("once", suppress_live_log=True)
    manager.events.observers.append(watch)
    print(slow(Record(manager, ExperimentParameters("a"))).state["value"])
    """


@pytest.fixture
def start(tmp_path):
    (tmp_path / "curifactory_config.json").write_text("{}")
    (tmp_path / "script.py").write_text(dedent(SCRIPT))

    def start(role):
        return subprocess.Popen(
            [sys.executable, "script.py", role],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_the_second_process_is_told_whom_it_waits_for_and_loads(start):
    # the stage fails if it is called twice
    for process in [start("first"), start("second")]:
        stdout, stderr = process.communicate(timeout=60)
        assert (stdout, process.returncode) == ("42\n", 0), stderr


def test_a_process_that_dies_holds_nobody_up(start, tmp_path):
    first = start("dies")
    first.communicate(timeout=60)
    assert first.returncode < 0
    for name in ("first is in the stage", "second waits"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "second waits").touch()
    third = start("first")
    assert third.communicate(timeout=60)[0] == "42\n"


def test_threads_of_one_process_compute_once_too(lab):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from curifactory import Record, stage
    from curifactory.caching import JsonCacher

    together = Barrier(4)

    @stage(outputs=["value"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return 42

    def work(manager):
        record = Record(manager, lab.Params("a"))
        together.wait()
        return make(record).state["value"]

    managers = [lab.manager() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, managers)) == [42] * 4
    for manager in managers:
        manager.close()
    assert lab.executed() == {"make a": 1}
