"""The global random generators: Python's, NumPy's and torch's, as far as they are imported."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Generator:
    """One library's global random generator.

    Parameters
    ----------
    name : str
        How a reader calls it.
    module, has : str
        It is there as soon as this module is imported and has this attribute.
    state : callable
        Gives the state that it has now.
    put_back : callable
        Gives it a state again.
    seed : callable
        Seeds it with an integer below 2**32.
    """

    name: str
    module: str
    has: str
    state: Callable[[], Any]
    put_back: Callable[[Any], None]
    seed: Callable[[int], Any]


States = Mapping[str, Any]


def generators() -> list[Generator]:
    """The generators that are there now; nothing is imported."""
    return [one for one in GENERATORS if hasattr(sys.modules.get(one.module), one.has)]


def states() -> States:
    """The state of each generator that is there, by name."""
    return {one.name: one.state() for one in generators()}


def put_back(noted: States) -> None:
    """Give the generators the states that were noted."""
    for one in generators():
        if one.name in noted:
            one.put_back(noted[one.name])


def changed_since(noted: States) -> tuple[str, ...]:
    """Names of the generators that are in another state than noted: used, or seeded.

    One that was not there when the states were noted counts if it has been imported since, for
    nobody knows what it was used for.
    """
    return tuple(
        one.name
        for one in generators()
        if one.name not in noted or not _equal(one.state(), noted[one.name])
    )


def _numpy() -> Any:
    # an attribute: newer versions import it when it is first asked for
    return sys.modules["numpy"].random


def _seed_numpy(seed: int) -> None:
    try:
        _numpy().seed(seed)
    except TypeError:
        # numpy.random.set_bit_generator put one in its place that has no such function
        current = _numpy().get_bit_generator()
        current.state = type(current)(seed).state


def _torch() -> Any:
    return sys.modules["torch"]


def _torch_state() -> tuple[Any, Any]:
    torch = _torch()
    on_devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    return torch.get_rng_state(), on_devices


def _put_torch_back(state: tuple[Any, Any]) -> None:
    own, on_devices = state
    _torch().set_rng_state(own)
    if on_devices is not None:
        _torch().cuda.set_rng_state_all(on_devices)


GENERATORS = (
    Generator("random", "random", "getstate", random.getstate, random.setstate, random.seed),
    Generator(
        "numpy.random",
        "numpy",
        "random",
        lambda: _numpy().get_state(legacy=False),
        lambda state: _numpy().set_state(state),
        _seed_numpy,
    ),
    Generator(
        "torch",
        "torch",
        "get_rng_state",
        _torch_state,
        _put_torch_back,
        lambda seed: _torch().manual_seed(seed),
    ),
)


def _equal(one: Any, other: Any) -> bool:
    """Compare states: numbers in tuples, dictionaries, arrays and tensors."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if hasattr(one, "tobytes"):
        return bool(one.tobytes() == other.tobytes())
    if hasattr(one, "numpy"):
        return bool((one == other).all())
    if isinstance(one, list | tuple) and any(hasattr(part, "shape") for part in one):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
