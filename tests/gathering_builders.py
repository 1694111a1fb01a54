"""Small exports, gathered: what tests of the road from rows to accounts say, and what they ask."""

import json
from dataclasses import replace
from pathlib import Path

from export_builders import NOON, write_export
from source_samples import a_csv, json_lines

from cohorts.engine import Threads, silent
from cohorts.exports.recognising import recognise
from cohorts.facts import Coded, Numbers, YesNo
from cohorts.gathering import gather
from cohorts.known import facts_of, hold_passwords
from cohorts.methods import NO_METHOD, decode
from cohorts.needs import Needs
from cohorts.source_reading import VENDORS, read_sources

SOURCES = read_sources()
NEEDS = Needs(int(NOON.timestamp() * 1000))
GRAPH = "#microsoft.graph."


def gathered(folder, *, threads=1, files=None, sources=None, **needs):
    """Gather what lies in a folder; *files* writes it first: name → rows, or headings and rows, or bytes.

    *sources* is a folder of column maps beside ours.
    """
    folder = Path(folder)
    for name, rows in (files or {}).items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_content(name, rows))
    told = recognise(folder, read_sources(VENDORS, sources) if sources else SOURCES).files
    return gather(told, replace(NEEDS, **needs), Threads(threads), silent)


def _content(name, rows):
    if isinstance(rows, bytes):
        return rows
    if name.endswith(".csv"):
        return a_csv(rows[0], rows[1:])
    if name.endswith(".json"):
        return json.dumps(list(rows)).encode()
    return json_lines(rows)


def exported(folder, **files):
    """Gather an Okta export of these rows; what is not given is one person and one administrator."""
    return gathered(write_export(folder, **files))


def provider_of(found, idp="okta"):
    """Return what is known of one provider's accounts."""
    return next(one for one in found.providers if one.accounts.idp == idp)


def ids_of(found, idp="okta"):
    """List the accounts that stand, in the order of the export."""
    return provider_of(found, idp).accounts.ids.to_pylist()


def holds(found, account_id, idp="okta", what="held"):
    """Say what one account holds, the password too."""
    provider = provider_of(found, idp)
    hold_passwords(provider)
    return decode(int(getattr(provider.holdings, what)[_place(provider, account_id)]) & (NO_METHOD - 1))


def fact(found, account_id, column, idp="okta", **atoms):
    """Say what one account is known as in one column: a text, a number, yes or no; None is not known."""
    provider = provider_of(found, idp)
    told, place = facts_of(provider, atoms).get(column), _place(provider, account_id)
    match told:
        case Coded(codes, values):
            return values[int(codes[place]) - 1] if codes[place] else None
        case Numbers(values, known):
            return None if known is not None and not known[place] else int(values[place])
        case YesNo(values):
            return None if values[place] < 0 else bool(values[place])
        case None:
            return None
        case _:
            return None if told.sizes[place] < 0 else int(told.sizes[place])


def answers(found, account_id, column, atom, idp="okta"):
    """Say whether a name of a list of one account answers one question with yes."""
    provider = provider_of(found, idp)
    return bool(facts_of(provider, {column: (atom,)})[column].bits[_place(provider, account_id)])


def _place(provider, account_id):
    return provider.accounts.ids.to_pylist().index(account_id)


def reasons(found):
    """List the rejects as plain values, by file and line."""
    return sorted((one.file, one.line, one.column, one.because) for one in found.rejects)


def unbalanced(found):
    """Return the files whose rows are not exactly those kept and those rejected, each row rejected once."""
    places = [(one.file, one.line) for one in found.rejects]
    twice = {file for file, line in places if places.count((file, line)) > 1}
    return twice | {
        name
        for name, rows in found.rows.items()
        if rows.kept_count < 0 or rows.read_count != rows.kept_count + rows.rejected_count
    }


def an_entra_user(user_id, **changes):
    """Make one active account as Microsoft Graph tells it."""
    return {"id": user_id, "userPrincipalName": f"{user_id}@example.com", "accountEnabled": True, **changes}


def an_entra_method(user_id, kind="phone", **changes):
    """Make one method as Microsoft Graph tells it, with its user beside it."""
    own = {"phoneType": "mobile", "phoneNumber": "+1 2025550101"} if kind == "phone" else {}
    return {
        "@odata.type": f"{GRAPH}{kind}AuthenticationMethod",
        "id": f"{kind}-{user_id}",
        "userId": user_id,
        **own,
        **changes,
    }


def an_entra_member(member_id, group_id, kind="user", **changes):
    """Put one account or group into one group."""
    return {
        "groupId": group_id,
        "groupName": f"name of {group_id}",
        "id": member_id,
        "@odata.type": GRAPH + kind,
    } | changes


def an_entra_role(member_id, role="Global Administrator", kind="user", **changes):
    """Give one account or group one directory role."""
    return {"id": member_id, "roleTemplateId": f"t {role}", "roleName": role, "@odata.type": GRAPH + kind, **changes}
