"""Arrays in files of NumPy's own format (``.npy``): written, read, or mapped into memory."""

from __future__ import annotations

import ast
import io
from typing import TYPE_CHECKING, Any, BinaryIO

from curifactory.store.digest import CHUNK_BYTES
from curifactory.store.streams import digested_writing

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

# the default refuses headers of tables with some hundred columns
_MAX_HEADER_BYTES = 1 << 24


def write_array(array: Array, path: str) -> None:
    """Write an array; the file's digest is made while it is written.

    The file is the one that ``numpy.save`` makes.
    """
    from numpy.lib import format

    memory, header = _as_written(array), _usual_header(array)
    with digested_writing(path) as file:
        if memory is None or header is None:
            # copies what it writes, piece by piece
            format.write_array(file, array, allow_pickle=False)
        else:
            file.write(header)
            file.write(memory)


def _usual_header(array: Array) -> bytes | None:
    """What a file of version 1.0 begins with; ``None`` if the array's header has no room there."""
    from numpy.lib import format

    written = io.BytesIO()
    try:
        format.write_array_header_1_0(written, format.header_data_from_array_1_0(array))
    except ValueError:
        return None
    return written.getvalue()


def _as_written(array: Array) -> memoryview | None:
    """The array's bytes in the order of the file, if they lie in memory like that."""
    import numpy

    if not array.nbytes or not (array.flags.c_contiguous or array.flags.f_contiguous):
        return None
    rows = array if array.flags.c_contiguous else array.T
    return rows.reshape(-1).view(numpy.uint8).data


def read_array(file: Any) -> Array:
    """Read an array from an open file, straight into its memory.

    Raises
    ------
    ValueError
        If the file holds something else, or less than it says.
    """
    import numpy

    shape, is_fortran, dtype = _read_header(file)
    if dtype.hasobject:
        raise ValueError("it holds objects, which nothing here writes")
    stored: Array = numpy.empty(shape[::-1] if is_fortran else shape, dtype)
    if stored.nbytes:
        _fill(stored.reshape(-1).view(numpy.uint8).data, file)
    return stored.T if is_fortran else stored


def _fill(memory: memoryview, file: Any) -> None:
    filled = 0
    while filled < len(memory):
        # in pieces, so that a piece is still in the processor's cache for its digest
        read = file.readinto(memory[filled : filled + CHUNK_BYTES])
        if not read:
            raise ValueError(f"it ends after {filled} of {len(memory)} bytes of the array")
        filled += read


def mapped_array(file: BinaryIO) -> Array:
    """Map the array that begins where `file` stands into memory, to be read only."""
    import numpy

    shape, is_fortran, dtype = _read_header(file)
    if not (dtype.itemsize and all(shape)):
        array = numpy.empty(shape, dtype)
        array.flags.writeable = False
        return array
    order: Any = "F" if is_fortran else "C"
    return numpy.asarray(
        numpy.memmap(file, dtype, mode="r", offset=file.tell(), shape=shape, order=order)
    )


def _read_header(file: Any) -> tuple[tuple[int, ...], bool, numpy.dtype[Any]]:
    """Shape, whether it is in Fortran order, and dtype of the array that begins in a file."""
    from numpy.lib import format

    version = format.read_magic(file)
    if version == (1, 0):
        return format.read_array_header_1_0(file, max_header_size=_MAX_HEADER_BYTES)
    if version == (2, 0):
        return format.read_array_header_2_0(file, max_header_size=_MAX_HEADER_BYTES)
    # field names beyond Latin-1: NumPy itself reads these only together with the array
    size = int.from_bytes(file.read(4), "little")
    facts = ast.literal_eval(file.read(size).decode())
    return facts["shape"], facts["fortran_order"], format.descr_to_dtype(facts["descr"])


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
