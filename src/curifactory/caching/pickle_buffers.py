"""Out-of-band buffers of a pickle (PEP 574) in a file of their own, which is mapped into memory.

The file begins with the digest of its pickle, the number of buffers, and offset and size of each
as little-endian 64-bit numbers; each buffer begins at a multiple of 64 bytes.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from pickle import PickleBuffer

from curifactory.store.digest import digest_file
from curifactory.store.streams import digested_writing

_ALIGNMENT = 64
_HEAD = struct.Struct("<64sQ")
_PLACE = struct.Struct("<QQ")


def write_buffers(buffers: Sequence[PickleBuffer], pickle_digest: str, path: str) -> None:
    """Write the buffers that belong to the pickle with this digest."""
    views = [buffer.raw() for buffer in buffers]
    end = _HEAD.size + _PLACE.size * len(views)
    with digested_writing(path) as file:
        file.write(_HEAD.pack(pickle_digest.encode(), len(views)))
        position = end
        for view in views:
            position = _aligned(position)
            file.write(_PLACE.pack(position, view.nbytes))
            position += view.nbytes
        for view in views:
            file.write(bytes(_aligned(end) - end))
            file.write(view)
            end = _aligned(end) + view.nbytes


def mapped_buffers(path: str, pickle_path: str) -> list[memoryview]:
    """Map the buffers into memory, to be read only.

    Raises
    ------
    ValueError
        If they belong to another pickle.
    """
    with open(path, "rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    digest, count = _HEAD.unpack_from(mapped)
    if digest.rstrip(b"\0").decode() != digest_file(pickle_path):
        raise ValueError(f"the buffers in {path} belong to another pickle")
    places = (_PLACE.unpack_from(mapped, _HEAD.size + i * _PLACE.size) for i in range(count))
    return [mapped[start : start + size] for start, size in places]


def _aligned(position: int) -> int:
    return -(-position // _ALIGNMENT) * _ALIGNMENT
