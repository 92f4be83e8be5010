"""What the hash of a parameter set with large values costs: ``python -m benchmarks
parameter_hashing``.

The floor reads each buffer once, with the fastest digest there is.
"""

from __future__ import annotations

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
        [name, f"{ours * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms", f"{ours / floor:.1f}"]
        for name, (ours, floor) in figures.items()
    ]
    text = (
        f"CPU of `params_hash` for a parameter set that holds a value of {ROWS * 32 // 2**20} MiB "
        "(the texts: half a million), and of reading its buffers once with xxh3.\n\n"
    )
    return Section(
        "Parameter sets that hold data", text + table(["", "CPU", "floor", "ratio"], rows), figures
    )


def _measured(value: Any, repetitions: int) -> tuple[float, float]:
    ours, floors = [], []
    for repetition in range(repetitions + 1):
        floor = _seconds(lambda: _read(value))
        # a set of its own each time: nothing of an earlier hash is known of it
        own = _seconds(lambda: params_hash(Holding("one", value=value)))
        # what is imported for a kind of value is imported once
        if repetition:
            floors.append(floor)
            ours.append(own)
    return median(ours), median(floors)


def _read(value: Any) -> None:
    buffers = [value] if isinstance(value, np.ndarray) else [value[name].array for name in value]
    for one in buffers:
        array = np.asarray(one)
        if array.dtype == object:
            for text in array:
                xxhash.xxh3_64(text.encode())
        else:
            xxhash.xxh3_64(np.ascontiguousarray(array).data)


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
