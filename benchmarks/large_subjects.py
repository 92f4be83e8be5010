"""What is measured with large values, each in a process of its own.

``python -m benchmarks.large_subjects NAME FOLDER BYTES`` prints the figures of one. Ours run
through a stage, so that everything a stage costs is in them, digests too. The floors make the same
files with the libraries' own calls.
"""

from __future__ import annotations

import functools
import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from curifactory import ArtifactManager, ExperimentParameters, Lazy, Record, stage
from curifactory.caching import ArrowCacher, Cacheable, NumpyCacher, PandasCacher, PickleCacher

CHAIN = 5


@dataclass
class Watch:
    """CPU and wall seconds from its start, and how much the peak of memory grew."""

    began: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start; what was made before does not count."""
        self.began = [time.process_time(), time.perf_counter(), resident()]

    def read(self, size: int) -> dict[str, float]:
        """The figures; memory in multiples of `size` bytes, a value made before not included."""
        cpu, wall, memory = self.began
        return {
            "cpu": time.process_time() - cpu,
            "wall": time.perf_counter() - wall,
            "peak": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - memory) / size,
        }


WATCH = Watch()


def resident() -> float:
    """Bytes of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return float(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def array(size: int) -> np.ndarray[Any, Any]:
    """Random numbers."""
    return np.random.default_rng(0).random(size // 8)


def frame(size: int) -> pd.DataFrame:
    """Two columns of random numbers and one that counts; of a GiB, 45 million rows."""
    rows, numbers = size // 24, np.random.default_rng(0)
    return pd.DataFrame(
        {"row": np.arange(rows), "kind": numbers.integers(0, 9, rows), "x": numbers.random(rows)}
    )


def stage_of(make: Callable[[int], Any], cacher: Cacheable) -> Any:
    """A stage that makes a value; the watch starts when it is made."""

    @stage(outputs=["value"], cachers=[cacher])
    def make_value(record: Record) -> Any:
        value = make(record.params.size)
        WATCH.start()
        return value

    return make_value


def through_stage(make: Callable[[int], Any], cacher: Cacheable, folder: str, size: int) -> Any:
    """Make and save a value, or load it if it is there."""
    return _measured(stage_of(make, cacher), new_record(folder, size))


def _measured(make_value: Callable[[Record], Record], record: Record) -> Any:
    # what a process does once for a stage, such as finding its code, is not what a value costs
    make_value(Record(record.manager, SizeParams("small", size=2400)))
    WATCH.start()
    return make_value(record).state["value"]


def with_library(
    make: Callable[[int], Any],
    write: Callable[[Any, str], object],
    folder: str,
    size: int,
) -> None:
    """Make a value and write it."""
    value = make(size)
    WATCH.start()
    write(value, os.path.join(folder, "plain"))


def from_library(read: Callable[[str], Any], folder: str, _: int) -> Any:
    """Read what `with_library` wrote."""
    WATCH.start()
    return read(os.path.join(folder, "plain"))


def mapped(folder: str, size: int) -> Any:
    """Map an array whose size alone is checked."""
    os.environ["CURIFACTORY_VERIFY"] = "size"
    return _measured(stage_of(array, NumpyCacher(mmap=True)), new_record(folder, size))


@dataclass
class SizeParams(ExperimentParameters):
    """How large the value is, in bytes."""

    size: int = 0


def new_record(folder: str, size: int) -> Record:
    """A record of a live manager that keeps everything in `folder`."""
    os.environ["CURIFACTORY_ON_CODE_CHANGE"] = "ignore"
    names = ("manager_cache", "cache", "runs", "logs", "notebooks", "reports")
    paths: dict[str, Any] = {f"{name}_path": os.path.join(folder, name) for name in names}
    manager = ArtifactManager("large", suppress_live_log=True, **paths)
    return Record(manager, SizeParams("large", size=size))


@stage(outputs=[Lazy("a0")], cachers=[NumpyCacher])
def begin(record: Record) -> Any:
    """The first array of the chain."""
    return np.zeros(record.params.size // 8)


def link(index: int) -> Any:
    """A stage that makes the next array of the one before."""

    def follow(_: Record, **inputs: Any) -> Any:
        return inputs.popitem()[1] + 1

    follow.__name__ = f"follow_{index}"
    return stage([f"a{index - 1}"], [Lazy(f"a{index}")], [NumpyCacher])(follow)


def lazy_chain(folder: str, size: int) -> None:
    """Five stages with a lazy array each."""
    record = new_record(folder, size)
    WATCH.start()
    begin(record)
    for index in range(1, CHAIN):
        link(index)(record)


def chain_by_hand(folder: str, size: int) -> None:
    """The same with plain calls, each in a function that lets go of what it had."""

    def follow(index: int) -> None:
        np.save(os.path.join(folder, f"{index}"), np.load(f"{folder}/{index - 1}.npy") + 1)

    WATCH.start()
    np.save(os.path.join(folder, "0"), np.zeros(size // 8))
    for index in range(1, CHAIN):
        follow(index)


def _np_save(value: Any, path: str) -> None:
    with open(path, "wb") as file:
        np.save(file, value)


def _pickle_dump(value: Any, path: str) -> None:
    with open(path, "wb") as file:
        pickle.dump(value, file, 5)


def _pickle_load(path: str) -> Any:
    with open(path, "rb") as file:
        return pickle.load(file)


_PARQUET = PandasCacher(format="parquet")
_to_parquet = pd.DataFrame.to_parquet
_to_feather = functools.partial(pd.DataFrame.to_feather, compression="uncompressed")

SUBJECTS: dict[str, Callable[[str, int], Any]] = {
    # saving, then loading what was saved: one folder serves the two
    "numpy save": functools.partial(through_stage, array, NumpyCacher()),
    "numpy load": functools.partial(through_stage, array, NumpyCacher()),
    "numpy map": mapped,
    "np.save": functools.partial(with_library, array, _np_save),
    "np.load": functools.partial(from_library, np.load),
    "pickle save": functools.partial(through_stage, array, PickleCacher()),
    "pickle load": functools.partial(through_stage, array, PickleCacher()),
    "pickle.dump": functools.partial(with_library, array, _pickle_dump),
    "pickle.load": functools.partial(from_library, _pickle_load),
    "parquet save": functools.partial(through_stage, frame, _PARQUET),
    "parquet load": functools.partial(through_stage, frame, _PARQUET),
    "to_parquet": functools.partial(with_library, frame, _to_parquet),
    "read_parquet": functools.partial(from_library, pd.read_parquet),
    "arrow save": functools.partial(through_stage, frame, ArrowCacher()),
    "arrow load": functools.partial(through_stage, frame, ArrowCacher()),
    "to_feather": functools.partial(with_library, frame, _to_feather),
    "read_feather": functools.partial(from_library, pd.read_feather),
    "lazy chain": lazy_chain,
    "chain by hand": chain_by_hand,
}


def main(name: str, folder: str, size: int) -> dict[str, float]:
    """The figures of one subject."""
    kept = SUBJECTS[name](folder, size)
    figures = WATCH.read(size)
    del kept
    return figures


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
