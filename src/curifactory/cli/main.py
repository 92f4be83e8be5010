"""Put the commands together."""

from __future__ import annotations

import click

from curifactory import __version__
from curifactory.cli.cache import cache
from curifactory.cli.config import config
from curifactory.cli.doctor import doctor
from curifactory.cli.group import Commands, RunByDefault
from curifactory.cli.init import init
from curifactory.cli.ls import ls
from curifactory.cli.planning import accept, diff, plan, why
from curifactory.cli.reports import reports
from curifactory.cli.run import run
from curifactory.cli.runs import runs

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Commands, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="curifactory", message="%(prog)s %(version)s")
def curifactory() -> None:
    """Run experiments, and reuse what they computed before."""


@click.group(cls=RunByDefault, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="curifactory", message="%(prog)s %(version)s")
def experiment() -> None:
    """Run the experiment NAME: the short form of `curifactory run`."""


for command in (run, plan, why, accept, diff, ls, init, config, reports, cache, runs, doctor):
    curifactory.add_command(command)
for command in (run, ls, reports):
    experiment.add_command(command)
