"""Classes and functions that the tests hash values of."""

from __future__ import annotations

import enum
from collections import namedtuple
from dataclasses import dataclass, field
from functools import cached_property
from typing import Optional

from curifactory.params import ExperimentParameters, set_hash_functions

Point = namedtuple("Point", "x y")
Spot = namedtuple("Spot", "x y")


class Level(enum.IntEnum):
    LOW = 1
    ALSO_LOW_ELSEWHERE = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Number(int):
    pass


class Text(str):
    __slots__ = ()


class Table(dict):
    pass


class Row(list):
    __slots__ = ("label",)


class Thing:
    def __init__(self, **fields):
        self.__dict__.update(fields)


class OtherThing(Thing):
    pass


class Slotted:
    __slots__ = ("_a", "b")

    def __init__(self, a, b):
        self._a, self.b = a, b


class Careful:
    """Says itself what its state is."""

    def __init__(self, x, cache):
        self.x, self.cache = x, cache

    def __getstate__(self):
        return {"x": self.x}


class Lazybones:
    def __init__(self, x):
        self.x = x

    @cached_property
    def double(self):
        return self.x * 2


class Empty:
    pass


class AlsoEmpty:
    pass


class Handle:
    """Only for tests that register an encoder."""

    def __init__(self, port):
        self.port, self.secret = port, object()


@dataclass
class Left:
    x: int = 1
    y: object = None


@dataclass
class Right:
    x: int = 1
    y: object = None


@dataclass
class Right2(Right):
    pass


@dataclass
class Pair:
    left: Left = field(default_factory=Left)
    right: Optional[Right] = None  # noqa: UP045
    either: Left | Right | None = None
    anything: object = None


@dataclass
class Node:
    value: int = 0
    next: Node | None = None


@dataclass
class Params(ExperimentParameters):
    a: object = None
    ab: object = None
    b: object = None
    left: Left | None = None
    right: "Right | None" = None  # noqa: UP037
    inner: "Params | None" = None  # noqa: UP037


@dataclass
class SameFields(ExperimentParameters):
    b: object = None
    a: object = None


@dataclass
class Represented(ExperimentParameters):
    a: object = None
    model: object = None
    workers: int = 1
    hash_representations: dict = set_hash_functions(
        workers=None, model=lambda self, model: (self.a, len(model))
    )


def adder(n):
    return lambda x: x + n


def subtractor(n):
    return lambda x: x - n


def powers():
    def power(x, n):
        return 1 if n == 0 else x * power(x, n - 1)

    return power


def local_class(step):
    class Local:
        def go(self, x):
            return x + step

    return Local


def local_dataclass(default):
    @dataclass
    class Local:
        x: int = default

        def double(self):
            return self.x * 2

    return Local
