"""Files of a full store as entities of an RO-Crate."""

from __future__ import annotations

import mimetypes
import urllib.parse
from collections.abc import Iterable
from typing import Any

from curifactory.stores.contents import StoredFile

_BYTES = "application/octet-stream"
_FORMATS = {
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".ipynb": "application/x-ipynb+json",
    ".log": "text/plain",
    ".patch": "text/x-diff",
    ".whl": "application/zip",
}


def file_entity(file: StoredFile, **properties: Any) -> dict[str, Any]:
    """The entity of one file; `properties` come on top."""
    return {
        "@id": file_id(file.path),
        "@type": "File",
        "name": file.path.rpartition("/")[2],
        "contentSize": str(file.size),
        "sha256": file.sha256,
        "encodingFormat": encoding_format(file.path),
        **properties,
    }


def encoding_format(path: str) -> str:
    """The media type that an extension stands for; of one that is not known, any bytes."""
    extension = "." + path.rpartition(".")[2].lower()
    return _FORMATS.get(extension) or mimetypes.types_map.get(extension, _BYTES)


def file_id(path: str) -> str:
    """A path as a relative URI."""
    return urllib.parse.quote(path, safe="/~!$&'()*+,;=@-._")


def reference(id_: str) -> dict[str, str]:
    """A reference to an entity."""
    return {"@id": id_}


def references(ids: Iterable[str]) -> dict[str, str] | list[dict[str, str]]:
    """References to entities, each once; one alone is no list."""
    found = [reference(id_) for id_ in dict.fromkeys(ids)]
    return found[0] if len(found) == 1 else found
