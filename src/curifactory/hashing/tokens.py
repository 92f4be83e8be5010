"""The bytes that values turn into.

Every value becomes one *token*: bytes that say what they are and where they end, so tokens can
follow each other without two different values ever giving the same bytes. A leaf's token holds
its content; a long leaf, and everything made of parts, holds a digest instead, so no token is long.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

ENCODING_VERSION = 1
"""Counts up when any value would get another digest than before."""

_DIGEST_SIZE = 16
_LONGEST_INLINE = 256
_LENGTHS = [b"%d:" % length for length in range(_LONGEST_INLINE + 1)]
_TEXT = b"str:"
_TEXT_BEGINNINGS = [_TEXT + length for length in _LENGTHS]


def hasher(beginning: bytes) -> blake2b:
    """Give a hasher that has seen ``beginning`` and takes more."""
    return blake2b(beginning, digest_size=_DIGEST_SIZE)


def leaf(tag: bytes, content: bytes) -> bytes:
    """Give the token of something without parts; ``tag`` ends with a colon and has no other."""
    length = len(content)
    if length <= _LONGEST_INLINE:
        return tag + _LENGTHS[length] + content
    return b"%b%d:%b" % (tag, length, hasher(content).digest())


def node(tag: bytes, parts: Iterable[bytes]) -> bytes:
    """Give the token of something made of parts, from the tokens of these in order."""
    return tag + hasher(tag + b"".join(parts)).digest()


def text(content: str) -> bytes:
    """Give the token of a string, lone surrogates included."""
    data = content.encode("utf-8", "surrogatepass")
    if len(data) <= _LONGEST_INLINE:
        # there may be a column full of them
        return _TEXT_BEGINNINGS[len(data)] + data
    return leaf(_TEXT, data)


def root(token: bytes) -> str:
    """Give the digest that the outer world sees: 32 hexadecimal digits."""
    return hasher(b"curifactory:%d:" % ENCODING_VERSION + token).hexdigest()
