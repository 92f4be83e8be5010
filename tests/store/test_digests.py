"""Digests of bytes and files."""

from __future__ import annotations

import hashlib
import os

import pytest

from curifactory.store import digest
from curifactory.store.digest import CHUNK_BYTES, digest_bytes, digest_file, matches, remember


@pytest.mark.parametrize("method", ["xxh3", "blake2b", "sha256"])
@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])
def test_a_file_has_the_digest_of_its_bytes(tmp_path, method, size):
    data = os.urandom(size)
    (tmp_path / "x").write_bytes(data)
    assert digest_file(str(tmp_path / "x"), method) == digest_bytes(data, method)


def test_a_digest_says_how_it_was_made():
    assert digest_bytes(b"x", "sha256") == "sha256:" + hashlib.sha256(b"x").hexdigest()
    # a digest in the metadata of today must be the one of tomorrow
    assert digest_bytes(b"") == "xxh3:99aa06d3014798d86001c324468d497f"


def test_an_unknown_method_is_an_error():
    with pytest.raises(ValueError, match="crc32"):
        digest_bytes(b"", "crc32")


def test_a_flipped_bit_does_not_match(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    expected = digest_file(str(path))
    assert matches(str(path), expected)
    path.write_bytes(b"abb")
    assert not matches(str(path), expected)


def test_bytes_that_change_without_a_change_of_size_and_time_do_not_match(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    before = os.stat(path)
    expected = digest_file(str(path))
    remember(str(path), expected)
    path.write_bytes(b"abd")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not matches(str(path), expected)


def test_a_file_is_read_once_while_it_stays_as_it_is(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    expected = digest_file(str(path))
    assert matches(str(path), expected)
    read = []
    monkeypatch.setattr(digest, "digest_file", lambda *arguments: read.append(arguments))
    assert matches(str(path), expected)
    assert read == []


def test_a_wrong_digest_is_not_remembered(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert not matches(str(path), digest_bytes(b"other"))
    assert matches(str(path), digest_bytes(b"abc"))


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        matches(str(tmp_path / "x"), "xxh3:00")
