"""The name of this machine."""

from __future__ import annotations

import functools


@functools.cache
def host() -> str:
    """The name of this machine."""
    import socket  # takes longer than most of what needs the name

    return socket.gethostname()
