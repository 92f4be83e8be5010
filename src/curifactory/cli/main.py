"""Put the commands together."""

from __future__ import annotations

import click

from curifactory import __version__
from curifactory.cli.group import Commands, RunByDefault

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_ALL = (
    ("run", "run"),
    ("plan", "planning"),
    ("why", "planning"),
    ("accept", "planning"),
    ("diff", "planning"),
    ("ls", "ls"),
    ("init", "init"),
    ("config", "config"),
    ("reports", "reports"),
    ("runs", "runs"),
    ("artifacts", "artifacts"),
    ("show", "show"),
    ("cache", "cache"),
    ("replay", "replay"),
    ("verify", "verify"),
    ("export", "export"),
    ("import", "import_"),
    ("doctor", "doctor"),
)
"""Every command with its module."""
_OF_EXPERIMENT = [one for one in _ALL if one[0] in ("run", "ls", "reports")]


@click.group(cls=Commands, homes=dict(_ALL), context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="curifactory", message="%(prog)s %(version)s")
def curifactory() -> None:
    """Run experiments, and reuse what they computed before."""


@click.group(cls=RunByDefault, homes=dict(_OF_EXPERIMENT), context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="curifactory", message="%(prog)s %(version)s")
def experiment() -> None:
    """Run the experiment NAME: the short form of `curifactory run`."""
