"""Arrays in files of NumPy's own format (``.npy``): written, read, or mapped into memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO

from curifactory.store.digest import CHUNK_BYTES, METHOD, hasher, remember

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

# the default refuses headers of tables with some hundred columns
_MAX_HEADER_BYTES = 1 << 24


def write_array(array: Array, path: str) -> None:
    """Write an array; the file's digest is made from memory while it is there."""
    from numpy.lib import format

    with open(path, "wb") as file:
        format.write_array(file, array, allow_pickle=False)
    memory = _as_written(array)
    if memory is None:
        return
    made = hasher(METHOD)
    with open(path, "rb") as file:
        made.update(file.read(os.path.getsize(path) - array.nbytes))
    for start in range(0, len(memory), CHUNK_BYTES):
        made.update(memory[start : start + CHUNK_BYTES])
    remember(path, f"{METHOD}:{made.hexdigest()}")


def _as_written(array: Array) -> memoryview | None:
    """The array's bytes in the order of the file, if they lie in memory like that."""
    import numpy

    if not array.nbytes or not (array.flags.c_contiguous or array.flags.f_contiguous):
        return None
    rows = array if array.flags.c_contiguous else array.T
    return rows.reshape(-1).view(numpy.uint8).data


def read_array(file: Any) -> Array:
    """Read an array from an open file."""
    from numpy.lib import format

    array: Array = format.read_array(file, allow_pickle=False, max_header_size=_MAX_HEADER_BYTES)
    return array


def mapped_array(file: BinaryIO) -> Array:
    """Map the array that begins where `file` stands into memory, to be read only."""
    import numpy
    from numpy.lib import format

    start = file.tell()
    version = format.read_magic(file)
    readers = {(1, 0): format.read_array_header_1_0, (2, 0): format.read_array_header_2_0}
    if version in readers:
        shape, is_fortran, dtype = readers[version](file, max_header_size=_MAX_HEADER_BYTES)
        if dtype.itemsize and all(shape):
            order: Any = "F" if is_fortran else "C"
            return numpy.asarray(
                numpy.memmap(file, dtype, mode="r", offset=file.tell(), shape=shape, order=order)
            )
    # nothing to map, or a header that NumPy only reads together with the array
    file.seek(start)
    array = read_array(file)
    array.flags.writeable = False
    return array


def changed_by_storing(value: Any) -> str | None:
    """How what comes back differs from what was stored, or ``None``."""
    import numpy
    from numpy.lib import format

    if type(value) not in (numpy.ndarray, numpy.memmap):
        return f"{type(value).__name__} becomes ndarray"
    stored = format.descr_to_dtype(format.dtype_to_descr(value.dtype))
    if stored != value.dtype or stored.type is not value.dtype.type:
        return f"dtype {value.dtype} becomes {stored}"
    return None
