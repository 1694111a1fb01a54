"""Without this file every command would unpack its context by hand: how a command is given the desk."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click


def with_desk(command: Callable[..., Any]) -> Callable[..., Any]:
    """Call *command* with the desk as its first argument."""

    @click.pass_context
    def call(context: click.Context, *args: Any, **kwargs: Any) -> Any:
        return context.invoke(command, context.obj.desk(), *args, **kwargs)

    return update_wrapper(call, command)
