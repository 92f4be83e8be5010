"""``curifactory reports``."""

from __future__ import annotations

import click

from curifactory.cli.output import warn


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to serve at; any other than this one lets others on the network read along.",
)
@click.option("--update", is_flag=True, help="Only write the list of reports anew, serve nothing.")
def reports(port: int, host: str, update: bool) -> None:
    """Serve the reports to a browser on this machine, until Ctrl-C."""
    from curifactory.settings import load_settings

    loaded = load_settings()
    warn(loaded.warnings)
    folder = loaded.settings.reports_path
    if update:
        from curifactory.reporting.index import write_index

        click.echo(write_index(folder, loaded.settings.report_css_path))
        return
    from curifactory.reporting.server import serve_reports

    serve_reports(folder, host=host, port=port, announce=click.echo)
