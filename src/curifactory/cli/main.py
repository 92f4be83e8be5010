"""Put the commands together."""

from __future__ import annotations

import click

from curifactory import __version__
from curifactory.cli.group import Commands, Home, RunByDefault

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_ALL = {
    "run": Home("run", "Run an experiment."),
    "plan": Home("plan", "Show what a run would do, and why."),
    "why": Home("why", "Explain why a stage would run, or was run."),
    "accept": Home("accept", "Count artifacts as made by changed code."),
    "diff": Home("diff", "Compare what artifacts or runs were made from."),
    "ls": Home("ls", "List experiments and parameter files."),
    "init": Home("init", "Set up a project."),
    "config": Home("config", "Show every setting, and where it came from."),
    "runs": Home("runs", "List the runs of the past; show, note on, remove one."),
    "artifacts": Home("artifacts", "List artifacts by what they are."),
    "show": Home("show", "Show an artifact, and what it was made from."),
    "reports": Home("reports", "Serve the reports to a browser."),
    "cache": Home("cache", "Look after the cache folder."),
    "replay": Home("replay", "Do the run of a full store again."),
    "verify": Home("verify", "Compare a full store with its manifest."),
    "export": Home("export", "Write a full store into a zip file."),
    "import": Home("import_", "Unpack a full store from a zip file."),
    "doctor": Home("doctor", "Try out whether machine and folders can be relied on."),
}
_OF_EXPERIMENT = {name: _ALL[name] for name in ("run", "ls", "reports")}


@click.group(cls=Commands, homes=_ALL, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="curifactory", message="%(prog)s %(version)s")
def curifactory() -> None:
    """Run experiments, and reuse what they computed before."""


@click.group(cls=RunByDefault, homes=_OF_EXPERIMENT, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="curifactory", message="%(prog)s %(version)s")
def experiment() -> None:
    """Run the experiment NAME: the short form of `curifactory run`."""
