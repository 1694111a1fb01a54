"""Without this file a full disk would end in a stack trace, and a report in half a page: how commands write files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from migration.cli import render


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a place that cannot be written into a sentence: it is for whoever named it to change."""
    try:
        yield
    except OSError as failure:
        raise click.UsageError(f"{path} cannot be written: {failure.strerror or failure}") from failure


def write(path: Path, text: str) -> None:
    """Write a file whole, and say so."""
    aside = path.with_name(f".{path.name}.new")
    with writing(path):
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    render.say(f"written: {path}")
