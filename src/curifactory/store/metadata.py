"""The metadata document beside an artifact: written whole, read back only if it is whole."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from curifactory.store.digest import digest_bytes
from curifactory.store.files import read_whole

SCHEMA = 1
_SHORT = 8
_DIGEST_LINE = b',\n  "digest": "'
# what every look asks for stands at the end, so that nothing else need be parsed for it
END = ("recipe_digest", "unseeded", "timing", "commit")
_END_BEGINS = f',\n  "{END[0]}": '.encode()
_END_IS_KNOWN = f'{{\n  "{END[0]}": "'
_BEGINNING = f'{{\n  "schema": {SCHEMA},\n'.encode()
_NO_EXTRA = b',\n  "extra": {},\n'
_decode = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class BrokenMetadata(Exception):  # noqa: N818 - it never leaves the store
    """A metadata file does not parse or is not what was written; the text says which."""


def render(document: dict[str, Any]) -> bytes:
    """The document as JSON that a person can read, one entry a line, its own digest last."""
    entries = [(key, value) for key, value in document.items() if key not in END]
    entries += [(key, document[key]) for key in END if key in document]
    body = ",\n".join([f"  {_text(key)}: {_block(value)}" for key, value in entries])
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
    return MetadataDocument(data).whole()


class MetadataDocument:
    """A metadata document: checked when it is read, and parsed as far as it is asked for.

    Parameters
    ----------
    data : bytes
        The file's content.

    Raises
    ------
    BrokenMetadata
        As `parse`.
    """

    __slots__ = ("_data", "_end", "_path", "_whole")

    def __init__(self, data: bytes) -> None:
        body, line, _ = data.rpartition(_DIGEST_LINE)
        self._path = ""
        self._data = data
        self._whole: dict[str, Any] | None = None
        self._end: dict[str, Any] | None = None
        if _is_ours(data, body):
            end = _end_of(body)
            self._end = None if end is None else _decode(end)[0]
        else:
            self._whole = _parse_all(data, body if line else None)

    @classmethod
    def known(cls, path: str, end: dict[str, Any]) -> MetadataDocument:
        """The document in a file of which the end is known; the rest is read if it is asked for."""
        new = cls.__new__(cls)
        new._path, new._data, new._end, new._whole = path, b"", end, None
        return new

    def get(self, name: str) -> Any:
        """One entry; ``None`` if there is none.

        Raises
        ------
        BrokenMetadata
            If it has to be read, and is not what was known of it any more.
        """
        if self._end is not None and name in self._end:
            return self._end[name]
        if name == "extra" and _NO_EXTRA in self._data:
            return {}
        return self.whole().get(name)

    @property
    def end(self) -> dict[str, Any] | None:
        """The entries at its end, if it is byte for byte what `render` wrote."""
        return self._end

    @property
    def is_ours(self) -> bool:
        """Whether it has a ``schema``: one without is of an older layout."""
        return self._whole is None or "schema" in self._whole

    def whole(self) -> dict[str, Any]:
        """All entries; errors as `get`."""
        if self._whole is None:
            self._whole = json.loads(self._data or self._read_now())
            del self._whole["digest"]
        return self._whole

    def _read_now(self) -> bytes:
        try:
            data = read_whole(self._path)
        except OSError as error:
            raise BrokenMetadata(f"it cannot be read ({error.strerror or error})") from None
        if MetadataDocument(data).end != self._end:
            raise BrokenMetadata("another one took its place")
        return data


def known_end(data: bytes) -> str | None:
    """The entries at the end of a document as JSON on one line, if they answer what a look asks.

    ``None`` if it is not byte for byte what `render` wrote, or all of it has to be read anyway.
    """
    body = data.rpartition(_DIGEST_LINE)[0]
    end = _end_of(body) if _is_ours(data, body) else None
    # without a digest over the recipe, the recipe itself is asked for
    if end is None or not end.startswith(_END_IS_KNOWN):
        return None
    return end.replace("\n", "") if all(f'\n  "{name}": ' in end for name in END) else None


def _is_ours(data: bytes, body: bytes) -> bool:
    """Whether a document with this body is byte for byte what `render` wrote."""
    if not data.startswith(_BEGINNING):
        return False
    return data[len(body) + len(_DIGEST_LINE) :] == digest_bytes(body).encode() + b'"\n}\n'


def _end_of(body: bytes) -> str | None:
    place = body.rfind(_END_BEGINS)
    return None if place < 0 else f"{{{body[place + 1 :].decode('utf-8', 'surrogatepass')}}}"


def _parse_all(data: bytes, body: bytes | None) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenMetadata(f"its metadata does not parse ({error})") from None
    if not isinstance(document, dict):
        raise BrokenMetadata("its metadata is not a JSON object")
    if "schema" not in document:
        # one flipped bit in the word must not pass for an older layout
        if body is not None:
            raise BrokenMetadata("its metadata was changed after it was written")
        return document
    if document["schema"] != SCHEMA:
        raise BrokenMetadata(f"its metadata has schema {document['schema']!r}, not {SCHEMA}")
    if body is None or document.pop("digest", None) != digest_bytes(body):
        raise BrokenMetadata("its metadata was changed after it was written")
    return document


def _block(value: Any) -> str:
    """A value on one line, but a dictionary with one entry a line."""
    if not isinstance(value, dict) or not value:
        return _text(value)
    lines = [f"    {_text(str(key))}: {_text(item)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n  }"


def _text(value: Any) -> str:
    try:
        return _one_line(value)
    except (TypeError, ValueError, RecursionError):
        # keys that JSON does not know, or a structure that holds itself
        return _encode(repr(value))


def _one_line(value: Any) -> str:
    # most are short, and a general encoder costs more to set up than to run
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    if kind is dict and len(value) <= _SHORT and all(type(key) is str for key in value):
        entries = [f"{encode_basestring(key)}: {_one_line(item)}" for key, item in value.items()]
        return f"{{{', '.join(entries)}}}"
    if kind in (list, tuple) and len(value) <= _SHORT:
        return f"[{', '.join([_one_line(item) for item in value])}]"
    return _encode(value)
