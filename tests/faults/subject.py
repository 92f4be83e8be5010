"""An experiment with every kind of cacher, whose right values are known without any cache.

The harness copies this file into a project. It says what it does in the file ``SUBJECT_LOG``:
``start``, ``executed``, ``finished`` with a step each, ``wrong`` with a value, ``checked`` at the end.
``SUBJECT_SALT`` changes every value but no file name; ``SUBJECT_SIZE`` sets how long saves take.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from curifactory import ArtifactManager, ExperimentParameters, Lazy, Record, aggregate, stage
from curifactory.caching import (
    Cacheable,
    FileReferenceCacher,
    JsonCacher,
    PandasCacher,
    PandasCsvCacher,
    PickleCacher,
)

SEEDS = (1, 2)


def size() -> int:
    return int(os.environ.get("SUBJECT_SIZE", "200"))


def say(what: str, record: Record | None = None, more: str = "") -> None:
    """Write one line; what a killed process wrote before is there."""
    name = "" if record is None else record.name if record.params is not None else "all"
    file = os.open(os.environ["SUBJECT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{what} {name} {more}\n".encode())
    os.close(file)


@dataclass
class Params(ExperimentParameters):
    seed: int = 0


class TwoFiles(Cacheable):
    """A user's cacher: writes in place, to two files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, extension=".head", **kwargs)

    def save(self, obj: dict[str, Any]) -> None:
        np.save(self.get_path("_numbers.npy"), obj["numbers"])
        with open(self.get_path(), "w") as file:
            file.write(obj["head"])

    def load(self) -> dict[str, Any]:
        with open(self.get_path()) as file:
            return {"head": file.read(), "numbers": np.load(self.get_path("_numbers.npy"))}


class Folder(Cacheable):
    """A user's cacher: a folder of many small files."""

    def save(self, obj: list[str]) -> None:
        folder = self.get_dir()
        for index, text in enumerate(obj):
            with open(os.path.join(folder, f"{index}.txt"), "w") as file:
                file.write(text)

    def load(self) -> list[str]:
        folder = self.get_dir()
        texts = []
        for name in sorted(os.listdir(folder), key=lambda name: int(name.split(".")[0])):
            with open(os.path.join(folder, name)) as file:
                texts.append(file.read())
        return texts


def numbers(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size())


def table(seed: int) -> pd.DataFrame:
    half = size() // 2
    return pd.DataFrame({"x": numbers(seed), "i": range(2 * half), "s": ["a", "b"] * half})


def referenced(seed: int) -> str:
    return f"{os.environ.get('SUBJECT_REFERENCED', seed)}," * size()


def texts(drawn: np.ndarray) -> list[str]:
    return [f"{number:.6f}" * 10 for number in drawn[:30]]


@stage(
    outputs=["pickled", "plain", "frame", "rows"],
    cachers=[PickleCacher, JsonCacher, PandasCacher(format="parquet"), PandasCsvCacher],
)
def make(record: Record, salt: int) -> tuple[Any, ...]:
    say("executed", record, "make")
    seed = record.params.seed + salt
    return numbers(seed), {"seed": seed, "list": list(range(20))}, table(seed), table(seed)


@stage(["pickled", "plain"], ["two", "many"], [TwoFiles, Folder])
def divide(record: Record, pickled: np.ndarray, plain: dict[str, Any]) -> tuple[Any, Any]:
    say("executed", record, "divide")
    return {"head": f"{plain['seed']}," * size(), "numbers": pickled * 2}, texts(pickled)


@stage(["two"], [Lazy("big"), "files"], [PickleCacher, FileReferenceCacher])
def keep(record: Record, two: dict[str, Any]) -> tuple[Any, Any]:
    say("executed", record, "keep")
    path = record.get_path("referenced.txt")
    with open(path, "w") as file:
        file.write(referenced(int(two["head"].split(",")[0])))
    return two["numbers"] + 1, [path]


@stage(["big", "plain", "rows", "many", "frame", "files"], ["score"], [JsonCacher])
def score(
    record: Record, big: Any, plain: Any, rows: Any, many: Any, frame: Any, files: Any
) -> dict[str, Any]:
    say("executed", record, "score")
    with open(files[0]) as file:
        words = file.read().split(",")
    return {
        "big": float(np.sum(big)),
        "plain": plain["seed"],
        "rows": float(rows["x"].sum()),
        "many": len("".join(many)),
        "frame": float(frame["x"].sum()),
        "files": [words[0], words[-2], len(words)],
    }


@aggregate(["score"], ["all"], [JsonCacher])
def collect(record: Record, records: list[Record], score: dict[Record, Any]) -> dict[str, Any]:
    say("executed", record, "collect")
    return {one.params.name: value for one, value in score.items()}


def true_score(seed: int) -> dict[str, Any]:
    """The right score, computed without any stage."""
    drawn = numbers(seed)
    return {
        "big": float(np.sum(drawn * 2 + 1)),
        "plain": seed,
        "rows": float(pd.Series(drawn).sum()),
        "many": len("".join(texts(drawn))),
        "frame": float(pd.Series(drawn).sum()),
        "files": [*referenced(seed).split(",")[:1] * 2, size() + 1],
    }


def wrong_values(record: Record, seed: int) -> list[str]:
    """Names of outputs that are not what they should be."""
    state, drawn = record.state, numbers(seed)
    with open(state["files"][0]) as file:
        text = file.read()
    right = {
        "pickled": np.array_equal(state["pickled"], drawn),
        "plain": state["plain"] == {"seed": seed, "list": list(range(20))},
        "frame": state["frame"].equals(table(seed)),
        "rows": np.array_equal(state["rows"]["x"], drawn),
        "two": np.array_equal(state["two"]["numbers"], drawn * 2)
        and state["two"]["head"] == f"{seed}," * size(),
        "many": state["many"] == texts(drawn),
        "big": np.array_equal(state["big"], drawn * 2 + 1),
        "files": text == referenced(seed),
        "score": state["score"] == true_score(seed),
    }
    return [name for name, is_right in right.items() if not is_right]


def run(param_sets: list[Params], manager: ArtifactManager) -> None:
    salt = int(os.environ.get("SUBJECT_SALT", "0"))
    records = []
    for params in param_sets:
        record = Record(manager, params)
        records.append(record)
        for step in (make, divide, keep, score):
            step(record, salt=salt) if step is make else step(record)
            if not manager.map_mode:
                say("finished", record, step.__name__)
    together = collect(Record(manager, None), records)
    if manager.map_mode:
        return
    say("finished", together, "collect")
    for record in records:
        for name in wrong_values(record, record.params.seed + salt):
            say("wrong", record, name)
    truth = {str(seed): true_score(seed + salt) for seed in SEEDS}
    if together.state["all"] != truth:
        say("wrong", together, "all")
    say("checked")


def get_params() -> list[Params]:
    return [Params(name=str(seed), seed=seed) for seed in SEEDS]
