"""Which machine this is, and whose work it does."""

from __future__ import annotations

import functools
import os

from curifactory.store.host import host

__all__ = ["host", "user"]


@functools.cache
def user() -> str:
    """The name of the user; the number where it has none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
