"""Without this file a person would not read which policies were violated, where and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.difference import name_of, type_of
from sandbox.engine.text import display_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.engine.events import Event

LOADING = "Loading policy packs..."
LEVELS = ("mandatory", "advisory")
SEVERITIES = ("critical", "high", "medium", "low", "")
INDENT = " " * 8


def violation_line(event: Event) -> str:
    """Write a violation where it happened, as `--diff` shows it."""
    pack = f"{event['policyPackName']}@v{event['policyPackVersion']}"
    return f"    {pack} {_head(event)}{event['message'].rstrip()}\n"


def policies_section(packs: Mapping[str, str], violations: Sequence[Event]) -> list[str]:
    """
    Write what the packs said, the worst first.

    Args:
        packs: Version by the name in the summary event, `NAME|local|FOLDER`.
        violations: The contents of the policy events.

    Returns:
        Lines; none when no pack ran.
    """
    if not packs:
        return []
    lines = ["Policies:"]
    for full, version in sorted(packs.items()):
        name, _local, folder = full.split("|")
        own = [each for each in violations if (each["policyPackName"], each["policyPackVersion"]) == (name, version)]
        mark = "\u274c" if has_mandatory(own) else "\u26a0\ufe0f" if own else "\u2705"
        lines.append(f"    {mark} {name}@v{version} (local: {folder})")
        for each in sorted(own, key=_rank):
            lines.append(f"{INDENT}- {_head(each)}")
            lines += [f"{INDENT}  {text}" for text in each["message"].rstrip().split("\n")]
    return [*lines, ""]


def packs_table(packs: Mapping[str, str]) -> list[str]:
    """List the packs that ran, as `--diff` ends."""
    if not packs:
        return []
    width = max(map(len, packs))
    rows = [f"    {name:<{width}}  {version}" for name, version in sorted(packs.items())]
    return ["", "Policy Packs run:", f"    {'Name':<{width}}  Version", *rows]


def has_mandatory(violations: Sequence[Event]) -> bool:
    """Say whether one of them stops the operation."""
    return any(each["enforcementLevel"] == "mandatory" for each in violations)


def _head(event: Event) -> str:
    severity = f" [severity: {event['severity']}]" if event.get("severity") else ""
    urn = event["resourceUrn"]
    where = f"({display_type(type_of(urn))}: {name_of(urn)})"
    return f"[{event['enforcementLevel']}]{severity}  {event['policyName']}  {where}"


def _rank(event: Event) -> tuple[int, int, str, str]:
    level, severity = event["enforcementLevel"], event.get("severity", "")
    return LEVELS.index(level), SEVERITIES.index(severity), event["policyName"], event["resourceUrn"]
