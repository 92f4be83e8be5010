"""One walk over one value, through containers that may hold themselves."""

from __future__ import annotations

from curifactory.errors import UnhashableValueError
from curifactory.hashing.registry import ENCODERS, LEAVES, Encoder
from curifactory.hashing.search import encoder_for
from curifactory.hashing.tokens import root

_MOST_REPEATS = 20_000


def digest(value: object) -> str:
    """Give the identity of a value: equal for equal content, today, tomorrow and elsewhere.

    Parameters
    ----------
    value : object
        Nearly anything: numbers, containers, arrays, data frames, dataclasses, functions, ...

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    UnhashableValueError
        A part of the value has no content that would be the same tomorrow, such as an open file.
        The message and ``place`` say which part.
    """
    return root(token_of(value))


def token_of(value: object) -> bytes:
    """Give the token of a value, with errors that name the place; see `digest`."""
    try:
        return Walk().token(value)
    except UnhashableValueError as error:
        raise _with_place(error, value) from error.__cause__
    except RecursionError:
        raise UnhashableValueError(
            f"A value of type '{type(value).__qualname__}' cannot be hashed: it is nested too "
            f"deeply. {WAYS_OUT}"
        ) from None


WAYS_OUT = (
    "Leave it out or replace it by what it stands for with hash_representations = "
    "set_hash_functions(...) in the parameter class, or teach curifactory its type once with "
    "curifactory.hashing.register_encoder(type, function)."
)


def _with_place(error: UnhashableValueError, value: object) -> UnhashableValueError:
    where = f". At '{error.place}' in it" if error.place else ""
    kind = type(value).__qualname__
    message = f"A value of type '{kind}' cannot be hashed{where}: {error}. {WAYS_OUT}"
    return UnhashableValueError(message, error.place)


class Walk:
    """Gives tokens, and knows which containers it is inside of."""

    __slots__ = ("_depths", "_done", "_highest", "_knots", "_repeats", "_visits")

    def __init__(self) -> None:
        self._depths: dict[int, int] = {}
        self._done: dict[int, tuple[object, bytes]] = {}
        self._knots: dict[int, object] = {}
        self._highest = 0
        self._repeats = 0
        self._visits = 0

    def token(self, value: object) -> bytes:
        """Give the token of a value or of a part of one.

        Raises
        ------
        UnhashableValueError
            With the place as seen from ``value``; whoever holds the part puts its step in front.
        """
        leaf = LEAVES.get(type(value))
        if leaf is not None:
            return leaf(value)
        return self._visit(id(value), value, None)

    def bare(self, value: object, encode: Encoder) -> bytes:
        """Give the token of a value as ``encode`` sees it, in place of the encoder of its class."""
        # addresses are positive, so the two views of one object do not meet
        return self._visit(-id(value), value, encode)

    def part(self, step: str, value: object) -> bytes:
        """Give the token of a part that is reached by ``step``, such as ``".name"``."""
        try:
            return self.token(value)
        except UnhashableValueError as error:
            error.place = step + error.place
            raise

    def _visit(self, key: int, value: object, encode: Encoder | None) -> bytes:
        depth = self._depths.get(key)
        if depth is not None:
            self._highest = min(self._highest, depth)
            return b"up:%d:" % (len(self._depths) - depth)
        if key in self._done:
            return self._done[key][1]
        if key in self._knots:
            self._count_repeat()
        if encode is None:
            encode = ENCODERS.get(type(value)) or encoder_for(type(value))
        return self._enter(key, value, encode)

    def _enter(self, key: int, value: object, encode: Encoder) -> bytes:
        depth = self._depths[key] = len(self._depths)
        outside, self._highest = self._highest, depth
        self._visits = before = self._visits + 1
        try:
            token = encode(value, self)
        finally:
            del self._depths[key]
        if self._highest < depth:
            self._knots[key] = value
        elif self._visits > before:
            # only what has containers inside is worth remembering
            self._done[key] = (value, token)
        self._highest = min(outside, self._highest)
        return token

    def _count_repeat(self) -> None:
        # objects that all refer to each other have more paths than anybody can walk
        self._repeats += 1
        if self._repeats > _MOST_REPEATS:
            raise UnhashableValueError("its objects refer to each other in too many ways")
