"""Without this file what three systems say of one person would stay three opinions, and rules would see one of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohorts.facts import Coded, Fact, Facts, Mask, Names, Numbers, YesNo
from cohorts.identity import HR, Joined, JoinRecords
from cohorts.joining import Index

# From the one that can certainly sign in to the one that cannot at all; another word stands before SUSPENDED.
ABLE_FIRST = (
    "ACTIVE",
    "PASSWORD_EXPIRED",
    "RECOVERY",
    "LOCKED_OUT",
    "PROVISIONED",
    "STAGED",
    "",
    "SUSPENDED",
    "DEPROVISIONED",
)
# What an account is, as opposed to what is known of its holder: HR has no say here.
OF_ACCOUNTS = frozenset({"idp", "status"})
# Where several numbers are known: which one counts. A column that is not here takes the first, as texts do.
SMALLEST = frozenset({"last_login_age_days"})
LARGEST = frozenset({"created_age_days"})


@dataclass(frozen=True, slots=True)
class _People:
    """Records in order of (person, who is believed first, id): which they are, whose, and which are accounts."""

    order: Index
    person: Index
    starts: Index
    is_account: Mask
    count: int

    def any(self, mask: Mask) -> Mask:
        """Return which people have a record where *mask* is set."""
        having = np.zeros(self.count, bool)
        having[self.person[mask]] = True
        return having

    def first(self, wanted: Mask) -> tuple[Index, Index]:
        """Return the people who have a wanted record, and the position of the first of each."""
        places = np.flatnonzero(wanted)
        whose = self.person[places]
        is_first = np.ones(len(places), bool)
        is_first[1:] = whose[1:] != whose[:-1]
        return whose[is_first], places[is_first]


def merge(facts: Facts, records: JoinRecords, joined: Joined) -> Facts:
    """
    Say once of each person what their records say.

    Texts: the first system in the order of `records.systems` that knows the value wins, and inside one system the
    record with the smallest id; so does every other number. `idp` and `status` come from accounts while there is
    one; `status` is the one that is most able to sign in. The last login is the youngest, the creation the oldest.
    Yes or no: yes if any account says yes, else not known if any account does not know, else no. Lists: a name
    that any record has; the sizes are added up, and -1 where that of any account is not known: the list is not whole.

    Args:
        facts: Of the n records, in their order.
        records: The same records; the system that is believed first stands in front.
        joined: Their people.

    Returns:
        Facts of `joined.count` people.
    """
    person = joined.person[joined.order]
    starts = np.flatnonzero(np.append(True, person[1:] != person[:-1])) if len(person) else person
    is_account = ~records.is_of(HR)[joined.order]
    people = _People(joined.order, person, starts, is_account, joined.count)
    return Facts(joined.count, {name: _merged(name, fact, people) for name, fact in facts.columns.items()})


def _merged(name: str, fact: Fact, people: _People) -> Fact:
    if not people.count:
        return fact
    match fact:
        case Coded():
            return _text(name, fact, people)
        case Numbers():
            return _number(name, fact, people)
        case YesNo():
            return _answer(fact, people)
        case _:
            return _names(fact, people)


def _text(name: str, fact: Coded, people: _People) -> Coded:
    codes = fact.codes[people.order]
    wanted = codes != 0
    if name in OF_ACCOUNTS:
        by_account = wanted & people.is_account
        wanted &= people.is_account | ~people.any(by_account)[people.person]
    if name == "status":
        place = {word: number for number, word in enumerate(ABLE_FIRST)}
        ability = np.array([len(place), *(place.get(word, place[""]) for word in fact.values)], np.uint8)[codes]
        ability[~wanted] = len(place)
        wanted &= ability == np.minimum.reduceat(ability, people.starts)[people.person]
    whose, where = people.first(wanted)
    chosen = np.zeros(people.count, codes.dtype)
    chosen[whose] = codes[where]
    return Coded(chosen, fact.values)


def _number(name: str, fact: Numbers, people: _People) -> Numbers:
    values = fact.values[people.order]
    is_known = np.ones(len(values), bool) if fact.known is None else fact.known[people.order]
    known = people.any(is_known)
    chosen = np.zeros(people.count, values.dtype)
    if name in SMALLEST or name in LARGEST:
        least, most = np.iinfo(values.dtype).min, np.iinfo(values.dtype).max
        best, blank = (np.minimum, most) if name in SMALLEST else (np.maximum, least)
        chosen[known] = best.reduceat(np.where(is_known, values, blank), people.starts)[known]
    else:
        whose, where = people.first(is_known)
        chosen[whose] = values[where]
    return Numbers(chosen, None if known.all() else known)


def _answer(fact: YesNo, people: _People) -> YesNo:
    answers = fact.values[people.order]
    says_yes = people.any(answers == 1)
    # HR does not know who administers what, and its silence says nothing.
    does_not_know = people.any((answers < 0) & people.is_account) | ~people.any(answers >= 0)
    return YesNo(np.where(says_yes, 1, np.where(does_not_know, -1, 0)).astype(np.int8))


def _names(fact: Names, people: _People) -> Names:
    bits, sizes = fact.bits[people.order], fact.sizes[people.order]
    # A list of which one account's part is not known is not whole: "only these" must not be said of it.
    known = ~people.any((sizes < 0) & people.is_account) & people.any(sizes >= 0)
    total = np.add.reduceat(np.maximum(sizes, 0), people.starts, dtype=np.int64)
    capped = np.minimum(total, np.iinfo(np.int32).max)
    return Names(
        fact.atoms,
        np.bitwise_or.reduceat(np.where(sizes >= 0, bits, np.uint64(0)), people.starts),
        np.where(known, capped, -1).astype(np.int32),
    )


def riskiest(joined: Joined, risk: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """
    Count everyone whom a conflict leaves in doubt as the riskiest of whom their accounts might belong to.

    Args:
        joined: p people.
        risk: Shape (p,): place of each person's cohort among the cohorts, the riskiest being the smallest.

    Returns:
        Shape (p,): the place that counts; the person's own where there is no doubt.
    """
    places, which = joined.conflicts.doubts()
    person = joined.person[places]
    worst = np.full(len(joined.conflicts.kinds), np.iinfo(risk.dtype).max, risk.dtype)
    np.minimum.at(worst, which, risk[person])
    counted = risk.copy()
    np.minimum.at(counted, person, worst[which])
    return counted
