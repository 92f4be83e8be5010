"""Durations and sizes as a person says them."""

from __future__ import annotations


def format_seconds(seconds: float) -> str:
    """Return a duration as a person says it: ``0.05s``, ``1.2s``, ``3m 07s``, ``2h 05m``."""
    if seconds < 0.1:
        return f"{seconds:.2f}s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def format_size(size: float) -> str:
    """Return a number of bytes as a person says it: ``800 B``, ``1.2 MB``."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if round(size, 1) < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def format_count(count: int, what: str) -> str:
    """Return how many there are of something, as a person says it: ``1 artifact``, ``2 artifacts``.

    Parameters
    ----------
    count : int
        How many.
    what : str
        The word for one of them, to which an s makes it several.
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
