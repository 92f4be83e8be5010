"""A Dask cluster of real processes over TCP: what is said when something is wrong with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from executors.waiting import until_executed


class Cluster:
    """A scheduler and one worker, as a user starts them."""

    def __init__(self, folder, **environment) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder, self._environment = folder, os.environ | environment
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        self.worker = self._start(
            "worker", f"tcp://127.0.0.1:{self.port}", "--nthreads", "1", "--no-dashboard",
            "--no-nanny", "--death-timeout", "60",
        )  # fmt: skip

    def _start(self, what, *options):
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *options],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def end(self):
        for process in (self.scheduler, self.worker):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    # what its processes have in their environment is their own
    cluster = Cluster(elsewhere, EXECUTED=str(tmp_path / "executed.txt"), HANG="p3")
    yield cluster
    cluster.end()


def test_a_cluster_of_others_makes_the_artifacts_until_its_scheduler_is_lost(chains, cluster):
    at = ("--executor", f"dask://127.0.0.1:{cluster.port}")
    said = chains.succeed("chains", *at, "--indices", "0-3")
    assert "11 executed, 0 from cache, 0 skipped" in said
    assert len(list(chains.cache.glob("*_finish_end.json"))) == 3
    assert [path.name for path in chains.cache.glob(".*")] == []

    # the worker has imported the module already, and has to do so again
    path = chains.root / "experiments/chains.py"
    path.write_text(path.read_text().replace("return mid + [sum(big)]", "return mid + [-1]"))
    said = chains.succeed("chains", *at, "--indices", "0-3", "--on-code-change", "rerun")
    assert "runs in this process" not in said
    assert json.loads(chains.file("_gather_all.json").read_text())["p1"] == [7, 1, 10, "p1", -1]

    process = chains.start("chains", *at, "--overwrite")
    until_executed(chains, "finish p3", process)
    cluster.scheduler.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    # a promise of the documentation: an error within ten seconds, and never a hang
    assert time.monotonic() - killed < 20
    assert "scheduler" in stderr
    assert "run again" in stderr


def test_an_address_where_nobody_answers_is_an_error(chains):
    done = chains.command("chains", "--executor", "dask://127.0.0.1:9")
    assert done.returncode == 1
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr


def test_a_cluster_without_the_projects_folders_is_refused(chains, cluster):
    # a path that leads somewhere else in each process
    done = chains.command(
        "chains", "--executor", f"dask://127.0.0.1:{cluster.port}", "--cache", "/proc/self/cwd/data"
    )
    assert done.returncode == 1
    assert "does not see the cache folder /proc/self/cwd/data" in done.stderr
    assert chains.executed() == {}
