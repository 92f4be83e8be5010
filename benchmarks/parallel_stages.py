"""Experiments whose stages only use the processor, for measuring what sending them costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from curifactory import ArtifactManager, ExperimentParameters, Record, aggregate, stage
from curifactory.caching import JsonCacher

COMMON_SECONDS, CHAIN_SECONDS, TINY_SECONDS = 2.0, 0.5, 0.001


def use_processor(seconds: float) -> float:
    """Compute for so many seconds of processor time."""
    until = time.process_time() + seconds
    total = 0.0
    while time.process_time() < until:
        total += sum(number * number for number in range(200))
    return total


def tiny(number: int) -> int:
    """What a tiny step does."""
    use_processor(TINY_SECONDS)
    return number


def chain(number: int) -> int:
    """What one of the long steps does."""
    use_processor(CHAIN_SECONDS)
    return number


@dataclass
class Work(ExperimentParameters):
    """One parameter set."""

    number: int = 0


@stage(outputs=["common"], cachers=[JsonCacher])
def common_stage(record: Record) -> int:
    use_processor(COMMON_SECONDS)
    return 1


@stage(["common"], ["result"], [JsonCacher])
def chain_stage(record: Record, common: int) -> int:
    return chain(record.params.number)


@aggregate(["result"], ["total"], [JsonCacher])
def total_stage(record: Record, records: list[Record], result: dict[Record, int]) -> int:
    return sum(result.values())


@stage(outputs=["value"])
def tiny_stage(record: Record) -> int:
    return tiny(record.params.number)


@stage(outputs=["value"], cachers=[JsonCacher])
def kept_stage(record: Record) -> int:
    return tiny(record.params.number)


def parameter_sets(count: int) -> list[Work]:
    """Parameter sets that all differ."""
    return [Work(f"set {number}", number=number) for number in range(count)]


def run_chains(param_sets: list[Work], manager: ArtifactManager) -> None:
    """One common stage, a step per set, one aggregate."""
    common = common_stage(Record(manager, Work("common", number=-1)))
    total_stage(Record(manager, None), [chain_stage(common.make_copy(one)) for one in param_sets])


def run_all(stage_: Callable[..., Any]) -> Callable[[list[Work], ArtifactManager], None]:
    """One step per set."""

    def run(param_sets: list[Work], manager: ArtifactManager) -> None:
        for one in param_sets:
            stage_(Record(manager, one))

    return run
