"""Documents as `curifactory.store.metadata` reads them, with lists too long to be held as text."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from curifactory.store.digest import METHOD, hasher
from curifactory.store.files import whole_file
from curifactory.store.metadata import render

_AT_ONCE = 256
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def write_document(path: str, document: dict[str, Any], durable: bool) -> None:
    """Write a document that is found whole or not at all; `durable`: forced to disk.

    Parameters
    ----------
    document : dict
        As `render` takes it. Where a value is an iterator, what it gives is written as a list, a
        few at a time; such values stand last.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    made = hasher(METHOD)
    with whole_file(path, durable) as file:
        for piece in _pieces(document):
            made.update(piece)
            file.write(piece)
        file.write(f',\n  "digest": "{METHOD}:{made.hexdigest()}"\n}}\n'.encode())


def _pieces(document: dict[str, Any]) -> Iterator[bytes]:
    """All but the digest, which is over these bytes."""
    lists = {name: value for name, value in document.items() if isinstance(value, Iterator)}
    short = render({name: value for name, value in document.items() if name not in lists})
    yield short[: short.rindex(b',\n  "digest": ')]
    for name, items in lists.items():
        yield f',\n  "{name}": ['.encode()
        separator = b""
        while some := list(itertools.islice(items, _AT_ONCE)):
            yield separator + _encode(some)[1:-1].encode("utf-8", "surrogatepass")
            separator = b", "
        yield b"]"
