"""A command of commands."""

from __future__ import annotations

import click

from planner.errors import UnknownNameError, nearest


class Group(click.Group):
    """A command of commands; knows the nearest name."""

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
