"""Without this file every test of the join would spell out a dozen columns for three accounts."""

import numpy as np
import pyarrow as pa

from cohorts.identity import KEYS, JoinRecords

SYSTEMS = ("hr", "okta", "entra")
SHORT = {"number": "employee_number", "immutable": "immutable_id", "login": "login", "email": "email"}


def a_record(system, record_id, *, active=True, verified=True, **keys):
    """Return one record of one system; `number`, `immutable`, `login` and `email` are its keys."""
    unknown = keys.keys() - SHORT.keys()
    assert not unknown, unknown
    return {
        "system": system,
        "id": record_id,
        "active": active,
        "verified": verified,
        "keys": {SHORT[name]: value for name, value in keys.items()},
    }


def records_of(*rows, systems=SYSTEMS):
    """Return records as the join takes them."""
    return JoinRecords(
        systems,
        np.array([systems.index(row["system"]) for row in rows], np.uint8),
        pa.array([row["id"] for row in rows], pa.string()),
        {key: pa.array([row["keys"].get(key) for row in rows], pa.string()) for key in KEYS},
        np.array([row["verified"] for row in rows], bool),
        np.array([row["active"] for row in rows], bool),
    )


def names_of(records, places):
    """Return records as "system:id", in order."""
    return [f"{records.systems[records.system[place]]}:{records.ids[place].as_py()}" for place in places]


def people_of(records, joined):
    """Return the people as sets of "system:id"."""
    people = [set() for _ in range(joined.count)]
    for place, name in enumerate(names_of(records, range(len(records.ids)))):
        people[joined.person[place]].add(name)
    return {frozenset(person) for person in people}
