"""Without this file half an export could be unusable, and the other half would be taken for the whole company."""

import re

from cohorts.errors import RejectsTooMany
from cohorts.gathering import PULL, Gathered

ADDRESS = re.compile(r"[^\s,;]+@[^\s,;]+")


def refuse_too_many(gathered: Gathered, most: float) -> None:
    """Stop where more than the share *most* of a file's rows cannot be used; nothing is lost with a repeat.

    Raises:
        RejectsTooMany: It names the first file of which that is so, and the first row.
    """
    for name, rows in gathered.rows.items():
        if rows.rejected_count <= most * rows.read_count:
            continue
        lost = sorted(
            (one for one in gathered.rejects if one.file == name and not one.is_repeat), key=lambda one: one.line
        )
        if len(lost) > most * rows.read_count:
            reasons = {one.because for one in lost}
            raise RejectsTooMany(
                f"{len(lost)} of {rows.read_count} rows of {name} cannot be used, more than {most:.2%}",
                # Where columns were mixed up, what is not known may be somebody's address.
                context=f"{name}:{lost[0].line}: {lost[0].column or 'row'}: "
                f"{ADDRESS.sub('an address', lost[0].because)}; {len(reasons)} different reasons in all",
                hint=f"mend them, or {PULL} again; "
                f"--max-rejects {_enough(len(lost), rows.read_count)} goes on without them",
            )


def _enough(lost_count: int, read_count: int) -> str:
    """Return a share that is just enough, with as few digits as say it."""
    return f"{min(1.0, -(-1000 * lost_count // read_count) / 1000):g}"
