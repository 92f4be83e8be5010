"""The name of this machine, and which processes it has."""

from __future__ import annotations

import functools
import os


@functools.cache
def host() -> str:
    """The name of this machine."""
    import socket  # takes longer than most of what needs the name

    return socket.gethostname()


def has_no_process(number: str) -> bool:
    """Whether this machine surely has no process of this number."""
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
