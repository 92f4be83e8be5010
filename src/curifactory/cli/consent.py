"""Asking before something is done, where somebody is there to answer."""

from __future__ import annotations

import sys

import click

from curifactory.cli.ending import FAILED


def check_can_ask(done: str, as_json: bool = False) -> None:
    """Refuse to begin what will have to ask, if nobody can answer.

    Parameters
    ----------
    done : str
        What would be done after the answer, such as ``"removed"``.
    as_json : bool
        Whether the answer would be printed for programs, which are not asked.

    Raises
    ------
    UsageError
        If there is no terminal, or the output is for programs.
    """
    if as_json or sys.stdin is None or not sys.stdin.isatty():
        why = "with --json nobody is asked" if as_json else "there is no terminal to ask on"
        raise click.UsageError(
            f"This needs an answer, and {why}: nothing was {done}. Give --yes to answer "
            "beforehand, or --dry-run to look only."
        )


def ask(question: str, done: str) -> None:
    """Ask a question; unless it is answered with yes, the command ends with nothing done.

    Parameters
    ----------
    question : str
        To be answered with yes or no.
    done : str
        See `check_can_ask`.
    """
    try:
        agreed = click.confirm(question)
    except click.Abort:
        click.echo(f"\nNothing was {done}.", err=True)
        raise
    if not agreed:
        click.echo(f"Nothing was {done}.", err=True)
        click.get_current_context().exit(FAILED)
