"""Without this file a judgement would have to be believed: one person, from the rows to the rule and the readiness."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.assessing import Assessed
from cohorts.cells import fold
from cohorts.classified import WORDS_OF_WHY, Classified
from cohorts.errors import PersonUnknown
from cohorts.facts import Names
from cohorts.gathering import PEOPLE
from cohorts.joining import NO_KEY
from cohorts.looking_up import FoundRow, Wanted, last_uses, rows_about
from cohorts.methods import NO_METHOD, decode
from cohorts.people import texts_of
from cohorts.readiness import CODE_OF_WHY, READINESS, last_way_in, last_way_to_enrol
from cohorts.rules import Tried, trace
from cohorts.sealing import members_of

IN_DOUBT = "an account may be another person's; until that is decided it counts as the riskier of them"
SUPERVISED = "the supervised desk"
NONE = "none"
TIMES = frozenset(
    {"last_login", "created", "disabled_at", "evidence_at", "enrolled_at", "last_used_at", "at", "last_seen", "ends_at"}
)


def explain(found: Classified, person: str) -> dict[str, Any]:
    """Say where one person belongs and why; whoever asks gets names back, and nothing is written.

    Args:
        found: A classified export.
        person: An account id, a login or an address in any case, a number of an employee, or one of our person keys.

    Returns:
        `person_key cohort because rule target in_doubt accounts rows joined tried`; of each account what it holds and
        how far it is from ready. Where *in_doubt* says why, another rule counts than the last one that was tried.

    Raises:
        PersonUnknown: Nobody of the export, or more than one person, answers to that.
    """
    records = _records_of(found, person)
    accounts = [at for at in records if not _is_person(found, at)]
    first = accounts[0] if accounts else records[0]
    number = int(found.judged.rule[first])
    rule = found.book.rules[number - 1]
    rows = rows_about(found.files, _wanted(found, records), found.engine, region=found.needs.region)
    told = [_account(found, at, rows) for at in accounts]
    tried = _tried(found, first, told)
    return {
        "person_key": told[0]["person_key"] if told else None,
        "cohort": rule.cohort,
        "because": rule.because,
        "rule": number,
        "target": sorted(found.targets[rule.cohort]),
        "in_doubt": None if tried[-1].number == number else IN_DOUBT,
        "accounts": told,
        "joined": _joined(found, records),
        "tried": [{**asdict(one), "conditions": [asdict(inner) for inner in one.conditions]} for one in tried],
        "rows": [_shown(row) for row in rows],
    }


def _is_person(found: Classified, at: int) -> bool:
    return found.has_people and found.judged.stack.span(PEOPLE).start <= at < found.judged.stack.span(PEOPLE).stop


def _records_of(found: Classified, person: str) -> list[int]:
    """Return the positions of every record of the person whom somebody means."""
    stack = found.judged.stack
    # What came from a shell may be no text at all, and then names nobody.
    asked = person.strip().encode("utf-8", "backslashreplace").decode()
    hits: set[int] = set()
    for name, text in (
        ("account_id", asked),
        ("login", fold(asked)),
        ("email", fold(asked)),
        ("employee_number", asked),
    ):
        told = texts_of(stack, name)
        hits.update(pc.indices_nonzero(pc.equal(told, pa.scalar(text, told.type)).fill_null(False)).to_pylist())
        if hits:
            break
    if not hits and asked.startswith("p-"):
        hits = _with_key(found, asked)
    person_of = found.judged.person
    people = hits if person_of is None else {int(person_of[at]) for at in hits}
    if len(people) != 1:
        count = f"{len(people)} people answer" if people else "Nobody of this export answers"
        rejects = _rejects(len(found.rejects))
        raise PersonUnknown(
            f"{count} to that name{rejects}",
            context=", ".join(file.name for file in found.files),
            hint="offramp cohort classify EXPORT lists the rejects; an account id is never ambiguous",
        )
    if person_of is None:
        return sorted(hits)
    return np.flatnonzero(person_of == people.pop()).tolist()


def _rejects(count: int) -> str:
    match count:
        case 0:
            return ""
        case 1:
            return "; 1 row was rejected"
        case _:
            return f"; {count} rows were rejected"


def _with_key(found: Classified, key: str) -> set[int]:
    """Return the positions of the accounts of whoever has one of our person keys."""
    stack, table = found.judged.stack, found.table
    hits = set()
    for row in table.filter(pc.equal(table["person_key"], key)).select(["idp", "account_id"]).to_pylist():
        ids = stack.tables[stack.names.index(row["idp"])].ids
        place = pc.index(ids, pa.scalar(row["account_id"], ids.type)).as_py()
        hits.add(stack.span(row["idp"]).start + place)
    return hits


def _wanted(found: Classified, records: Sequence[int]) -> list[Wanted]:
    """Return whose rows to look for, by system."""
    stack = found.judged.stack
    wanted = []
    for name in stack.names:
        span = stack.span(name)
        own = [at - span.start for at in records if span.start <= at < span.stop]
        if own:
            table = stack.tables[stack.names.index(name)]
            ids = tuple(table.ids[at].as_py() for at in own)
            logins = table.texts.get("login")
            known = () if logins is None else tuple(text for at in own if (text := logins[at].as_py()))
            wanted.append(Wanted(name, ids, known))
    return wanted


def _account(found: Classified, at: int, rows: Sequence[FoundRow]) -> dict[str, Any]:
    stack = found.judged.stack
    idp = next(name for name in stack.names if stack.span(name).start <= at < stack.span(name).stop)
    provider, place = found.provider_of(idp), at - stack.span(idp).start
    assessed, held = found.assessed[idp], int(provider.holdings.held[place]) & (NO_METHOD - 1)
    account_id = provider.accounts.ids[place].as_py()
    table = found.table
    where = pc.and_(pc.equal(table["account_id"], account_id), pc.equal(table["idp"].cast(pa.string()), idp))
    (member,) = members_of(table.filter(where))
    login = provider.accounts.texts.get("login")
    days = int(assessed.evidence_days[place])
    way_in, way_to_enrol = _last_ways(assessed, place, held, member.cohort)
    return {
        "idp": idp,
        "account_id": account_id,
        "person_key": member.person_key,
        "login": None if login is None else login[place].as_py(),
        "status": member.status,
        "cohort": member.cohort,
        "because": member.because,
        "readiness": READINESS[CODE_OF_WHY[assessed.why[place]]],
        "why": WORDS_OF_WHY[assessed.why[place]],
        "methods": list(member.methods),
        "pending": list(decode(int(provider.holdings.pending[place]) & (NO_METHOD - 1))),
        "last_used": {word: _time(moment) for word, moment in last_uses([row for row in rows if row.idp == idp])},
        "last_way_in": way_in,
        "last_way_to_enrol": way_to_enrol,
        "evidence_age_days": None if days < 0 else days,
        "has_inventory": assessed.evidence.has_inventory,
        "platforms": {} if provider.equipment is None else provider.equipment.told(place),
        "has_shared_device": bool(assessed.evidence.is_shared[place]),
        "leftover_phone": bool(assessed.leftover[place]),
        "shares_number": bool(assessed.shares_number[place]),
        "groups": _names([] if provider.groups is None else provider.groups.names_at(place), rows, "groups"),
        "roles": _names([] if provider.roles is None else provider.roles.keys_at(place), rows, "roles"),
        "group_class": member.group_class,
    }


def _last_ways(assessed: Assessed, place: int, held: int, cohort: str) -> tuple[str | None, str | None]:
    """Return how somebody would get in, and bind the next method; None where nobody knows what is held."""
    if not assessed.evidence.can_sign_in[place]:
        return NONE, NONE
    if not assessed.evidence.is_known[place]:
        return None, None
    return last_way_in(held) or NONE, last_way_to_enrol(held, cohort) or SUPERVISED


def _names(told: Sequence[str], rows: Sequence[FoundRow], column: str) -> list[str]:
    """Return what somebody belongs to, directly or through another group, and what the users file lists."""
    names = set(told)
    for row in rows:
        listed = row.values.get(column)
        if isinstance(listed, tuple):
            names.update(listed)
    return sorted(names)


def _joined(found: Classified, records: Sequence[int]) -> list[dict[str, Any]]:
    """Say of each record which key joined it, and of what others it shares."""
    judged = found.judged
    if judged.records is None or judged.joined is None:
        return []
    told = []
    for at in records:
        level = int(judged.joined.joined_by[at])
        told.append(
            {
                "system": judged.records.systems[judged.records.system[at]],
                "record_id": judged.records.ids[at].as_py(),
                "joined_by": None if level == NO_KEY else judged.joined.keys[level],
                "keys": {key: values[at].as_py() for key, values in judged.records.keys.items()},
            }
        )
    return told


def _tried(found: Classified, first: int, accounts: Sequence[Mapping[str, Any]]) -> Sequence[Tried]:
    """Try every rule again, and show the names of lists, of which the facts keep the answers alone."""
    facts, row = found.judged.facts, first if found.judged.person is None else int(found.judged.person[first])
    # A list that nobody knows is not shown: what little is known of it would pass for all.
    known = [name for name, fact in facts.columns.items() if isinstance(fact, Names) and fact.sizes[row] >= 0]
    names = {name: sorted({one for account in accounts for one in account[name]}) for name in known}
    return trace(found.book, facts, row, names)


def _shown(row: FoundRow) -> dict[str, Any]:
    values = {name: _plain(name, value) for name, value in row.values.items()}
    return {"file": row.file, "line": row.line, "source": row.source, "values": values}


def _plain(name: str, value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return _time(value) if name in TIMES and isinstance(value, int) else value


def _time(moment: int) -> str:
    # Python's own calendar ends at both ends; an export may say anything.
    return f"{np.datetime_as_string(np.datetime64(moment, 'ms'), unit='s')}+00:00"
