"""From what code imports to the distributions that have to be installed for it."""

from __future__ import annotations

import sys
from functools import lru_cache


def packages_of(names: set[str]) -> dict[str, str]:
    """Give name and version of the distributions that top-level modules come from.

    Parameters
    ----------
    names : set of str
        Top-level modules, such as ``sklearn``. Python's own are left out.

    Returns
    -------
    dict of str to str
        Such as ``{"scikit-learn": "1.5.0"}``. A module that no installed distribution has keeps
        its own name, with its ``__version__`` or ``"unknown"``.
    """
    outside = [name for name in sorted(names) if name not in sys.stdlib_module_names]
    return dict(_distribution(name) for name in outside)


@lru_cache(maxsize=1024)
def _distribution(name: str) -> tuple[str, str]:
    from importlib import metadata  # slow to import, and not always needed

    try:
        # most are named like their module; reading what every other one contains takes long
        return name, metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
    for one in metadata.distributions():
        if name in (one.read_text("top_level.txt") or "").split():
            return one.metadata["Name"], one.version
    for one in metadata.distributions():
        if f"\n{name}/" in "\n" + (one.read_text("RECORD") or ""):
            return one.metadata["Name"], one.version
    version = getattr(sys.modules.get(name), "__version__", None)
    return name, version if isinstance(version, str) else "unknown"
