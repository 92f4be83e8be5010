"""``curifactory cache``."""

from __future__ import annotations

import click

from curifactory.cli.group import Commands

_HOMES = {
    "verify": "cache_verify",
    "du": "cache_usage",
    "ls": "cache_usage",
    "rm": "cache_removal",
    "gc": "cache_removal",
    "pin": "cache_pins",
    "unpin": "cache_pins",
}


@click.group(cls=Commands, homes=_HOMES)
def cache() -> None:
    """Look after the cache folder."""
