"""Without this file what could not be joined would be an array; here it is a list that a person can work through."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from string import ascii_uppercase
from typing import Any

from cohorts.identity import Joined, JoinRecords
from cohorts.joining import DOUBTFUL, KINDS, NO_KEY

KEY_WORDS = {
    "employee_number": "employee number",
    "immutable_id": "immutable id",
    "login": "login",
    "email": "verified e-mail",
}
MOST_ACCOUNTS = 50  # of one conflict that are written out; the count is always whole
BECAUSE = {
    "two-accounts-one-person": "two accounts of one system share one {key}, and only one of them can be meant",
    "conflicting-keys": "one {key} is shared by records that an earlier key tells apart",
    "value-of-many": "so many records of one system share one {key} that it names nobody; it was not used",
    "account-without-owner": "the account is active, and HR knows nobody to whom it belongs",
}
NEXT = {
    "two-accounts-one-person": (
        "Decide which of them is the person's everyday account. Give the other its own {key} or none, "
        "or mark it as a second account of an administrator or a service; then export again."
    ),
    "conflicting-keys": (
        "Find out in which system the {key} or the earlier key is out of date, correct it there, and export again."
    ),
    "value-of-many": "Remove the placeholder from these records, or leave it: other keys are used for them.",
    "account-without-owner": (
        "Find the owner and enter the employee number in the account's profile; "
        "mark it as a service account if it has none; or disable it."
    ),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One record of a conflict: *keys* says what each key holds, None where nothing is known."""

    system: str
    record_id: str
    is_active: bool
    person: int
    keys: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that nobody may guess.

    Attributes:
        kind: One of KINDS.
        key: The key that was shared; "" where none was.
        because: What is wrong, in plain words.
        next_step: What somebody can do about it.
        claims: The records; at most MOST_ACCOUNTS of them.
        claims_count: How many there are in all.
        candidates: Numbers of the people whose these records may be; () where that is not the question.
    """

    kind: str
    key: str
    because: str
    next_step: str
    claims: tuple[Claim, ...]
    claims_count: int
    candidates: tuple[int, ...]


def listed(records: JoinRecords, joined: Joined, *, with_names: bool = False) -> Iterator[Conflict]:
    """
    Yield every conflict, so that each can be worked on alone.

    Args:
        records: What was joined.
        joined: What came of it.
        with_names: Show the keys' values. Without, a letter stands for each: equal letters in one conflict and
            key are equal values.
    """
    conflicts = joined.conflicts
    for number, (kind, level) in enumerate(zip(conflicts.kinds.tolist(), conflicts.levels.tolist(), strict=True)):
        held = conflicts.records[conflicts.starts[number] : conflicts.starts[number + 1]]
        key = "" if level == NO_KEY else joined.keys[level]
        words = KEY_WORDS.get(key, key)
        shown = held[:MOST_ACCOUNTS].tolist()
        told = {name: _told(records, name, shown, with_names=with_names) for name in joined.keys}
        claims = tuple(
            Claim(
                records.systems[records.system[place]],
                records.ids[place].as_py(),
                bool(records.is_active[place]),
                int(joined.person[place]),
                {name: texts[position] for name, texts in told.items()},
            )
            for position, place in enumerate(shown)
        )
        people = sorted(set(joined.person[held].tolist())) if kind in DOUBTFUL else ()
        yield Conflict(
            KINDS[kind],
            key,
            BECAUSE[KINDS[kind]].format(key=words),
            NEXT[KINDS[kind]].format(key=words),
            claims,
            len(held),
            tuple(people),
        )


def _told(records: JoinRecords, key: str, places: list[int], *, with_names: bool) -> list[str | None]:
    column = records.keys.get(key)
    values = [None if column is None else column[place].as_py() for place in places]
    if with_names:
        return values
    letters: dict[str, str] = {}
    for value in values:
        if value is not None:
            letters.setdefault(value, _letter(len(letters)))
    return [None if value is None else letters[value] for value in values]


def _letter(number: int) -> str:
    rest, last = divmod(number, len(ascii_uppercase))
    return (_letter(rest - 1) if rest else "") + ascii_uppercase[last]


def work_list(
    records: JoinRecords, joined: Joined, *, with_names: bool = False, most: int | None = None
) -> dict[str, Any]:
    """Return the conflicts as plain JSON values: how many of each kind, and the first *most* of them in full."""
    kinds = joined.conflicts.kinds
    return {
        "counts": {kind: int((kinds == number).sum()) for number, kind in enumerate(KINDS) if (kinds == number).any()},
        "conflicts": [
            {
                "number": number,
                "kind": one.kind,
                "key": one.key,
                "because": one.because,
                "next": one.next_step,
                "accounts_count": one.claims_count,
                "accounts": [
                    {
                        "system": claim.system,
                        "record_id": claim.record_id,
                        "is_active": claim.is_active,
                        "person": claim.person,
                        "keys": claim.keys,
                    }
                    for claim in one.claims
                ],
                "candidates": list(one.candidates[:MOST_ACCOUNTS]),
            }
            for number, one in enumerate(islice(listed(records, joined, with_names=with_names), most), 1)
        ],
    }


def rows(records: JoinRecords, joined: Joined, *, with_names: bool = False) -> Iterator[dict[str, str | int]]:
    """Yield the work list as flat rows, one an account, for a spreadsheet; the columns are those of the first row."""
    for number, one in enumerate(listed(records, joined, with_names=with_names), 1):
        for claim in one.claims:
            yield {
                "conflict": number,
                "kind": one.kind,
                "key": one.key,
                "system": claim.system,
                "record_id": claim.record_id,
                "is_active": "yes" if claim.is_active else "no",
                "person": claim.person,
                **{name: value or "" for name, value in claim.keys.items()},
                "because": one.because,
                "next": one.next_step,
            }
