"""What a lock file says: who holds the lock, one line for each that believes to."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from curifactory.store.host import has_no_process, host

# what a machine that is out of sight holds longer than this is forgotten
_FORGOTTEN_AFTER = timedelta(hours=24)


def sign(descriptor: int) -> bytes:
    """Enter this process as the holder of an open lock file; gives its line.

    A line that is there already is of a holder that died, or of one that was given the lock, too.
    """
    size = os.fstat(descriptor).st_size
    lines = os.pread(descriptor, size, 0).decode(errors="replace").splitlines() if size else []
    if lines and all(map(_is_dead, lines)):
        # only then: some file systems force a truncated file to disk when it is closed
        os.truncate(descriptor, 0)
    now = datetime.now().isoformat(timespec="seconds")
    line = f"{host()} process {os.getpid()} since {now} {os.urandom(4).hex()}\n".encode()
    os.write(descriptor, line)
    return line


def read_holder(path: str) -> str | None:
    """Host and process of who holds the lock, as far as its file says."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return _name(file.readline(200)) or None
    except OSError:
        return None


def _name(line: str) -> str:
    return line.partition(" since ")[0]


def _is_dead(line: str) -> bool:
    machine, _, process = _name(line).partition(" process ")
    if machine == host():
        # one of this process is of a lock that it gave back while somebody else held it, too
        return process == str(os.getpid()) or has_no_process(process)
    try:
        since = datetime.fromisoformat(line.partition(" since ")[2].partition(" ")[0])
    except ValueError:
        return False
    return datetime.now() - since > _FORGOTTEN_AFTER
