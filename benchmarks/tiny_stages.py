"""An experiment whose stages do next to nothing: what it costs is what the engine costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curifactory import ArtifactManager, ExperimentParameters, Record, stage
from curifactory.caching import JsonCacher

STAGES_PER_SET = 5


@dataclass
class Tiny(ExperimentParameters):
    """A parameter set of the usual size: a few numbers, a text, a list."""

    seed: int = 0
    rate: float = 0.1
    depth: int = 6
    kind: str = "tree"
    layers: tuple[int, ...] = (64, 32, 16)


@stage(None, ["numbers"], [JsonCacher])
def make_numbers(record: Record) -> list[int]:
    return [record.params.seed + step for step in range(record.params.depth)]


@stage(["numbers"], ["scaled"], [JsonCacher])
def scale(record: Record, numbers: list[int]) -> list[float]:
    return [number * record.params.rate for number in numbers]


@stage(["scaled"], ["model"], [JsonCacher])
def fit(record: Record, scaled: list[float]) -> dict[str, Any]:
    return {"kind": record.params.kind, "weights": scaled}


@stage(["model"], ["predicted"], [JsonCacher])
def predict(record: Record, model: dict[str, Any]) -> list[float]:
    return [weight + record.params.rate for weight in model["weights"]]


@stage(["predicted"], ["score"], [JsonCacher])
def evaluate(record: Record, predicted: list[float]) -> float:
    depth: int = record.params.depth
    return sum(predicted) / depth


def parameter_sets(count: int) -> list[Tiny]:
    """Parameter sets that all differ."""
    return [Tiny(f"set {number}", seed=number) for number in range(count)]


def run(param_sets: list[Tiny], manager: ArtifactManager) -> list[float]:
    """Send each set through the five stages, then read every result."""
    records = [
        evaluate(predict(fit(scale(make_numbers(Record(manager, one)))))) for one in param_sets
    ]
    return [] if manager.map_mode else [record.state["score"] for record in records]
