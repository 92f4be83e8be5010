"""Encoders for the sparse matrices and arrays of scipy."""

from __future__ import annotations

from typing import Any

from curifactory.hashing.containers import in_order
from curifactory.hashing.registry import Walk, encoder
from curifactory.hashing.tokens import node, text


def add_encoders() -> None:
    """Make the encoders known; called when a value of scipy is first seen."""
    import sys

    if "scipy.sparse" in sys.modules:
        from scipy import sparse

        encoder(sparse.spmatrix, sparse.sparray, family=True)(_matrix)


def _matrix(value: Any, walk: Walk) -> bytes:
    kind = "matrix" if type(value).__name__.endswith("matrix") else "array"
    head = text(kind), text(value.format), walk.token(value.shape), walk.token(value.dtype)
    return node(b"sparse:", (*head, in_order(b"content:", _content(value), walk)))


def _content(value: Any) -> tuple[object, ...]:
    """Give the stored elements, each once and in order, with indices of one width."""
    canonical = value.tocoo(copy=False)
    if not canonical.has_canonical_format:
        canonical = canonical.copy()
        canonical.sum_duplicates()
    return (*(index.astype("int64", copy=False) for index in canonical.coords), canonical.data)
