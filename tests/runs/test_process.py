"""Whether the process of a run is gone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from curifactory.runs.process import Process, is_gone, this_process


def gone(process):
    return is_gone(process.host, process.pid, process.mark)


@pytest.fixture
def child():
    script = (
        "from curifactory.runs.process import this_process as t\n"
        "p = t(); print(p.host, p.pid, p.mark, sep='\\t', flush=True); input()"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield started
    started.kill()
    started.communicate()


def test_this_process_is_there():
    assert not gone(this_process())


def test_a_process_is_there_until_it_ends(child):
    host, pid, mark = child.stdout.readline().rstrip("\n").split("\t")
    assert int(pid) == child.pid
    assert not is_gone(host, int(pid), mark)
    child.kill()
    # before anybody asks for its status, too
    while child.poll() is None and not is_gone(host, int(pid), mark):
        pass
    assert is_gone(host, int(pid), mark)
    child.wait()
    assert is_gone(host, int(pid), mark)


def test_another_process_of_the_same_number_is_not_taken_for_it():
    assert gone(replace(this_process(), began="1"))


def test_no_process_outlives_a_restart_of_its_machine():
    assert gone(replace(this_process(), boot="another"))


@pytest.mark.parametrize("elsewhere", ["host", "machine", "namespace"])
def test_of_other_machines_and_containers_nobody_can_tell(elsewhere):
    assert not gone(replace(this_process(), **{elsewhere: "another", "began": "1"}))


def test_what_an_earlier_version_did_not_note_says_nothing():
    assert not is_gone(None, None, None)
    assert not is_gone(this_process().host, 1, None)
    assert not is_gone(this_process().host, 1, "half")


def test_a_mark_is_read_as_it_was_written():
    here = this_process()
    assert Process.from_mark(here.host, here.pid, here.mark) == here
