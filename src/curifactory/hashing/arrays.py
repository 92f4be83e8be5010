"""Encoders for numpy: data type, shape and every element, in the order in which one counts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.classes import class_token, importable
from curifactory.hashing.containers import in_order
from curifactory.hashing.instances import extended
from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import hasher, node, text

if TYPE_CHECKING:
    import numpy as np

_ELEMENTS_AT_ONCE = 1 << 16


def add_encoders() -> None:
    """Make the encoders known; called when a value of numpy is first seen."""
    import numpy as np

    encoder(np.ndarray, np.memmap)(array)
    # memory that lies in a file is memory
    encoder(np.ma.MaskedArray, family=True)(_masked)
    leaf_encoder(type(np.ma.masked), family=True)(lambda _: b"np.ma.masked:")
    encoder(np.generic, family=True)(_scalar)
    encoder(np.dtype, family=True)(dtype_token)
    leaf_encoder(np.ufunc)(_ufunc)
    encoder(np.random.Generator)(_generator)
    encoder(np.random.RandomState)(_random_state)
    encoder(np.random.BitGenerator, family=True)(_bit_generator)
    encoder(np.random.SeedSequence)(_seed_sequence)
    encoder(np.matrix)(extended(np.ndarray, array))


def array(value: np.ndarray[Any, Any], walk: Walk) -> bytes:
    """Give the token of an array's type, shape and elements; memory layout does not count."""
    parts = dtype_token(value.dtype, walk), walk.token(value.shape), _elements(value, walk)
    return node(b"ndarray:", parts)


def dtype_token(dtype: np.dtype[Any], walk: Walk) -> bytes:
    """Give the token of a data type: kind, size, byte order, unit, and fields if there are any."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return node(b"subdtype:", (dtype_token(base, walk), walk.token(shape)))
    if dtype.names is None:
        return node(b"dtype:", (text(dtype.str), walk.token(getattr(dtype, "na_object", None))))
    parts = []
    for name in dtype.names:
        parts += [text(name), dtype_token(dtype[name], walk)]
    return node(b"structure:", parts)


def _elements(value: np.ndarray[Any, Any], walk: Walk) -> bytes:
    dtype = value.dtype
    if dtype.names is not None:
        # field by field, since what lies between the fields is nobody's
        return node(b"fields:", [_elements(value[name], walk) for name in dtype.names])
    if dtype.hasobject or dtype.kind == "T":
        return in_order(b"objects:", value.flat, walk)
    content = hasher(b"buffer:")
    for chunk in _buffers(value):
        content.update(chunk)
    return b"buffer:" + content.digest()


def _buffers(value: np.ndarray[Any, Any]) -> Iterator[Any]:
    """Give the bytes of an array in C order: its own memory, or copies of a little at a time."""
    import numpy as np

    if value.size == 0 or value.dtype.itemsize == 0:
        return
    plain = value.view(np.ndarray)
    if plain.flags.c_contiguous:
        yield _bytes(plain.reshape(-1))
        return
    flags: Any = ["external_loop", "buffered"]
    with np.nditer(plain, flags, order="C", buffersize=_ELEMENTS_AT_ONCE) as chunks:
        for chunk in chunks:
            yield _bytes(np.ascontiguousarray(chunk))


def _bytes(flat: np.ndarray[Any, Any]) -> Any:
    import numpy as np

    raw = flat.view(np.uint8)
    if flat.dtype.char in "gG" and np.finfo(np.longdouble).nmant == 63:
        # 80 bits that are kept in 96 or 128: the rest is whatever was there before
        size = np.dtype(np.longdouble).itemsize
        return raw.reshape(-1, size)[:, :10].tobytes()
    return raw


def _masked(value: Any, walk: Walk) -> bytes:
    import numpy as np

    mask = np.ma.getmaskarray(value)
    parts = (
        array(np.asarray(value.data), walk),
        array(mask, walk),
        walk.token(value.fill_value),
    )
    token = node(b"masked:", parts)
    if type(value) is np.ma.MaskedArray:
        return token
    return node(b"extended:", (class_token(type(value), walk), token))


def _scalar(value: np.generic, walk: Walk) -> bytes:
    import numpy as np

    return node(b"scalar:", (array(np.asarray(value), walk),))


def _ufunc(value: Any) -> bytes:
    for module in ("numpy", "scipy.special"):
        if importable(value, module, value.__name__):
            return node(b"importable:", (text(module), text(value.__name__)))
    raise UnhashableValueError(f"the function '{value.__name__}' was made by numpy at run time")


def _generator(value: np.random.Generator, walk: Walk) -> bytes:
    return node(b"Generator:", (walk.token(value.bit_generator),))


def _random_state(value: np.random.RandomState, walk: Walk) -> bytes:
    return node(b"RandomState:", (walk.token(value.get_state(legacy=False)),))


def _bit_generator(value: np.random.BitGenerator, walk: Walk) -> bytes:
    # the seed sequence counts too: it says which generators are spawned from this one
    parts = walk.token(value.state), walk.token(getattr(value, "seed_seq", None))
    return node(b"BitGenerator:", (class_token(type(value), walk), *parts))


def _seed_sequence(value: np.random.SeedSequence, walk: Walk) -> bytes:
    return node(b"SeedSequence:", (walk.token(value.state),))
