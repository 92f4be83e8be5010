"""What several commands print alike."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Sequence

import click


def warn(messages: Iterable[str]) -> None:
    """Print warnings to stderr, so that what a program reads from stdout stays clean."""
    for message in messages:
        click.echo(f"Warning: {message}", err=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows with their cells in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    line = "  ".join(f"{{:<{width}}}" for width in widths).format
    return "\n".join(line(*row).rstrip() for row in rows)


def from_here(path: str) -> str:
    """A path as seen from the working folder, if it is below that."""
    return path.removeprefix(_here())


@functools.cache
def _here() -> str:
    return os.path.join(os.getcwd(), "")
