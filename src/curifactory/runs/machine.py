"""Which machine this is, and whose work it does."""

from __future__ import annotations

import functools
import os


@functools.cache
def host() -> str:
    """The name of this machine."""
    import socket

    return socket.gethostname()


@functools.cache
def user() -> str:
    """The name of the user; the number where it has none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
