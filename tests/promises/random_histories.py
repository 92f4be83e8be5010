"""Random experiments, and what may happen to their cache from one run to the next."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from random_experiments import Action, Call, Copy, Experiment, New, Out, Read, Stage

NAMES = ("data", "x", "y")
SIZES = st.integers(1, 3)
POLICIES = st.sampled_from(("rerun", "rerun", "warn", "ignore", "error"))
MODES = st.sampled_from(("plan", "plan", "plan", "no plan", "live"))


@dataclass(frozen=True)
class Round:
    """What happens to the cache, and the run after it.

    ``harm`` is ``(what, which)``: ``which`` counts the files there, from 0 to below 1.
    ``edits`` are numbers of stages whose code is edited.
    ``overwrite`` is ``"all"``, a number of a stage, the name of a parameter set, or ``None``.
    ``policy`` is what happens to artifacts whose code changed.
    ``accepted`` says whether all edits are accepted after the run, as making no difference.
    """

    harm: tuple[tuple[str, float], ...]
    overwrite: str | int | None
    mode: str
    sizes: tuple[int, ...]
    edits: tuple[int, ...] = ()
    policy: str = "rerun"
    accepted: bool = False


@dataclass(frozen=True)
class History:
    """An experiment with all its rounds; each is followed by a run in which nothing changed."""

    experiment: Experiment
    rounds: tuple[Round, ...]


# -------------------------------------------------------------------- experiments


@st.composite
def histories(draw: Any, size: int = 10) -> History:
    """A history of up to three rounds of an experiment of up to ``size`` actions."""
    sets = draw(st.integers(1, 3))
    stages = [draw(_stages(f"s{i}", reads=i > 0)) for i in range(draw(st.integers(2, 5)))]
    stages += [draw(_stages(f"all{i}", True, True)) for i in range(draw(st.integers(0, 2)))]
    experiment = Experiment(tuple(stages), draw(_actions(tuple(stages), sets, size)))
    sizes = st.tuples(*[SIZES] * sets)
    first = Round((), None, draw(MODES), draw(sizes))
    later = [draw(_rounds(first, sizes)) for _ in range(draw(st.integers(1, 2)))]
    return History(experiment, (first, *later))


@st.composite
def _stages(draw: Any, name: str, reads: bool, is_aggregate: bool = False) -> Stage:
    takes = draw(st.sampled_from((1, 1, 2, 0))) if reads else 0
    inputs = draw(st.permutations(NAMES))[:takes]
    makes = draw(st.sampled_from((1, 2, 1, 2, 3, 0)))
    lazy = st.sampled_from(("", "", "lazy", "unresolved"))
    outputs = [Out(each, draw(lazy)) for each in draw(st.permutations(NAMES))[:makes]]
    return Stage(
        name,
        tuple(inputs),
        tuple(outputs),
        draw(st.sampled_from(("json", "pickle", "json", None))),
        draw(st.booleans()),
        is_aggregate,
    )


@st.composite
def _actions(draw: Any, stages: tuple[Stage, ...], sets: int, size: int) -> tuple[Action, ...]:
    """Actions that can be done one after the other: what is called has its inputs."""
    known: list[set[str]] = [set() for _ in range(sets)]
    actions: list[Action] = [New(index) for index in range(sets)]
    for _ in range(draw(st.integers(size // 2, size))):
        record = draw(st.integers(0, len(known) - 1))
        kind = draw(st.sampled_from(("call", "call", "call", "call", "new", "copy", "read")))
        action: Action
        if kind == "new":
            action = New(draw(st.none() | st.integers(0, sets - 1)))
            known.append(set())
        elif kind == "copy":
            params = draw(st.none() | st.integers(0, sets - 1))
            action = Copy(record, params, draw(st.booleans()))
            known.append(set(known[record]))
        elif kind == "read" and known[record]:
            action = Read(record, draw(st.sampled_from(sorted(known[record]))), draw(st.booleans()))
        else:
            action = draw(_calls(stages, known, record))
            known[record] |= stages[action.stage].names
        actions.append(action)
    if draw(st.booleans()):
        actions += [Read(r, name, False) for r, names in enumerate(known) for name in sorted(names)]
    return tuple(actions)


@st.composite
def _calls(draw: Any, stages: tuple[Stage, ...], known: list[set[str]], record: int) -> Call:
    able = [i for i, s in enumerate(stages) if s.is_aggregate or known[record].issuperset(s.inputs)]
    index = draw(st.sampled_from(able))
    if not stages[index].is_aggregate or draw(st.booleans()):
        return Call(index, record)
    others = st.lists(st.integers(0, len(known) - 1), min_size=1, max_size=4, unique=True)
    return Call(index, record, tuple(draw(others)))


@st.composite
def _rounds(draw: Any, first: Round, sizes: st.SearchStrategy[tuple[int, ...]]) -> Round:
    which = st.sampled_from([number / 16 for number in range(16)])
    harms = draw(st.sampled_from((1, 2, 3, 0)))
    harm = [(draw(st.sampled_from(sorted(HARM))), draw(which)) for _ in range(harms)]
    overwrite = draw(
        st.none() | st.none() | st.just("all") | st.integers(0, 6) | st.sampled_from(("p0", "p1"))
    )
    return Round(
        tuple(harm),
        overwrite,
        draw(MODES),
        draw(st.just(first.sizes) | st.just(first.sizes) | sizes),
        tuple(draw(st.lists(st.integers(0, 6), max_size=2))),
        draw(POLICIES),
        draw(st.sampled_from((False, False, False, True))),
    )


# --------------------------------------------------------------------------- harm


def _delete(path: Path, _: Path) -> None:
    path.unlink()


def _delete_metadata(path: Path, _: Path) -> None:
    _metadata(path).unlink(missing_ok=True)


def _cut(path: Path, _: Path) -> None:
    _replace(path, path.read_bytes()[:-1])


def _flip(path: Path, _: Path) -> None:
    data = bytearray(path.read_bytes())
    if data:
        data[len(data) // 2] ^= 1
    _replace(path, bytes(data))


def _flip_metadata(path: Path, _: Path) -> None:
    if _metadata(path).exists():
        _flip(_metadata(path), path)


def _exchange(path: Path, other: Path) -> None:
    """One artifact's bytes in the place of another's, each whole."""
    _replace(path, other.read_bytes())


def _exchange_all(path: Path, other: Path) -> None:
    _exchange(path, other)
    if _metadata(other).exists():
        _replace(_metadata(path), _metadata(other).read_bytes())


HARM: dict[str, Callable[[Path, Path], None]] = {
    "delete": _delete,
    "delete metadata": _delete_metadata,
    "cut": _cut,
    "flip": _flip,
    "flip metadata": _flip_metadata,
    "exchange": _exchange,
    "exchange with metadata": _exchange_all,
}


def harm(cache: Path, what: str, which: float) -> None:
    """Do something to one artifact in the cache folder, if there is any."""
    files = sorted(path for path in cache.iterdir() if "_metadata" not in path.name)
    if files:
        position = int(which * len(files))
        HARM[what](files[position], files[position - 1])


def _metadata(path: Path) -> Path:
    return path.with_name(f"{path.stem}_metadata.json")


_tick = itertools.count(1)


def _replace(path: Path, data: bytes) -> None:
    """Write a file as somebody would later: with an inode and times of its own."""
    aside = path.with_name("aside")
    aside.write_bytes(data)
    os.utime(aside, ns=(next(_tick), next(_tick)))
    shutil.move(aside, path)
