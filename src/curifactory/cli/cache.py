"""``curifactory cache``."""

from __future__ import annotations

import click

from curifactory.cli.group import Commands, Home

_HOMES = {
    "ls": Home("cache_usage", "List the artifacts in the cache folder."),
    "du": Home("cache_usage", "Show how much of the disk the cache takes."),
    "verify": Home("cache_verify", "Read every file, and list what is no valid artifact."),
    "rm": Home("cache_removal", "Remove the artifacts that are asked for."),
    "gc": Home("cache_removal", "Remove what need not be kept."),
    "pin": Home("cache_pins", "Keep what a run made or used, or one artifact."),
    "unpin": Home("cache_pins", "Take pins away."),
}


@click.group(cls=Commands, homes=_HOMES)
def cache() -> None:
    """Look after the cache folder."""
