"""What the hash of a parameter set with large values costs: ``python -m benchmarks
parameter_hashing``.

The floors read each buffer once: with the fastest digest there is, and with the one that values are
known by.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import xxhash

from benchmarks.section import Say, Section, table
from curifactory import ExperimentParameters
from curifactory.params import params_hash

REPETITIONS = 9
ROWS = 2_000_000


_TEXT = """\
CPU of `params_hash` for a parameter set that holds a value of {size} MiB (the texts: half a
million), and of reading its buffers once with two digests. Values are known by blake2b. It is
cryptographic, unlike xxh3: two parameter sets whose digests collide would share their artifacts, so
nobody must be able to make such values. It also names the artifacts, so another digest would make
all of them anew. What is beyond its floor is ours: the labels of a frame count too, written out.

{table}
"""


@dataclass
class Holding(ExperimentParameters):
    """A parameter set that holds a large value."""

    value: Any = None


def values() -> dict[str, Any]:
    """What is hashed, by name: arrays in and out of order, frames of numbers and of texts."""
    numbers = np.random.default_rng(0).random((ROWS, 4))
    frame = pd.DataFrame(numbers, columns=list("abcd"))
    return {
        "array, C order": numbers,
        "array, every second column": np.random.default_rng(1).random((ROWS, 8))[:, ::2],
        "frame of four columns": frame,
        "frame with a column of texts": pd.DataFrame(
            {"text": [f"row {number}" for number in range(ROWS // 4)]}
        ),
    }


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    figures = {}
    for name, value in values().items():
        say(f"hash of {name}")
        figures[name] = _measured(value, 1 if quick else REPETITIONS)
    rows = [
        [
            name,
            f"{ours * 1e3:.0f} ms",
            *(f"{floor * 1e3:.0f} ms, {ours / floor:.1f} x" for floor in floors),
        ]
        for name, (ours, *floors) in figures.items()
    ]
    head = ["", "CPU", "of xxh3", "of blake2b"]
    text = _TEXT.format(size=ROWS * 32 // 2**20, table=table(head, rows))
    return Section("Parameter sets that hold data", text, figures)


def _measured(value: Any, repetitions: int) -> list[float]:
    """CPU seconds of ours, and of each floor."""
    works = (
        # a set of its own each time: nothing of an earlier hash is known of it
        lambda: params_hash(Holding("one", value=value)),
        lambda: _read(value, lambda data: xxhash.xxh3_128(data).digest()),
        lambda: _read(value, lambda data: hashlib.blake2b(data, digest_size=16).digest()),
    )
    found = [[_seconds(work) for work in works] for _ in range(repetitions + 1)]
    # what is imported for a kind of value is imported once
    return [median(seconds) for seconds in zip(*found[1:], strict=True)]


def _read(value: Any, digest: Callable[[Any], bytes]) -> None:
    buffers = [value] if isinstance(value, np.ndarray) else [value[name].array for name in value]
    for one in buffers:
        array = np.asarray(one)
        if array.dtype == object:
            for text in array:
                digest(text.encode())
        else:
            digest(np.ascontiguousarray(array).data)


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
