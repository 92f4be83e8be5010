"""A step that cannot be carried out elsewhere."""

from __future__ import annotations


class StaysError(Exception):
    """A step cannot be carried out elsewhere; the message is the cause.

    Attributes
    ----------
    position : int or None
        Which step, where an order has several.
    """

    position: int | None = None
