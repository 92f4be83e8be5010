"""An experiment with every kind of cacher, whose right values are known without any cache."""

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
from curifactory.experiment.passes import carry_out

SIZE = int(os.environ.get("SUBJECT_SIZE", "200"))
executed: list[str] = []


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
    return np.random.default_rng(seed).normal(size=SIZE)


def table(seed: int) -> pd.DataFrame:
    return pd.DataFrame({"x": numbers(seed), "i": range(SIZE), "s": ["a", "b"] * (SIZE // 2)})


def note(record: Record, name: str) -> None:
    executed.append(f"{record.name} {name}")


@stage(
    outputs=["pickled", "plain", "frame", "rows"],
    cachers=[PickleCacher, JsonCacher, PandasCacher(format="parquet"), PandasCsvCacher],
)
def make(record: Record) -> tuple[Any, ...]:
    note(record, "make")
    seed = record.params.seed
    return numbers(seed), {"seed": seed, "list": list(range(20))}, table(seed), table(seed)


@stage(["pickled"], ["two", "many"], [TwoFiles, Folder])
def divide(record: Record, pickled: np.ndarray) -> tuple[Any, Any]:
    note(record, "divide")
    return {"head": "h" * SIZE, "numbers": pickled * 2}, [f"{n:.6f}" * 10 for n in pickled[:30]]


@stage(["two"], [Lazy("big"), "files"], [PickleCacher, FileReferenceCacher])
def keep(record: Record, two: dict[str, Any]) -> tuple[Any, Any]:
    note(record, "keep")
    path = record.get_path("referenced.txt")
    with open(path, "w") as file:
        file.write(two["head"])
    return two["numbers"] + 1, [path]


@stage(["big", "plain", "rows", "many", "frame", "files"], ["score"], [JsonCacher])
def score(
    record: Record, big: Any, plain: Any, rows: Any, many: Any, frame: Any, files: Any
) -> dict[str, Any]:
    note(record, "score")
    with open(files[0]) as file:
        length = len(file.read())
    return {
        "big": float(np.sum(big)),
        "plain": plain["seed"],
        "rows": float(rows["x"].sum()),
        "many": len("".join(many)),
        "frame": float(frame["x"].sum()),
        "files": length,
    }


@aggregate(["score"], ["all"], [JsonCacher])
def collect(record: Record, records: list[Record], score: dict[Record, Any]) -> dict[str, Any]:
    note(record, "collect")
    return {one.params.name: value for one, value in score.items()}


def truth(seed: int) -> dict[str, float]:
    """The right score of a parameter set, computed without any stage."""
    drawn = numbers(seed)
    return {
        "big": float(np.sum(drawn * 2 + 1)),
        "plain": seed,
        "rows": float(pd.Series(drawn).sum()),
        "many": len("".join(f"{n:.6f}" * 10 for n in drawn[:30])),
        "frame": float(pd.Series(drawn).sum()),
        "files": SIZE,
    }


SEEDS = (1, 2)


def run(param_sets: list[Params], manager: ArtifactManager) -> dict[str, Any]:
    records = [score(keep(divide(make(Record(manager, params))))) for params in param_sets]
    every = collect(Record(manager, None), records)
    wrong = {}
    for record in records:
        seed = record.params.seed
        values = record.state
        same = {
            "pickled": np.array_equal(values["pickled"], numbers(seed)),
            "plain": values["plain"] == {"seed": seed, "list": list(range(20))},
            "frame": values["frame"].equals(table(seed)),
            "two": np.array_equal(values["two"]["numbers"], numbers(seed) * 2)
            and values["two"]["head"] == "h" * SIZE,
            "many": values["many"] == [f"{n:.6f}" * 10 for n in numbers(seed)[:30]],
            "big": np.array_equal(values["big"], numbers(seed) * 2 + 1),
            "rows": np.allclose(values["rows"]["x"], table(seed)["x"], rtol=0, atol=0),
        }
        wrong.update({f"{seed} {name}": False for name, right in same.items() if not right})
    for name, found in every.state["all"].items():
        for key, value in truth(int(name)).items():
            if not np.isclose(found[key], value, rtol=1e-12):
                wrong[f"{name} {key}"] = (found[key], value)
    return wrong


def run_once(**settings: Any) -> tuple[dict[str, Any], list[str]]:
    """One run of the experiment in the working folder: what was wrong, and what was executed."""
    executed.clear()
    manager = ArtifactManager("subject", status_override="running", **settings)
    try:
        params = [Params(name=str(seed), seed=seed) for seed in SEEDS]
        wrong = carry_out(run, params, manager, use_plan=True)
        manager.finish("complete")
    finally:
        manager.close()
    return wrong, list(executed)
