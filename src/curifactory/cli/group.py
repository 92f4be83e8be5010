"""Command groups: what happens around every command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from curifactory.cli.ending import VERBOSE, ending_status, sigterm_as_interrupt

ARGUMENTS = "curifactory.arguments"
"""Key in ``ctx.meta`` of the command line as it was typed, without the program's name."""


@dataclass(frozen=True)
class Home:
    """Where a command lives, and what a list of commands says of it.

    Parameters
    ----------
    module : str
        Name in this package.
    summary : str
        One short sentence.
    """

    module: str
    summary: str


class Commands(click.Group):
    """A group in which every command ends with one of our exit statuses, whatever is raised.

    Parameters
    ----------
    homes : dict of str to Home
        Commands in the order in which they are listed. A command's module is imported when it is
        called: a start is as slow as what it imports.
    """

    def __init__(self, *args: Any, homes: Mapping[str, Home] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._homes = dict(homes or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(dict.fromkeys([*self._homes, *super().list_commands(ctx)]))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        if self._homes:
            with formatter.section("Commands"):
                formatter.write_dl([(name, home.summary) for name, home in self._homes.items()])
        else:
            super().format_commands(ctx, formatter)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name in self._homes and cmd_name not in self.commands:
            module = import_module(f"curifactory.cli.{self._homes[cmd_name].module}")
            attribute = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
            self.add_command(getattr(module, attribute), cmd_name)
        return super().get_command(ctx, cmd_name)

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


class ListedByDefault(Commands):
    """A group that lists when no other command is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``ls`` in front of its options; a word is a command, if perhaps a mistyped one."""
        lists = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, ["ls", *args] if lists else args)


class RunByDefault(Commands):
    """A group that takes what is none of its commands for an experiment to run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``run`` in front unless a command or an option of the group itself comes first."""
        ctx.meta[ARGUMENTS] = list(args)
        options = {name for param in self.get_params(ctx) for name in param.opts}
        own = {*self.list_commands(ctx), *options}
        return super().parse_args(ctx, args if not args or args[0] in own else ["run", *args])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the usage of ``run``."""
        return self._run(ctx).collect_usage_pieces(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of ``run``, then the commands."""
        self._run(ctx).format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def _run(self, ctx: click.Context) -> click.Command:
        command = self.get_command(ctx, "run")
        assert command is not None
        return command
