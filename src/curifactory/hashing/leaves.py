"""Values without parts: numbers, text, bytes, dates and paths."""

from __future__ import annotations

import datetime
import types
from hashlib import blake2b
from pathlib import PosixPath, PurePath, PurePosixPath, PureWindowsPath, WindowsPath
from struct import Struct

from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import leaf, node, text

_double = Struct("<d").pack
_two_doubles = Struct("<dd").pack
_three_longs = Struct("<qqq").pack

for _cls, _token in (
    (type(None), b"None:"),
    (types.EllipsisType, b"...:"),
    (types.NotImplementedType, b"NotImplemented:"),
):
    leaf_encoder(_cls)(lambda _, token=_token: token)

leaf_encoder(str)(text)


@leaf_encoder(bool)
def _bool(value: bool) -> bytes:
    return b"True:" if value else b"False:"


@leaf_encoder(int)
def _int(value: int) -> bytes:
    size = (int.bit_length(value) + 8) // 8
    return leaf(b"int:", int.to_bytes(value, size, "little", signed=True))


@leaf_encoder(float)
def _float(value: float) -> bytes:
    # the bits: 0.0 and -0.0 differ, and so do two kinds of NaN
    return b"float:" + _double(value)


@leaf_encoder(complex)
def _complex(value: complex) -> bytes:
    return b"complex:" + _two_doubles(value.real, value.imag)


@leaf_encoder(bytes)
def _bytes(value: bytes) -> bytes:
    return leaf(b"bytes:", value)


@leaf_encoder(bytearray)
def _bytearray(value: bytearray) -> bytes:
    return b"bytearray:" + _buffer(memoryview(value))


@encoder(memoryview)
def _memoryview(value: memoryview, walk: Walk) -> bytes:
    return node(b"memoryview:", (text(value.format), walk.token(value.shape), _buffer(value)))


def _buffer(view: memoryview) -> bytes:
    flat = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
    return blake2b(flat, digest_size=16).digest()


@leaf_encoder(datetime.date)
def _date(value: datetime.date) -> bytes:
    return b"date:%d-%d-%d:" % (value.year, value.month, value.day)


@leaf_encoder(datetime.timedelta)
def _timedelta(value: datetime.timedelta) -> bytes:
    return b"timedelta:" + _three_longs(value.days, value.seconds, value.microseconds)


@encoder(datetime.timezone)
def _timezone(value: datetime.timezone, walk: Walk) -> bytes:
    return node(b"timezone:", (walk.token(value.utcoffset(None)), text(value.tzname(None))))


@encoder(datetime.time)
def _time(value: datetime.time, walk: Walk) -> bytes:
    return node(b"time:", (_clock(value), walk.part(".tzinfo", value.tzinfo)))


@encoder(datetime.datetime)
def _datetime(value: datetime.datetime, walk: Walk) -> bytes:
    parts = (_date(value), _clock(value), walk.part(".tzinfo", value.tzinfo))
    return node(b"datetime:", parts)


def _clock(value: datetime.time | datetime.datetime) -> bytes:
    parts = (value.hour, value.minute, value.second, value.microsecond, value.fold)
    return b"%d:%d:%d:%d:%d:" % parts


@leaf_encoder(PosixPath, PurePosixPath, WindowsPath, PureWindowsPath)
def _path(value: PurePath) -> bytes:
    flavour = b"windows:" if isinstance(value, PureWindowsPath) else b"posix:"
    return b"path:" + flavour + text(value.as_posix())
