"""The same five stages as plain functions, for tools that call functions by the names of inputs."""

from __future__ import annotations

from typing import Any


def numbers(seed: int, depth: int) -> list[int]:
    return [seed + step for step in range(depth)]


def scaled(numbers: list[int], rate: float) -> list[float]:
    return [number * rate for number in numbers]


def model(scaled: list[float], kind: str) -> dict[str, Any]:
    return {"kind": kind, "weights": scaled}


def predicted(model: dict[str, Any], rate: float) -> list[float]:
    return [weight + rate for weight in model["weights"]]


def score(predicted: list[float], depth: int) -> float:
    return sum(predicted) / depth
