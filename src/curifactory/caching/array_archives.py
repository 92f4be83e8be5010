"""Arrays by name in one archive (``.npz``), as ``numpy.load`` reads it.

Equal arrays make equal files, which ``numpy.savez`` with its times does not.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from curifactory.caching.array_files import mapped_array, read_array

if TYPE_CHECKING:
    from curifactory.caching.array_files import Array

_MEMBER = ".npy"
# the lengths of name and extra field stand at the end of a member's own header
_LENGTHS = struct.Struct("<26xHH")


def write_archive(arrays: Mapping[str, Array], path: str) -> None:
    """Write arrays under their names, uncompressed."""
    from numpy.lib import format

    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(name + _MEMBER)
            with archive.open(member, "w", force_zip64=True) as file:
                format.write_array(file, array, allow_pickle=False)


def read_archive(path: str) -> dict[str, Array]:
    """Read all arrays."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                arrays[_name(member)] = read_array(file)
    return arrays


def mapped_archive(path: str) -> dict[str, Array]:
    """Map all arrays into memory, to be read only."""
    with open(path, "rb") as file:
        return {name: mapped_array(file) for name in _positioned(file)}


def _positioned(file: BinaryIO) -> Iterator[str]:
    """The name of each member, with `file` at its first byte."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    for member in members:
        file.seek(member.header_offset)
        lengths = _LENGTHS.unpack(file.read(_LENGTHS.size))
        file.seek(sum(lengths), 1)
        yield _name(member)


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(_MEMBER)
