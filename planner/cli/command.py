"""A command that takes vLLM's options beside its own, in every spelling vLLM takes."""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from planner.errors import UnknownNameError, nearest
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.vllm.command import arguments_of
from planner.vllm.flags import Spelling, known, named
from planner.vllm.rewrite import follows
from planner.vllm.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from click.shell_completion import CompletionItem

    from planner.vllm.option import Kind

#: the variable by which a shell asks what may stand next
COMPLETE = "_PLANNER_COMPLETE"
#: where a command finds what was typed for vLLM, and after ``--``
_ARGUMENTS = "planner.vllm.arguments"
_COMMAND = "planner.vllm.command"


class Grouped(click.Option):
    """An option of the planner's own, under a heading of the help page."""

    def __init__(self, *args: Any, group: str = "options", **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.group = group


class PlannerCommand(click.Command):
    """Reads options as vLLM's parser does; knows the nearest names.

    Attributes:
        vllm: takes vLLM's options too.
        target: takes a ``vllm serve`` command after ``--``.
    """

    def __init__(
        self, *args: Any, vllm: bool = False, target: bool = False, **kwargs: Any  # noqa: ANN401
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.vllm = vllm
        self.target = target
        if COMPLETE in os.environ:
            self._offer()

    def _offer(self) -> None:
        """Let every value offer what it may be: a shell asks, nobody else."""
        from planner.cli.completing import completed

        for param in self.params:
            completed(param)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Own options, then vLLM's."""
        own = super().shell_complete(ctx, incomplete)
        if not self.vllm or not incomplete.startswith("-"):
            return own
        from click.shell_completion import CompletionItem

        told = {flag: option.help for option in OPTIONS.values() for flag in option.flags}
        names = [*told, *known()] if incomplete.startswith("--") else list(told)
        seen = {item.value for item in own}
        theirs = (name for name in dict.fromkeys(names) if name not in seen)
        begun = (name for name in theirs if name.startswith(incomplete))
        return own + [CompletionItem(name, help=told.get(name)) for name in begun]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hand click its own options, and keep what is meant for vLLM."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        if self.target and "--" in args:
            at = args.index("--")
            args, ctx.meta[_COMMAND] = args[:at], tuple(args[at + 1 :])
        own = _own(self.get_params(ctx))
        mine: list[str] = []
        theirs: list[Token] = []
        for token in tokens(args, self._table(args, own)):
            if not token.is_option:
                mine.append(token.typed)
            elif token.typed in own:
                mine += [token.typed, *token.values]
            elif token.spelling is None:
                raise self._unknown(token, own, ctx.command_path)
            else:
                theirs.append(token)
        ctx.meta[_ARGUMENTS] = arguments_of(theirs)
        return super().parse_args(ctx, mine)

    def _table(self, args: Sequence[str], own: Mapping[str, Spelling]) -> Mapping[str, Spelling]:
        if not self.vllm:
            return own
        table = {**named(), **own}
        typed = {a.partition("=")[0].partition(".")[0] for a in args if a.startswith("--")}
        # the whole list is read from a file, for a flag that is shortened or rare
        rare = not {t.replace("_", "-") for t in typed} <= set(table)
        return {**known(_version(args)), **table} if rare else table

    def _unknown(self, token: Token, own: Mapping[str, Spelling], path: str) -> UnknownNameError:
        table = {**named(), **known(), **own} if self.vllm else own
        like = nearest(token.typed, table, likeness=0.6)
        return UnknownNameError(
            f"no option is called {token.typed}",
            cause="neither the planner nor vLLM has it" if self.vllm else "",
            fix=f"perhaps {' or '.join(like)}" if like else f"{path} --help",
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Own options by group, then vLLM's by group."""
        records = [
            (getattr(param, "group", "options"), record)
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx))
        ]
        for group, members in groupby(records, key=lambda pair: pair[0]):
            with formatter.section(group.capitalize()):
                formatter.write_dl([record for _, record in members])
        if self.vllm:
            formatter.write_paragraph()
            formatter.write_text(
                "vLLM's own options, in every spelling vLLM takes, fix what they name; those not "
                "listed here are passed on to the commands as they are."
            )
            for group, options in groupby(OPTIONS.values(), key=lambda option: option.group):
                with formatter.section(f"vLLM, {group}"):
                    formatter.write_dl([(", ".join(o.flags), o.help) for o in options])


def _version(args: Sequence[str]) -> str | None:
    """The release whose options are meant, before anything else of the command is read."""
    words = " ".join(args).replace("--vllm-version=", "--vllm-version ").split()
    return follows(words, "--vllm-version")


def _own(params: Sequence[click.Parameter]) -> dict[str, Spelling]:
    table: dict[str, Spelling] = {}
    for param in params:
        if isinstance(param, click.Option):
            kind: Kind = "on" if param.is_flag or param.count else "value"
            for flag in (*param.opts, *param.secondary_opts):
                table[flag] = Spelling(flag=flag, kind=kind)
    return table


def vllm_arguments(ctx: click.Context) -> VllmArguments:
    """What was typed for vLLM."""
    arguments: VllmArguments = ctx.meta[_ARGUMENTS]
    return arguments


def command_words(ctx: click.Context) -> tuple[str, ...]:
    """What was typed after ``--``."""
    words: tuple[str, ...] = ctx.meta.get(_COMMAND, ())
    return words
