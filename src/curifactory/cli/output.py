"""What several commands print alike."""

from __future__ import annotations

from collections.abc import Iterable

import click


def warn(messages: Iterable[str]) -> None:
    """Print warnings to stderr, so that what a program reads from stdout stays clean."""
    for message in messages:
        click.echo(f"Warning: {message}", err=True)
