"""The metadata document beside an artifact: written whole, read back only if it is whole."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any

from curifactory.store.digest import digest_bytes

SCHEMA = 1
_DIGEST_LINE = b',\n  "digest": "'
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class BrokenMetadata(Exception):  # noqa: N818 - it never leaves the store
    """A metadata file does not parse or is not what was written; the text says which."""


def render(document: dict[str, Any]) -> bytes:
    """The document as JSON that a person can read, one entry a line, its own digest last."""
    body = ",\n".join(f"  {_text(key)}: {_block(value)}" for key, value in document.items())
    data = ("{\n" + body).encode("utf-8", "surrogatepass")
    return data + _DIGEST_LINE + digest_bytes(data).encode() + b'"\n}\n'


def parse(data: bytes) -> dict[str, Any]:
    """The document that `render` wrote, checked against its digest.

    A document without a ``schema`` is of an older layout and has no digest to check.

    Raises
    ------
    BrokenMetadata
        If it does not parse, or was changed.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenMetadata(f"its metadata does not parse ({error})") from None
    if not isinstance(document, dict):
        raise BrokenMetadata("its metadata is not a JSON object")
    if "schema" not in document:
        # one flipped bit in the word must not pass for an older layout
        if _DIGEST_LINE in data:
            raise BrokenMetadata("its metadata was changed after it was written")
        return document
    if document["schema"] != SCHEMA:
        raise BrokenMetadata(f"its metadata has schema {document['schema']!r}, not {SCHEMA}")
    body, line, _ = data.rpartition(_DIGEST_LINE)
    if not line or document.pop("digest", None) != digest_bytes(body):
        raise BrokenMetadata("its metadata was changed after it was written")
    return document


def _block(value: Any) -> str:
    """A value on one line, but a dictionary with one entry a line."""
    if not isinstance(value, dict) or not value:
        return _text(value)
    lines = ",\n".join(f"    {_text(str(key))}: {_text(item)}" for key, item in value.items())
    return "{\n" + lines + "\n  }"


def _text(value: Any) -> str:
    # most entries are these, and a general encoder costs more to set up than to run
    if type(value) is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if type(value) is int:
        return repr(value)
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError):
        # keys that JSON does not know, or a structure that holds itself
        return _encode(repr(value))
