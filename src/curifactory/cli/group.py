"""Command groups: what happens around every command."""

from __future__ import annotations

from typing import Any

import click

from curifactory.cli.ending import VERBOSE, ending_status, sigterm_as_interrupt

ARGUMENTS = "curifactory.arguments"
"""Key in ``ctx.meta`` of the command line as it was typed, without the program's name."""


class Commands(click.Group):
    """A group in which every command ends with one of our exit statuses, whatever is raised."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the command line as it was typed; without anything, show the help."""
        ctx.meta.setdefault(ARGUMENTS, list(args))
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what it raises into a message and an exit status."""
        try:
            with sigterm_as_interrupt():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BaseException as error:
            ctx.exit(ending_status(error, verbose=ctx.meta.get(VERBOSE, False)))


class RunByDefault(Commands):
    """A group that takes what is none of its commands for an experiment to run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``run`` in front unless a command or an option of the group itself comes first."""
        ctx.meta[ARGUMENTS] = list(args)
        own = {*self.commands, *(name for param in self.get_params(ctx) for name in param.opts)}
        return super().parse_args(ctx, args if not args or args[0] in own else ["run", *args])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the usage of ``run``."""
        return self.commands["run"].collect_usage_pieces(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of ``run``, then the commands."""
        self.commands["run"].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
