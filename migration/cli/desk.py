"""Without this file every command would unpack its context by hand: how a command is given the desk."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from migration.operations import turns


def with_desk(command: Callable[..., Any]) -> Callable[..., Any]:
    """Call *command* with the desk as its first argument."""

    @click.pass_context
    def call(context: click.Context, *args: Any, **kwargs: Any) -> Any:
        return context.invoke(command, context.obj.desk(), *args, **kwargs)

    return update_wrapper(call, command)


def attended(command: Callable[..., Any]) -> Callable[..., Any]:
    """
    Call *command* with the desk, and look after the programme first.

    What a dead command left behind is ended and what is due is done, before anything is shown or decided. Whoever
    executes acts alone; whoever only looks is not kept waiting by somebody else's work. A look at the past looks only.
    """

    @click.pass_context
    def call(context: click.Context, *args: Any, **kwargs: Any) -> Any:
        desk = context.obj.desk()
        if kwargs.get("execute"):
            with turns.taken(desk):
                return context.invoke(command, desk, *args, **kwargs)
        if not kwargs.get("as_of"):
            turns.glance(desk)
        return context.invoke(command, desk, *args, **kwargs)

    return update_wrapper(call, command)
