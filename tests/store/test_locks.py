"""Locks between real processes and threads."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest

from curifactory.store.lock_holders import read_holder
from curifactory.store.locks import LockSet, LockUnavailable, PathLock

HOLD = """
import sys
from curifactory.store.locks import PathLock
lock = PathLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""


class Holder:
    """Another process that holds a lock until it is told or killed."""

    def __init__(self, path, first=""):
        self.process = subprocess.Popen(
            [sys.executable, "-c", first + HOLD, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "held\n"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.communicate()

    def release(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "released\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def void(monkeypatch):
    """Locks are given to everybody who asks, as on some shared folders; for a `Holder`, too."""
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    return "import fcntl\nfcntl.flock = lambda *_: None"


def test_who_holds_a_lock_that_excludes_is_alone(tmp_path):
    path = tmp_path / "x.lock"
    lock = PathLock(str(path))
    assert not lock.is_alone
    lock.acquire()
    assert lock.is_alone
    lock.release()
    with Holder(path) as dead:
        dead.kill()
    assert path.exists()
    lock.acquire()
    assert lock.is_alone


def test_two_that_were_given_one_lock_know_it_whoever_came_first(tmp_path, void):
    path = tmp_path / "x.lock"
    mine = PathLock(str(path))
    mine.acquire()
    with Holder(path, void) as other:
        assert not mine.is_alone
        mine.release()
        other.kill()
    with Holder(path, void) as other:
        mine.acquire()
        assert not mine.is_alone
        mine.release()
        assert path.exists()
        other.kill()
    mine.acquire()
    assert mine.is_alone


def test_a_holder_on_another_machine_is_believed_for_a_day(tmp_path):
    path = tmp_path / "x.lock"
    lock = PathLock(str(path))
    for hours, is_alone in ((1, False), (25, True)):
        since = datetime.now() - timedelta(hours=hours)
        path.write_text(f"elsewhere process 1 since {since.isoformat(timespec='seconds')} 00\n")
        lock.acquire()
        assert lock.is_alone == is_alone
        lock.release()


def test_a_lock_of_another_process_cannot_be_had(tmp_path):
    with Holder(tmp_path / "x.lock"):
        assert not PathLock(str(tmp_path / "x.lock")).acquire(block=False)


def test_a_released_lock_can_be_had(tmp_path):
    with Holder(tmp_path / "x.lock") as holder:
        holder.release()
        assert PathLock(str(tmp_path / "x.lock")).acquire(block=False)


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with Holder(tmp_path / "x.lock") as holder:
        holder.kill()
        lock = PathLock(str(tmp_path / "x.lock"))
        assert lock.acquire(block=False)
        lock.release()


def test_whoever_waits_is_told_who_holds_it_and_gets_it_then(tmp_path):
    with Holder(tmp_path / "x.lock") as holder:
        told = []

        def on_wait(who):
            told.append(who)
            holder.release()

        lock = PathLock(str(tmp_path / "x.lock"))
        assert lock.acquire(on_wait)
        assert told == [f"{socket.gethostname()} process {holder.process.pid}"]
        lock.release()


def test_the_file_is_there_while_the_lock_is_held(tmp_path):
    path = str(tmp_path / "deep" / "x.lock")
    lock = PathLock(path)
    lock.acquire()
    assert lock.held
    assert read_holder(path) == f"{socket.gethostname()} process {os.getpid()}"
    lock.release()
    assert not lock.held
    assert not os.path.exists(path)


def test_two_locks_of_one_process_exclude_each_other(tmp_path):
    first, second = PathLock(str(tmp_path / "x")), PathLock(str(tmp_path / "x"))
    assert first.acquire()
    assert not second.acquire(block=False)
    first.release()
    assert second.acquire(block=False)
    second.release()


def test_a_thread_waits_for_another_one(tmp_path):
    first, second = PathLock(str(tmp_path / "x")), PathLock(str(tmp_path / "x"))
    first.acquire()
    waiting, done = threading.Event(), threading.Event()

    def wait():
        second.acquire(lambda who: waiting.set())
        done.set()
        second.release()

    thread = threading.Thread(target=wait)
    thread.start()
    assert waiting.wait(60)
    assert not done.is_set()
    first.release()
    thread.join(60)
    assert done.is_set()


FORK = """
import os, signal, sys
from curifactory.store.locks import PathLock
lock = PathLock(sys.argv[1])
lock.acquire()
child = os.fork()
if child == 0:
    os.write(1, b"%d\\n" % os.getpid())
    signal.pause()
signal.pause()
"""


def test_a_forked_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path):
    path = str(tmp_path / "x")
    command = [sys.executable, "-c", FORK, path]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    try:
        assert not PathLock(path).acquire(block=False)
        parent.kill()
        parent.wait()
        assert PathLock(path).acquire(block=False)
    finally:
        os.kill(child, signal.SIGKILL)
        parent.stdout.close()


def test_many_processes_never_hold_it_at_once(tmp_path):
    code = """
import os, sys
from curifactory.store.locks import PathLock
for _ in range(50):
    lock = PathLock(sys.argv[1] + "/x.lock")
    lock.acquire()
    os.close(os.open(sys.argv[1] + "/alone", os.O_CREAT | os.O_EXCL))
    os.unlink(sys.argv[1] + "/alone")
    lock.release()
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(120) for process in processes] == [0] * 4


def test_a_folder_that_cannot_be_written_gives_no_lock(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LockUnavailable, match="file"):
        PathLock(str(tmp_path / "file" / "x.lock")).acquire()


def test_a_lock_that_was_refused_can_be_asked_for_again(tmp_path):
    (tmp_path / "file").write_text("")
    lock = PathLock(str(tmp_path / "file" / "x.lock"))
    with pytest.raises(LockUnavailable):
        lock.acquire()
    (tmp_path / "file").unlink()
    assert lock.acquire()
    lock.release()


def test_a_set_of_locks_is_all_or_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    good, bad = str(tmp_path / "a"), str(tmp_path / "file" / "b")
    with pytest.raises(LockUnavailable):
        LockSet([good, bad]).acquire()
    assert PathLock(good).acquire(block=False)


def test_a_set_of_locks_names_a_path_once(tmp_path):
    locks = LockSet([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "a")])
    locks.acquire()
    assert not PathLock(str(tmp_path / "b")).acquire(block=False)
    locks.release()
    assert os.listdir(tmp_path) == []


def test_sets_that_are_taken_in_opposite_order_do_not_block_each_other(tmp_path):
    code = """
import sys
from curifactory.store.locks import LockSet
for _ in range(50):
    locks = LockSet(sys.argv[1:])
    locks.acquire()
    locks.release()
"""
    paths = [str(tmp_path / "a"), str(tmp_path / "b")]
    orders = (paths, paths[::-1])
    processes = [subprocess.Popen([sys.executable, "-c", code, *order]) for order in orders]
    assert [process.wait(120) for process in processes] == [0, 0]
