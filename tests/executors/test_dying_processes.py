"""Processes that die or are stopped at bad moments: whoever waits for them is told."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import signal
from multiprocessing import connection

import pytest

from curifactory.errors import WorkerDiedError
from curifactory.running.executors import futures
from curifactory.running.executors.local import LocalProcesses


def dies_while_it_answers(order):
    """A large answer, of which half arrives."""

    def half(self, buffer, *_):
        os.write(self.fileno(), bytes(buffer)[: len(buffer) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    connection.Connection._send = half
    return bytes(10_000)


def answers(order):
    return order


def cleans_up_for_ever(order):
    with open(order, "w") as file:
        file.write("begun")
    while True:
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


@pytest.fixture
def processes():
    two = LocalProcesses(2)
    yield two
    two.stop()


def test_a_process_that_dies_in_the_middle_of_its_answer_is_noticed(processes):
    future = processes.submit(dies_while_it_answers, b"", 0, {})
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        future.result(timeout=300)
    assert processes.submit(answers, b"again", 0, {}).result(timeout=300) == b"again"


def test_what_waits_behind_a_call_that_ends_its_process_had_not_begun(processes):
    dying = [processes.submit(dies_while_it_answers, b"", 0, {}) for _ in range(2)]
    waiting = [processes.submit(answers, b"", 0, {}) for _ in range(2)]
    for future, had_begun in [*((one, True) for one in dying), *((one, False) for one in waiting)]:
        with pytest.raises(WorkerDiedError) as death:
            future.result(timeout=300)
        assert death.value.had_begun is had_begun
    assert processes.submit(answers, b"again", 0, {}).result(timeout=300) == b"again"


def test_a_pool_of_the_user_is_told_that_one_of_its_processes_died_in_the_middle_of_its_answer(
    monkeypatch,
):
    monkeypatch.setattr(futures, "_UNTOLD_SECONDS", 0.2)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        executor = futures.FuturesExecutor(pool)
        # both processes are there, and the other one could write to the same pipe
        first = [executor.submit(answers, b"first", 0, {}) for _ in range(2)]
        assert [one.result(timeout=300) for one in first] == [b"first", b"first"]
        future = executor.submit(dies_while_it_answers, b"", 0, {})
        while not concurrent.futures.wait([future], timeout=0.1).done:
            executor.check()
        with pytest.raises(WorkerDiedError, match="its pool broke"):
            future.result()


def test_a_stage_that_does_not_let_itself_be_interrupted_is_killed(processes, tmp_path):
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    processes.submit(cleans_up_for_ever, bytes(begun), 0, {})
    assert begun.read_text() == "begun"
    processes.stop()
    assert [one for worker in processes._workers for one in worker.processes()] == []
