"""Without this file two operators could act at once, and an exception outlive its end: how every command begins."""

from collections.abc import Iterator
from contextlib import contextmanager

from cohorts.errors import OfframpError
from migration.operations import excepting, healing, intents
from migration.operations.excepting import Done
from migration.operations.ports import Desk
from migration.programme import fold


@contextmanager
def taken(desk: Desk) -> Iterator[Done]:
    """
    Act alone: nobody else writes, what was interrupted is ended, and what is due is done first, and yielded.

    Raises:
        TurnTaken: Somebody else is at work; who, and since when.
    """
    with desk.ledger.turn(desk.actor, desk.now()):
        healing.heal(desk)
        yield excepting.carry_out_due(desk)


def glance(desk: Desk) -> None:
    """
    Before a look: end what was interrupted and do what is due, if nobody else is at work and the world answers.

    A look must still be possible when the tenant or the engine is away; then it is said, and the next command tries.
    """
    try:
        state = fold(intents.history(desk))
        if not (healing.is_needed(state) or excepting.is_due(desk, state)):
            return
        with taken(desk):
            pass
    except OfframpError as error:
        desk.say(f"not looked after: {error.message} ({error.context}); {error.hint}")
