"""Digests of fields by name, and one over them."""

from __future__ import annotations

from collections.abc import Mapping

from curifactory.hashing.tokens import root


class Digests(dict[str, str]):
    """Digests of fields by name, and one digest over them.

    Attributes
    ----------
    key : str
        Over all.
    """

    __slots__ = ("key",)

    def __init__(self, digests: Mapping[str, str]) -> None:
        super().__init__(digests)
        self.key = key_of_digests(digests)


def key_of_digests(digests: Mapping[str, str]) -> str:
    """Give one digest over names and digests of fields."""
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(digests.items()))
    return root(text.encode())
