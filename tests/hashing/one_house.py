"""Things that have namesakes in ``other_house``."""

from dataclasses import dataclass
from enum import Enum


def work(x):
    return x + 1


class Tool:
    def __init__(self, size=1):
        self.size = size

    def use(self, x):
        return x * self.size


@dataclass
class Part:
    x: int = 1


class Colour(Enum):
    RED = 1
    BLUE = 2
