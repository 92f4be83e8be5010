"""``curifactory config``."""

from __future__ import annotations

import json

import click

from curifactory.cli.options import json_option
from curifactory.cli.output import warn
from curifactory.settings import FLAGS, load_settings


@click.command()
@json_option
def config(as_json: bool) -> None:
    """Show the value of every setting, and where it came from."""
    loaded = load_settings()
    values = {key: getattr(loaded.settings, key) for key in FLAGS}
    if as_json:
        described = {
            key: {
                "value": value,
                "origin": loaded.origins[key],
                "help": FLAGS[key].metadata["help"],
            }
            for key, value in values.items()
        }
        click.echo(json.dumps({"root": loaded.root, "file": loaded.file, "settings": described}))
        return
    click.echo(f"Project root: {loaded.root}")
    click.echo(f"Configuration file: {loaded.file or 'none'}\n")
    texts = {key: json.dumps(value) for key, value in values.items()}
    key_width = max(map(len, texts))
    value_width = max(map(len, texts.values()))
    for key, text in texts.items():
        click.echo(f"{key:<{key_width}}  {text:<{value_width}}  {loaded.origins[key]}")
    warn(loaded.warnings)
