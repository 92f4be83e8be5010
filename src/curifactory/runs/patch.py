"""The uncommitted changes that a run was made with, kept once per content."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
import zlib

from curifactory.runs.database import FILES
from curifactory.runs.environment import git_command
from curifactory.store.digest import digest_bytes
from curifactory.store.files import write_whole

_PATCHES = "patches"
MOST_BYTES = 5_000_000
_MOST_SECONDS = 20.0


class PatchTaker:
    """Takes the patch while the run goes on.

    Parameters
    ----------
    root : str
        The project folder.
    history : str
        The folder of the run history.
    """

    def __init__(self, root: str, history: str) -> None:
        self._root, self._history = root, history
        self._name: str | None = None
        self._thread = threading.Thread(target=self._take, name="curifactory patch", daemon=True)
        self._thread.start()

    def name(self, patience: float = _MOST_SECONDS) -> str | None:
        """The name that the patch is kept under; ``None`` if there is none, or not yet.

        Parameters
        ----------
        patience : float
            How many seconds to wait for it.
        """
        self._thread.join(patience)
        return self._name

    def _take(self) -> None:
        patch = uncommitted_changes(self._root)
        try:
            self._name = keep_patch(patch, self._history) if patch else None
        except OSError:
            pass  # the history itself says so when it cannot be written


def uncommitted_changes(root: str) -> bytes:
    """What differs from the last commit in files that git tracks, as a patch.

    What git does not track is named, not held: it may be large or private.
    """
    diff = ["diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv"]
    patch = _bounded_output(root, *diff)
    if len(patch) > MOST_BYTES:
        whole_lines = patch[: patch.rindex(b"\n", 0, MOST_BYTES) + 1]
        note = f"# cut here: the changes have more than {MOST_BYTES} bytes\n"
        patch = whole_lines + note.encode()
    untracked = _bounded_output(root, "ls-files", "--others", "--exclude-standard", "--directory")
    names = untracked[:MOST_BYTES].splitlines()[:100]
    # git passes over lines before the first file
    return b"".join(b"# not tracked, and not held here: " + n + b"\n" for n in names) + patch


def keep_patch(patch: bytes, history: str) -> str:
    """Keep a patch and give its name.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    name = digest_bytes(patch, "blake2b").partition(":")[2]
    path = patch_path(name, history)
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_whole(path, gzip.compress(patch, mtime=0), durable=True)
    return name


def read_patch(name: str, history: str) -> bytes | None:
    """The patch of this name; ``None`` if it is not held, or damaged."""
    try:
        with open(patch_path(name, history), "rb") as file:
            return gzip.decompress(file.read())
    except (OSError, EOFError, zlib.error):
        return None


def patch_path(name: str, history: str) -> str:
    """Where a patch of this name lies."""
    return os.path.join(history, FILES, _PATCHES, f"{name}.diff.gz")


def _bounded_output(root: str, *arguments: str) -> bytes:
    """The first bytes of what git prints, a few more than we keep; nothing if it fails."""
    try:
        process = subprocess.Popen(
            git_command(root, *arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return b""
    stopper = threading.Timer(_MOST_SECONDS, process.kill)
    stopper.start()
    with process:
        assert process.stdout is not None
        output = process.stdout.read(MOST_BYTES + 1)
        process.kill()
    stopper.cancel()
    return output
