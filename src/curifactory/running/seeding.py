"""The global random generators and one stage call: seeded for it, or seen to be drawn from."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from curifactory.hashing import digest
from curifactory.request import Request
from curifactory.running import generators
from curifactory.running.after_import import AfterImport
from curifactory.running.generators import GENERATORS, Generator

_HEX_DIGITS = 8  # 32 bits: what each library takes as a seed


def seed_of(experiment: str, request: Request) -> int:
    """The seed of a stage call: equal in each run, in any order and in any process.

    A call whose artifacts have no parameters in their name has none in its seed either.

    Parameters
    ----------
    experiment : str
        Name of the experiment.
    request : Request
        The call.

    Returns
    -------
    int
        Below 2**32.
    """
    record_hash = None if request.is_static else request.record_hash
    return seed_from(experiment, record_hash, request.definition.name)


def seed_from(experiment: str, record_hash: str | None, stage: str) -> int:
    """The seed that belongs to names; `seed_of` gives that of a call."""
    return int(digest(("seed", experiment, record_hash, stage))[:_HEX_DIGITS], 16)


class RandomCall:
    """The global random generators while one stage is called and its outputs are saved.

    With a seed, they are seeded before and put back afterwards, so that the call neither depends on
    what was drawn before nor changes what is drawn next. A library that the stage imports only then
    is seeded as soon as it is there. Without a seed, they are only looked at.

    Parameters
    ----------
    seed : int or None
        The seed, if the call is to have its own.

    Attributes
    ----------
    drew_unseeded : bool
        Afterwards: whether the call drew from a generator that was not seeded for it.
    """

    def __init__(self, seed: int | None) -> None:
        self.drew_unseeded = False
        self._seed = seed
        self._before: dict[str, Any] = {}
        self._imports: AfterImport | None = None

    def __enter__(self) -> Self:
        return self

    def begin(self) -> None:
        """The inputs are there: what is drawn from now on is drawn by the call."""
        self._before = dict(generators.states())
        if self._seed is not None:
            for one in generators.generators():
                one.seed(self._seed)
            absent = {one.module: one for one in GENERATORS if one.name not in self._before}
            self._imports = AfterImport(absent, self._take_in)
            self._imports.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._imports is not None:
            self._imports.end()
            generators.put_back(self._before)
        elif self._before:
            self.drew_unseeded = bool(generators.changed_since(self._before))

    def _take_in(self, generator: Generator) -> None:
        """A generator has come to be during the call."""
        if self._seed is None or generator not in generators.generators():
            return  # loaded by hand, and not as the module of its name
        self._before[generator.name] = generator.state()
        generator.seed(self._seed)
