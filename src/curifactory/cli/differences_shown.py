"""How differences between recipes are printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curifactory.running.explain import Explained


def print_differences(differences: Sequence[Explained]) -> None:
    """Print each difference, with the lines of code that differ."""
    for one in differences:
        click.echo(f"  {one.kind}: {one.detail}")
        for text in one.diffs:
            for line in text.splitlines():
                click.echo(f"    {line}")
