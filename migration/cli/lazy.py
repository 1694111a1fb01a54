"""Without this file `offramp --help` would wait for every library that any command needs."""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LateNouns(MutableMapping[str, click.Command]):
    """
    Commands that are imported when somebody takes them out; names and count are known without.

    Args:
        package: Where the modules are; the noun `wave` is the attribute `wave` of the module `package.wave`.
        words: Noun → its line on the first page of help.
    """

    def __init__(self, package: str, words: Mapping[str, str]) -> None:
        self._package = package
        self._words = dict(words)
        self._found: dict[str, click.Command] = {}

    def __getitem__(self, noun: str) -> click.Command:
        if noun not in self._found:
            if noun not in self._words:
                raise KeyError(noun)
            self._found[noun] = getattr(import_module(f"{self._package}.{noun}"), noun)
        return self._found[noun]

    def __setitem__(self, noun: str, command: click.Command) -> None:
        self._words[noun] = command.get_short_help_str()
        self._found[noun] = command

    def __delitem__(self, noun: str) -> None:
        del self._words[noun]
        self._found.pop(noun, None)

    def __contains__(self, noun: object) -> bool:
        return noun in self._words  # the inherited answer would import

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def lines(self, beginning: str = "") -> list[tuple[str, str]]:
        """Return the nouns that begin like this, in order, each with its line of help."""
        return [(noun, words) for noun, words in sorted(self._words.items()) if noun.startswith(beginning)]


class LateGroup(click.Group):
    """A group that shows and completes its nouns without importing them; made from `LateNouns`."""

    def __init__(self, *, nouns: LateNouns, **attributes: object) -> None:
        super().__init__(commands=nouns, **attributes)  # type: ignore[arg-type]
        self._nouns = nouns

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the nouns and their lines."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(self._nouns.lines())

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Complete the nouns, or the options, from what was typed."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - nobody needs it but a shell

        offered = [CompletionItem(noun, help=words) for noun, words in self._nouns.lines(incomplete)]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]
