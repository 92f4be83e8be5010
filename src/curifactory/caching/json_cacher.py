"""JsonCacher: dictionaries, lists, texts and numbers in a file that a person can read."""

from __future__ import annotations

import json
from typing import Any

from curifactory.caching.cacheable import AsLoaded
from curifactory.caching.file_cacher import FileCacher
from curifactory.caching.plain import is_plain, to_plain
from curifactory.store.slot import Readable
from curifactory.store.streams import write_digested

# indentation is for readers and takes several times as long; nobody reads more than this
_READABLE_CHARACTERS = 1 << 20


class JsonCacher(FileCacher):
    """Stores a value as JSON, as ``.json``.

    Dictionaries with text keys, lists, texts, numbers (``nan`` and ``inf`` too), ``True``,
    ``False`` and ``None`` come back exactly, and numpy's numbers as equal Python numbers.
    Anything else becomes the nearest of these: a tuple a list, an integer key a text, and what
    JSON does not know its ``str``.
    """

    default_extension = ".json"

    def as_loaded(self, obj: Any) -> AsLoaded:
        """The value as JSON holds it; decided by looking at it, without reading the file."""
        if is_plain(obj):
            return AsLoaded(obj)
        plain = to_plain(obj)
        return AsLoaded(plain.value, plain.difference)

    def _write(self, obj: Any, path: str) -> None:
        write_digested(path, json_bytes(obj if is_plain(obj) else to_plain(obj).value))

    def _read_open(self, file: Readable) -> Any:
        return json.loads(file.read())


def json_bytes(plain: Any) -> bytes:
    """A plain value as UTF-8 encoded JSON: indented if that is small enough to be read."""
    text = json.dumps(plain, ensure_ascii=False)
    if len(text) <= _READABLE_CHARACTERS:
        text = json.dumps(plain, ensure_ascii=False, indent=2)
    # half a surrogate pair is a valid Python text; json.loads reads it back the same way
    return (text + "\n").encode("utf-8", "surrogatepass")
