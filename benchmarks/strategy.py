"""Without this file the product would not be told the same work as the others, in its own words: when who may move."""

import work

from migration.calendar import Calendar, Freeze
from migration.rounds import Rounds

ROUNDS = Rounds(
    calendar=Calendar(
        finish_on=work.dt.date(2026, 12, 31),
        freezes=tuple(Freeze(first_on, last_on, "frozen") for first_on, last_on in work.FREEZES),
    ),
    first_on=work.FIRST_ON,
    # Between a target method and codes lies a passkey that is not the target's; here every passkey is.
    costs={"weaker-passkey": 60} | {readiness: cost for readiness, _, cost in work.LADDER},
    largest_share=work.LARGEST_SHARE,
    department_share=work.DEPARTMENT_SHARE,
    help_desk_per_day=work.MILLI_TICKETS_A_DAY,
    most_rounds=work.MOST_WAVES,
)
