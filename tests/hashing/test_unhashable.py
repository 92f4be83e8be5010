from __future__ import annotations

import socket
import threading
from pathlib import Path

import numpy as np
import pytest
import samples as s

from curifactory.errors import DefinitionError, UnhashableValueError
from curifactory.hashing import digest, register_encoder


class Unwilling:
    def __getstate__(self):
        raise TypeError("not me")


def generator():
    yield 1


UNHASHABLE = {
    "lock": threading.Lock,
    "re-entrant lock": threading.RLock,
    "thread": lambda: threading.Thread(target=print),
    "generator": generator,
    "iterator": lambda: iter([1]),
    "map": lambda: map(str, [1]),
    "bare object": object,
    "values of a dictionary": lambda: {}.values(),
    "class that refuses": Unwilling,
    "function made at run time": lambda: eval("lambda: 1"),
    "numpy function made at run time": lambda: np.frompyfunc(len, 1, 1),
}


@pytest.mark.parametrize("kind", UNHASHABLE)
def test_what_has_no_content_is_refused(kind: str) -> None:
    with pytest.raises(UnhashableValueError):
        digest(UNHASHABLE[kind]())


def test_open_files_and_sockets_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w") as file, pytest.raises(UnhashableValueError):
        digest(file)
    with socket.socket() as connection, pytest.raises(UnhashableValueError):
        digest(connection)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([1, [2, object()]], "[1][1]"),
        ({"a": {"b": object()}}, "['a']['b']"),
        ({3: (object(),)}, "[3][0]"),
        ({object()}, "{...}"),
        (s.Thing(layers=[1, object()]), ".layers[1]"),
        (s.Left(y={"k": object()}), ".y['k']"),
        (s.Slotted(1, object()), ".b"),
        (s.adder(object()), " (in its closure).n"),
        (np.array([1, object()], dtype=object), "[1]"),
    ],
)
def test_the_error_names_the_place_and_both_ways_out(value: object, place: str) -> None:
    with pytest.raises(UnhashableValueError) as caught:
        digest(value)
    assert caught.value.place == place
    assert place in str(caught.value)
    assert "hash_representations" in str(caught.value)
    assert "register_encoder" in str(caught.value)


def test_deep_nesting_is_a_clear_error() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(UnhashableValueError, match="too deeply"):
        digest(deep)


def test_what_is_shared_over_and_over_is_walked_once() -> None:
    shared: list[object] = [1]
    for _ in range(100):
        shared = [shared, shared]
    assert len(digest(shared)) == 32


def test_objects_that_all_refer_to_each_other_are_refused() -> None:
    crowd = [s.Thing() for _ in range(12)]
    for one in crowd:
        one.others = set(crowd)
    with pytest.raises(UnhashableValueError, match="in too many ways"):
        digest(crowd)


def test_a_registered_encoder_says_what_counts() -> None:
    with pytest.raises(UnhashableValueError):
        digest(s.Handle(1))

    class Registered(s.Handle):
        pass

    class Extended(Registered):
        pass

    register_encoder(Registered, lambda handle: handle.port)
    assert digest(Registered(1)) == digest(Registered(1))
    assert digest(Registered(1)) != digest(Registered(2))
    assert digest(Registered(1)) != digest(1)
    assert digest(Extended(1)) != digest(Registered(1))
    assert digest([Extended(1)]) != digest([Extended(2)])


def test_the_function_registered_last_is_used() -> None:
    class Registered(s.Handle):
        pass

    register_encoder(Registered, lambda handle: 1)
    constant = digest(Registered(1))
    register_encoder(Registered, lambda handle: handle.port + 1)
    assert digest(Registered(0)) == constant
    assert digest(Registered(1)) != constant


def test_a_registered_encoder_that_fails_is_named() -> None:
    class Registered(s.Handle):
        pass

    register_encoder(Registered, lambda handle: handle.nothing)
    with pytest.raises(UnhashableValueError, match=r"Registered.*AttributeError"):
        digest(Registered(1))
    register_encoder(Registered, lambda handle: handle)
    with pytest.raises(UnhashableValueError, match="gave the value itself back"):
        digest(Registered(1))


@pytest.mark.parametrize("cls", [int, dict, type(None), type, object, "Handle"])
def test_how_basic_classes_are_hashed_cannot_be_changed(cls: type) -> None:
    with pytest.raises(DefinitionError):
        register_encoder(cls, str)
