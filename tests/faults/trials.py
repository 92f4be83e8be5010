"""Trials: a run with one fault, then what every fault must leave behind."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

from .bench import Bench
from .child import Child
from .power import lose_power
from .shim import Shim

SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
FSYNC = {"CURIFACTORY_DURABILITY": "fsync"}
DEATHS = ("kill", "torn", "powerloss", "powerloss-fsync")
REFUSALS = ("enospc", "eio")


class Signals:
    """Real signals at random instants, most of them inside a save."""

    def __init__(self, bench: Bench, random: Random) -> None:
        self._bench, self._random = bench, random
        bench.new_project(full=True)
        self._spans = [_time_of_steps(bench) for _ in range(2)][-1]

    def trial(self) -> None:
        """Start a run, end it by a signal at a random instant, expect recovery."""
        bench, random = self._bench, self._random
        number, full = random.choice(SIGNALS), random.random() < 0.5
        bench.new_project(full)
        step, instant = random.randrange(len(self._spans)), random.random()
        child = Child(bench.project)
        while len([line for line in child.said() if line.startswith("executed")]) <= step:
            if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(0.0005)
        # the function itself is quick: what follows is the save
        time.sleep(instant * self._spans[step])
        os.kill(child.pid, number)
        ended = child.wait()
        what = f"{number.name} in step {step}, full {full}"
        if ended.status not in (0, -signal.SIGKILL, STATUS.get(number)):
            bench.note("wrong status", f"{what}: {ended}")
        if "Traceback" in ended.stderr:
            bench.note("unclear", f"{what}: {ended.stderr[-1500:]}")
        bench.counts["ended by the signal"] += ended.status != 0
        bench.counts["inside a step"] += ended.status != 0 and _was_in_a_step(ended.said)
        bench.expect_recovery(what, ended.lines("finished"), {})


class Operations:
    """One fault at the n-th file operation, through the preloaded library."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self._shim = bench, Shim()
        self._log = bench.base / "log"
        self._log.mkdir(exist_ok=True)

    def count(self, fault: str, full: bool) -> int:
        """How many operations of a whole run this fault can happen at."""
        self._bench.new_project(full)
        ended = self._bench.run(
            before=lambda: self._arm(0, "torn" if fault == "torn" else "kill"),
            count=self._shim.counts,
            environment=FSYNC if fault == "powerloss-fsync" else {},
        )
        assert ended.is_right, ended
        return ended.counts["operations"]

    def trial(self, fault: str, at: int, full: bool, random: Random) -> None:
        """Let a fault happen at one operation, expect what it must leave."""
        bench = self._bench
        environment = FSYNC if fault == "powerloss-fsync" else {}
        action = "kill" if fault.startswith("powerloss") else fault
        log = self._log / "log.txt" if fault.startswith("powerloss") else None
        for path in self._log.iterdir():
            path.unlink()
        bench.new_project(full)
        ended = bench.run(
            before=lambda: self._arm(at, action, log),
            count=self._shim.counts,
            environment=environment,
        )
        what = f"{fault} at operation {at}, full {full}"
        if fault in REFUSALS:
            bench.expect_clear(what, ended)
            # one operation that fails may not matter, or be tried once more; a disk stays full
            if fault == "enospc" and ended.status == 0 and ended.counts["refused"]:
                bench.note("wrong status", f"{what}: {ended}")
        elif ended.status not in (0, -signal.SIGKILL):
            bench.note("wrong status", f"{what}: {ended}")
        if log is not None:
            lose_power(log, random)
        # an error while reading may prove a finished artifact unusable; it is withdrawn then
        may_be_lost = fault in ("powerloss", "eio")
        bench.expect_recovery(what, [] if may_be_lost else ended.lines("finished"), environment)

    def _arm(self, at: int, action: str, log: Path | None = None) -> None:
        self._shim.arm(str(self._bench.project), at, action, str(log or ""))


def file_size_limit(bench: Bench, limit: int, full: bool) -> None:
    """No file may grow beyond a limit; then there is none."""
    bench.new_project(full)

    def limit_it() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    what = f"no file above {limit} bytes, full {full}"
    ended = bench.run(before=limit_it)
    bench.expect_clear(what, ended)
    bench.expect_recovery(what, ended.lines("finished"), {})


def small_disk(bench: Bench, kibibytes: int) -> None:
    """The project's data lies on a disk that is too small; then it has room."""
    folder = bench.new_project() / "data"
    folder.mkdir()
    if _mount("-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)):
        bench.counts["cannot mount"] += 1
        return
    try:
        what = f"a disk of {kibibytes} KiB"
        ended = bench.run()
        bench.expect_clear(what, ended)
        _mount("-o", "remount,size=100m", str(folder))
        bench.expect_recovery(what, ended.lines("finished"), {})
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> int:
    if shutil.which("mount") is None:
        return 1
    return subprocess.run(["mount", *arguments], capture_output=True).returncode


def _was_in_a_step(said: tuple[str, ...]) -> bool:
    return bool(said) and said[-1].startswith("executed")


def _time_of_steps(bench: Bench) -> list[float]:
    """How long each step of a run takes from its start to its commit, in seconds."""
    child, times = Child(bench.project, "--overwrite"), []
    known, has_ended = 0, False
    while not has_ended:
        # asked first: what it said last is read after its end
        has_ended = bool(os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))
        said = child.said()
        times += [(time.perf_counter(), line) for line in said[known:]]
        known = len(said)
        time.sleep(0.0005)
    assert child.wait().is_right
    starts = [moment for moment, line in times if line.startswith("executed")]
    ends = [moment for moment, line in times if line.startswith("finished")]
    return [max(end - start, 0.001) for start, end in zip(starts, ends, strict=True)]
