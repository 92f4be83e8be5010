"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def cache_option(meaning: str, must_exist: bool = True) -> Callable[[Any], Any]:
    """The option ``--cache DIR``, which a command gets as ``folder``."""
    kind = click.Path(exists=must_exist, file_okay=False)
    return click.option("-c", "--cache", "folder", metavar="DIR", type=kind, help=meaning)
