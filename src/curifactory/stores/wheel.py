"""A wheel of the curifactory that is running, so that a full store can be replayed with it.

It is made from the imported package itself, whatever that was installed from. Its version ends in a
digest of what is in it (``0.1.0+3f9c2a71d0``): no package index has that version, so nothing else
is ever installed in its place.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.metadata
import io
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from curifactory.store.files import files_below

_NAME = "curifactory"
# a zip file knows no earlier time; equal content is to be equal bytes
EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel: its file name, its version, its bytes."""

    name: str
    version: str
    data: bytes


@functools.cache
def own_wheel() -> Wheel:
    """The wheel of the running curifactory."""
    modules = dict(_modules())
    digest = hashlib.sha256()
    for name, data in modules.items():
        digest.update(f"{name} {len(data)} ".encode() + data)
    public = str(sys.modules[_NAME].__version__).partition("+")[0]
    version = f"{public}+{digest.hexdigest()[:10]}"
    info = f"{_NAME}-{version}.dist-info"
    files = {**modules, **{f"{info}/{name}": data for name, data in _facts(version)}}
    lines = [f"{name},sha256={_record_digest(data)},{len(data)}\n" for name, data in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    return Wheel(f"{_NAME}-{version}-py3-none-any.whl", version, _zipped(files))


def _modules() -> Iterator[tuple[str, bytes]]:
    """Every file of the package, by its path in the wheel."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for path in files_below(folder):
        inside = os.path.relpath(path, folder).replace(os.sep, "/")
        if "__pycache__" not in inside.split("/"):
            with open(path, "rb") as file:
                yield f"{_NAME}/{inside}", file.read()


def _facts(version: str) -> Iterator[tuple[str, bytes]]:
    """The files that say what the wheel is."""
    metadata = f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: {version}\n"
    try:
        installed = importlib.metadata.distribution(_NAME)
    except importlib.metadata.PackageNotFoundError:
        installed = None  # imported from a folder: what it needs stands in requirements.txt
    if installed is not None:
        text = installed.read_text("METADATA") or metadata
        metadata = re.sub(r"^Version:.*$", f"Version: {version}", text, count=1, flags=re.MULTILINE)
        for name in ("entry_points.txt", "licenses/LICENSE"):
            kept = installed.read_text(name)
            if kept:
                yield name, kept.encode()
    yield "METADATA", metadata.encode()
    yield (
        "WHEEL",
        b"Wheel-Version: 1.0\nGenerator: curifactory\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    )


def _record_digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    return buffer.getvalue()
