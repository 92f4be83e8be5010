"""An experiment in which most parameter sets share early work: copies, and aggregates over all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curifactory import ArtifactManager, ExperimentParameters, Record, aggregate, stage
from curifactory.caching import JsonCacher

SETS_PER_SOURCE = 10


@dataclass
class Shared(ExperimentParameters):
    """What a model is made with; ``source`` says which data."""

    source: int = 0
    rate: float = 0.1


@stage(None, ["rows"], [JsonCacher])
def read(record: Record) -> list[int]:
    return [record.params.source + step for step in range(20)]


@stage(["rows"], ["clean"], [JsonCacher])
def clean(record: Record, rows: list[int]) -> list[int]:
    return [row for row in rows if row % 3]


@stage(["clean"], ["model"], [JsonCacher])
def fit(record: Record, clean: list[int]) -> list[float]:
    return [row * record.params.rate for row in clean]


@stage(["model"], ["score"], [JsonCacher])
def score(record: Record, model: list[float]) -> float:
    return sum(model) / len(model)


@aggregate(["score"], ["best"], [JsonCacher])
def best(record: Record, records: list[Record], score: dict[Record, float]) -> float:
    return max(score.values())


@aggregate(["score"], ["table"], [JsonCacher])
def tabulate(record: Record, records: list[Record], score: dict[Record, float]) -> list[float]:
    return sorted(score.values())


def parameter_sets(count: int) -> list[Shared]:
    """Parameter sets that all differ, ten of which share their data."""
    return [
        Shared(f"set {number}", source=number // SETS_PER_SOURCE, rate=number / 10)
        for number in range(count)
    ]


def steps(count: int) -> int:
    """How many different steps there are."""
    return 2 * -(-count // SETS_PER_SOURCE) + 2 * count + 2


def run(param_sets: list[Shared], manager: ArtifactManager) -> list[Any]:
    """Read and clean each source once, go on with copies, compare all."""
    sources: dict[int, Record] = {}
    records = []
    for params in param_sets:
        if params.source not in sources:
            source = Shared(f"source {params.source}", source=params.source)
            sources[params.source] = clean(read(Record(manager, source)))
        records.append(score(fit(sources[params.source].make_copy(params))))
    whole = tabulate(best(Record(manager, None), records), records)
    return [] if manager.map_mode else [whole.state["best"], whole.state["table"]]
