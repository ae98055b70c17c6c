"""A command of commands."""

from __future__ import annotations

import click

from planner.errors import UnknownNameError, nearest


class Group(click.Group):
    """A command of commands; knows the nearest name, and shows its help where none is typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Alone it asks for nothing but what there is."""
        alone = not args and not ctx.resilient_parsing
        return super().parse_args(ctx, ["--help"] if alone else args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A line each, whole; click's own cuts it short."""
        with formatter.section("Commands"):
            formatter.write_dl([(n, self.line(ctx, n)) for n in self.list_commands(ctx)])

    def line(self, ctx: click.Context, name: str) -> str:
        """What a command is for."""
        command = self.get_command(ctx, name)
        return (command.help or "").partition("\n")[0].rstrip(".") if command else ""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which is nearest."""
        name = args[0].replace("_", "-")
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            like = nearest(name, known)
            raise UnknownNameError(
                f"no command of {ctx.command_path} is called {args[0]}",
                cause=f"there are {', '.join(known)}",
                fix=f"{ctx.command_path} {like[0] if like else '--help'}",
            )
        return super().resolve_command(ctx, args)
