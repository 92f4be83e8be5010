"""What is measured, each in a process of its own.

``python -m benchmarks.subjects NAME SETS FOLDER`` prints the figures of one. Each subject prepares
what is not to be measured and gives the function that is. The floors are plain code for the same
files: written without a look, or opened, read and parsed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import shared_stages
from benchmarks.tiny_stages import STAGES_PER_SET, evaluate, parameter_sets, run
from curifactory import ArtifactManager
from curifactory.experiment.passes import carry_out, plan
from curifactory.params import ensure_hash
from curifactory.store.reserved import METADATA_SUFFIX

Work = Callable[[], Any]


def experiment(count: int, folder: str) -> Work:
    """A whole experiment: plan pass, run pass, history. What is in the cache is loaded."""
    return _whole(run, parameter_sets(count), folder)


def shared(count: int, folder: str) -> Work:
    """A whole experiment whose parameter sets share early work."""
    return _whole(shared_stages.run, shared_stages.parameter_sets(count), folder)


def _whole(run: Callable[..., Any], sets: list[Any], folder: str) -> Work:
    manager = _manager(folder, "running")

    def work() -> None:
        name_all(sets)
        carry_out(run, sets, manager, use_plan=True)
        manager.finish("complete")
        manager.close()

    return work


def plan_only(count: int, folder: str) -> Work:
    """The plan pass alone."""
    manager, sets = _manager(folder, "running"), parameter_sets(count)

    def work() -> None:
        name_all(sets)
        plan(run, sets, manager)

    return work


def name_all(sets: list[Any]) -> None:
    """Give each set its hash, as `run_experiment` does before it calls ``run``."""
    for one in sets:
        ensure_hash(one)


def live(count: int, folder: str) -> Work:
    """The same stage calls with a manager made by hand, which loads every output at its call."""
    manager, sets = _manager(folder, "LIVE"), parameter_sets(count)

    def work() -> None:
        run(sets, manager)
        manager.close()

    return work


def floor_write(_: int, folder: str) -> Work:
    """Write the files of a filled cache again, in a folder beside it."""
    contents = [_content(path) for path in _files(folder)]
    target = os.path.join(folder, "copy")
    os.makedirs(target, exist_ok=True)

    def work() -> None:
        for number, content in enumerate(contents):
            with open(os.path.join(target, f"{number}.json"), "wb") as file:
                file.write(content)

    return work


def floor_read(_: int, folder: str) -> Work:
    """Open and parse every metadata file, and the results."""
    leaf = f"_{evaluate.__name__}_score.json"
    return _reading([p for p in _files(folder) if p.endswith((METADATA_SUFFIX, leaf))])


def floor_read_all(_: int, folder: str) -> Work:
    """Open and parse every file."""
    return _reading(_files(folder))


def floor_plan(_: int, folder: str) -> Work:
    """Open and parse every metadata file, with plain ``json.load``."""
    paths = [path for path in _files(folder) if path.endswith(METADATA_SUFFIX)]

    def work() -> None:
        for path in paths:
            with open(path, encoding="utf-8") as file:
                json.load(file)

    return work


SUBJECTS: dict[str, Callable[[int, str], Work]] = {
    subject.__name__: subject
    for subject in (
        experiment,
        shared,
        plan_only,
        live,
        floor_write,
        floor_read,
        floor_read_all,
        floor_plan,
    )
}


def measured(name: str, count: int, folder: str) -> dict[str, float]:
    """CPU and wall seconds, growth of memory in bytes, and bytes of metadata, each per stage."""
    work = SUBJECTS[name](count, folder)
    memory, wall, cpu = _peak_memory(), time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    metadata = [os.path.getsize(p) for p in _files(folder) if p.endswith(METADATA_SUFFIX)]
    # a plan of an empty cache leaves none
    stages = len(metadata) or count * STAGES_PER_SET
    return {
        "cpu": cpu / stages,
        "wall": wall / stages,
        "memory": (_peak_memory() - memory) / stages,
        "metadata": sum(metadata) / stages,
    }


def _manager(folder: str, status: str) -> ArtifactManager:
    paths = {
        f"{name}_path": os.path.join(folder, name)
        for name in ("manager_cache", "cache", "runs", "logs", "notebooks", "reports")
    }
    return ArtifactManager("tiny", status_override=status, suppress_live_log=True, **paths)  # type: ignore[arg-type]


def _reading(paths: list[str]) -> Work:
    def work() -> None:
        for path in paths:
            json.loads(_content(path))

    return work


def _files(folder: str) -> list[str]:
    cache = os.path.join(folder, "cache")
    return [os.path.join(cache, name) for name in sorted(os.listdir(cache))]


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _peak_memory() -> int:
    """The most bytes of memory that this process had; `getrusage` would begin with its parent's."""
    with open("/proc/self/status", encoding="ascii") as file:
        kilobytes = next(line.split()[1] for line in file if line.startswith("VmHWM"))
    return int(kilobytes) * 1024


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
