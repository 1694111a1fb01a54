"""Without this file an update could do more than was proposed: what a provision and a step may touch."""

from collections.abc import Iterable, Sequence

from migration.manifest import Manifest
from migration.model import Step

_ALLOWED = {"provision": frozenset({"create"}), "step": frozenset({"update"})}


def objections(manifest: Manifest, steps: Iterable[Step], touched: Sequence[str]) -> tuple[str, ...]:
    """
    Say what is wrong with what the engine would do; nothing when it may begin.

    A provision only creates. A step only updates in place, and only the sets that the proposal named.

    Args:
        manifest: What shall be carried out.
        steps: What the engine announces, without what stays the same.
        touched: Keys of the slots that a step may change.
    """
    allowed = _ALLOWED[manifest.kind]
    found = []
    for step in steps:
        if step.operation not in allowed:
            found.append(f"{step.name}: {step.operation} is not part of a {manifest.kind}")
        elif manifest.kind == "step" and not step.name.startswith(tuple(f"{key} " for key in touched)):
            found.append(f"{step.name}: not in {', '.join(touched)}")
    return tuple(found)
