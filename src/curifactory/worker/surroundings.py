"""Letting a step see what it would see where ``run`` is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.running.applied import applied
from curifactory.running.elsewhere.order import SentStep


@contextmanager
def as_sent(step: SentStep, folder: str) -> Iterator[None]:
    """Set working folder, environment and globals as at the step's call, and put them back."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        with applied(step.variables, step.environ):
            yield
    finally:
        os.chdir(before)
