"""Without this file nobody could say why a person is where they are: who was moved, and what was deleted."""

from dataclasses import dataclass

from migration.model import Document


@dataclass(frozen=True, slots=True)
class MembershipRequested:
    """
    Intent: people join and leave sets of ours outside a step of their wave.

    Attributes:
        purpose: "joiners", "leavers", "movers", "back".
        moves: One document a person: account, person, cohort, from_wave, wave (None: in none yet), held_in (the set
            that holds them outside their wave's own, or None), join, leave (keys of sets, or None), reason, because.
        new_waves: Waves that the moves name and the plan does not have yet.
        approved_by: Who approves that somebody's assurance falls.
    """

    purpose: str
    moves: tuple[Document, ...]
    new_waves: tuple[Document, ...] = ()
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class MembershipVerified:
    """Outcome: they are where they shall be, as read back."""

    intent: int
    member_count: int


@dataclass(frozen=True, slots=True)
class RetireRequested:
    """
    Somebody asks to delete the phones of a settled wave: a one-way door, approved by two.

    Attributes:
        request: The exact request, with every phone by account and factor id, and who is skipped and why.
        request_digest: sha-256 over its text.
    """

    wave: str
    lane: str
    request: Document
    request_digest: str


@dataclass(frozen=True, slots=True)
class RetireBegun:
    """Intent: the listed phones are being deleted, person by person; what is gone already is not asked for again."""

    wave: str
    lane: str
    request_digest: str


@dataclass(frozen=True, slots=True)
class Retired:
    """Outcome: none of the listed phones is left."""

    wave: str
    lane: str
    intent: int
    deleted_count: int
    skipped_count: int


@dataclass(frozen=True, slots=True)
class Ticked:
    """The scheduler's heartbeat, and what it found to do."""

    ended_count: int
    warned_count: int
    joined_count: int
    left_count: int
    moved_count: int
    alarms: tuple[str, ...]
