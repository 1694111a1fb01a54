"""Without this file nobody could name the property that changed, or the one a provider will not have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.engine.values import is_secret, plain

if TYPE_CHECKING:
    from sandbox.engine.values import Properties

NONE, SOME = 1, 2
KINDS = ("add", "add-replace", "delete", "delete-replace", "update", "update-replace")
INVERSE = {"add": "delete", "delete": "add", "add-replace": "delete-replace", "delete-replace": "add-replace"}


class ProviderError(Exception):
    """A provider answered with an error; `partial` holds what it nevertheless made, if it said so."""

    def __init__(self, message: str, partial: Any = None, *, unimplemented: bool = False) -> None:
        super().__init__(message)
        self.partial = partial
        self.unimplemented = unimplemented


@dataclass(frozen=True)
class Difference:
    """What a provider says about old and new inputs; `diffs` and `detailed` name the properties."""

    changed: bool
    replaces: list[str] = field(default_factory=list)
    diffs: list[str] = field(default_factory=list)
    detailed: dict[str, Any] | None = None

    def inverted(self) -> Difference:
        """Give the same difference seen from the other side, as a refresh shows it."""
        if self.detailed is None:
            return self
        turned = {
            path: {**each, "diffKind": INVERSE.get(each["diffKind"], each["diffKind"])}
            for path, each in self.detailed.items()
        }
        return Difference(self.changed, self.replaces, self.diffs, turned)


def name_of(urn: str) -> str:
    """Give the name a URN ends in."""
    return urn.rsplit("::", 1)[1]


def type_of(urn: str) -> str:
    """Give the type token inside a URN, without its parents' types."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def raise_failures(urn: str, news: Properties, failures: Any) -> None:
    """
    Turn the failures of a check into one error.

    Raises:
        ProviderError: There is at least one failure; secret values are not shown.
    """
    who = f"{type_of(urn)} resource '{name_of(urn)}'"
    texts = []
    for failure in failures:
        value = news.get(failure.property)
        shown = "[secret]" if is_secret(value) else value
        about = f": property {failure.property} value {{{shown}}}" if failure.property else ""
        texts.append(f"{who}{about} has a problem: {failure.reason}")
    if texts:
        raise ProviderError("\n".join(texts))


def read_difference(answer: Any, olds: Properties, news: Properties) -> Difference:
    """
    Read a provider's answer to Diff or DiffConfig.

    Args:
        answer: The protocol's DiffResponse.
        olds: The inputs of the state.
        news: The inputs asked for; compared here when the provider does not say.

    Returns:
        The difference.
    """
    detailed: dict[str, Any] | None = None
    if answer.hasDetailedDiff:
        detailed = {
            path: {"diffKind": KINDS[each.kind], "inputDiff": each.inputDiff}
            for path, each in answer.detailedDiff.items()
        }
    changed, diffs, replaces = answer.changes == SOME, list(answer.diffs), list(answer.replaces)
    replaces += [path for path, each in (detailed or {}).items() if each["diffKind"].endswith("-replace")]
    if answer.changes not in {NONE, SOME}:
        detailed = compare(olds, news)
        changed, diffs = bool(detailed), sorted(detailed)
    return Difference(changed, sorted(set(replaces)), diffs, detailed)


def compare(olds: Properties, news: Properties) -> dict[str, Any]:
    """Name the top-level inputs that differ, for a provider that does not say; a mark alone is no difference."""
    return kinds_of(plain(olds), plain(news))


def kinds_of(before: Properties, after: Properties) -> dict[str, Any]:
    """Name the keys whose values differ as they stand, each with add, delete or update."""
    kinds = {}
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            kind = "add" if key not in before else "delete" if key not in after else "update"
            kinds[key] = {"diffKind": kind, "inputDiff": True}
    return kinds
