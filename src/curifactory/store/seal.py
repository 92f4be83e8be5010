"""Seals: keyed digests by which this user's installation knows the files that it wrote itself."""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets

from curifactory.errors import ConfigurationError
from curifactory.store.digest import FileState, file_state

_KEY_BYTES = 32
_CHUNK_BYTES = 1 << 20


def key_path() -> str:
    """Where the key lies: in the user's configuration folder, outside of every project."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "curifactory", "seal.key")


@functools.cache
def own_key() -> bytes:
    """The key of this user's installation; made when it is first needed, readable by nobody else.

    Raises
    ------
    ConfigurationError
        If it can be neither read nor made.
    """
    path = key_path()
    try:
        if not os.path.exists(path):
            _make_key(path)
        with open(path, "rb") as file:
            key = file.read()
    except OSError as error:
        raise ConfigurationError(
            f"The key {path}, by which your own pickled artifacts are known, can be neither "
            f"read nor made ({error.strerror}). Set trust_pickle to 'always' to go without it."
        ) from error
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(
            f"The key {path} has {len(key)} bytes, not {_KEY_BYTES}. Remove it: a new one is made, "
            "and artifacts sealed with the old one count as foreign."
        )
    return key


def _make_key(path: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    aside = f"{path}.{secrets.token_hex(4)}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    try:
        # two processes may come here at once: the first key stays
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(aside)


@functools.cache
def _own_mark() -> str:
    """What the seals of this installation begin with; it tells nothing of the key."""
    mark = hashlib.blake2b(b"whose seal this is", key=own_key(), digest_size=8)
    return f"blake2b:{mark.hexdigest()}:"


def claims_to_be_ours(seal: str | None) -> bool:
    """Whether a seal names this installation; whether that is true, only the file tells."""
    return seal is not None and seal.startswith(_own_mark())


def seal_of(path: str) -> str:
    """The seal of a file's bytes.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    hasher = hashlib.blake2b(key=own_key(), digest_size=32)
    with open(path, "rb", buffering=0) as file:
        buffer = memoryview(bytearray(_CHUNK_BYTES))
        while size := file.readinto(buffer):
            hasher.update(buffer[:size])
    return _own_mark() + hasher.hexdigest()


_known: dict[FileState, str] = {}


def is_sealed_by_us(path: str, seal: str | None) -> bool:
    """Whether a file is, to the byte, one that this installation sealed.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if seal is None:
        return False
    state = file_state(path)
    if state not in _known:
        _known[state] = seal_of(path)
    return hmac.compare_digest(_known[state], seal)
