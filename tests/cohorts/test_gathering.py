import threading

import pytest
from export_builders import a_factor, a_membership, a_role, a_user
from gathering_builders import (
    NEEDS,
    an_entra_member,
    an_entra_user,
    exported,
    fact,
    gathered,
    holds,
    ids_of,
    provider_of,
    reasons,
    unbalanced,
)

from cohorts.engine import Threads, silent
from cohorts.errors import ExportForeign, ExportUnreadable, OfframpError
from cohorts.gathering import FileRows, gather
from cohorts.needs import Needs

REGISTRATION = [
    {
        "id": "a",
        "userPrincipalName": "a@example.com",
        "methodsRegistered": ["mobilePhone", "windowsHelloForBusiness"],
        "isAdmin": True,
        "lastUpdatedDateTime": "2026-10-20T08:00:00Z",
    },
    {"id": "b", "userPrincipalName": "b@example.com", "methodsRegistered": [], "isAdmin": False},
    {"id": "c", "userPrincipalName": "c@example.com", "methodsRegistered": ["email"], "isAdmin": None},
]
HR = ("Employee number", "Work email", "Employment status", "Last day")


def an_export(count):
    """Make an Okta export of *count* people, each with a factor."""
    people = [f"u{number}" for number in range(count)]
    return {
        "users.jsonl": [a_user(one, status="ACTIVE" if number % 7 else "HAPPY") for number, one in enumerate(people)],
        "factors.jsonl": [a_factor(one, "push" if number % 3 else "sms") for number, one in enumerate(people)],
        "groups.jsonl": [a_membership(one, f"G{number % 5}") for number, one in enumerate(people)],
        "roles.jsonl": [a_role(people[1])],
    }


def told(found):
    """Say all that was gathered of Okta's accounts, to compare."""
    provider = provider_of(found)
    return (
        provider.accounts.ids.to_pylist(),
        provider.holdings.held.tolist(),
        provider.groups.positions.tolist(),
        [provider.groups.keys[code] for code in provider.groups.codes],
        [fact(found, "u1", name) for name in ("is_admin", "status", "department", "created_age_days")],
        reasons(found),
        dict(found.rows),
    )


def test_rows_in_are_rows_out_and_rejects(tmp_path):
    """Each file's rows are all accounted for, those among them that were no rows at all."""
    found = exported(
        tmp_path,
        users=[a_user("u1"), "not json", a_user("boss"), a_user("u2", status="HAPPY")],
        factors=[a_factor("u1"), a_factor("u2"), a_factor("u1", "push", status="PENDING_ACTIVATION")],
    )

    assert {"users.jsonl": FileRows(4, 2, 2), "factors.jsonl": FileRows(3, 2, 1)} == {
        file: rows for file, rows in found.rows.items() if file in {"users.jsonl", "factors.jsonl"}
    }


@pytest.mark.parametrize("threads", [2, 4])
def test_the_number_of_threads_changes_nothing(tmp_path, monkeypatch, threads):
    """Parts come back in the order of the files, whoever read them."""
    monkeypatch.setattr("cohorts.exports.json_lines.PART", 1_000)
    alone = gathered(tmp_path, files=an_export(60))

    assert told(alone) == told(gathered(tmp_path, threads=threads))


def test_where_a_file_is_cut_changes_nothing(tmp_path, monkeypatch):
    """Parts are no borders: codes, logins and repeats go across them."""
    files = an_export(60)
    files["users.jsonl"] += [a_user("u3"), a_user("u4", status="STAGED")]
    whole = gathered(tmp_path, files=files)
    for size in (300, 1_000, 5_000):
        monkeypatch.setattr("cohorts.exports.json_lines.PART", size)

        assert told(whole) == told(gathered(tmp_path))


def test_a_file_of_which_no_user_stands_is_refused(tmp_path):
    """Nobody is not a population."""
    with pytest.raises(
        ExportForeign, match=r"Not one row of users.jsonl can be used; the first: status HAPPY"
    ) as refused:
        exported(tmp_path, users=[a_user("u1", status="HAPPY")])
    assert ("users.jsonl:1", True) == (refused.value.context, "offramp" in refused.value.hint)


def test_side_files_without_accounts_are_refused(tmp_path):
    """Whose factors are these?"""
    with pytest.raises(ExportUnreadable, match="No file of the export has the accounts of okta") as refused:
        gathered(tmp_path, files={"factors.jsonl": [a_factor("u1")]})
    assert "factors.jsonl" == refused.value.context


def test_people_without_accounts_are_refused():
    """HR knows people, and no rule moves those who have no account."""
    with pytest.raises(ExportForeign, match="No file of the export has accounts"):
        gather([], NEEDS, Threads(1), silent)


def test_hr_alone_is_refused(tmp_path):
    """The same with a file."""
    with pytest.raises(ExportForeign, match="No file of the export has accounts"):
        gathered(tmp_path, files={"hr.csv": [HR, ("1", "a@example.com", "Active", "")]})


def test_a_list_of_methods_stands_for_the_accounts_where_nothing_else_does(tmp_path):
    """Entra's registration details name everybody, what they hold and whether they administer."""
    found = gathered(tmp_path, files={"registration.json": REGISTRATION})

    assert ["a", "b", "c"] == ids_of(found, "entra")
    assert [("sms", "voice", "windows_hello"), (), ("email",)] == [holds(found, one, "entra") for one in "abc"]
    assert [True, False, None] == [fact(found, one, "is_admin", "entra") for one in "abc"]
    assert {"ACTIVE"} == {fact(found, one, "status", "entra") for one in "abc"}
    assert provider_of(found, "entra").accounts.moments["evidence_at"][0] > 0


def test_a_list_of_methods_beside_accounts_is_a_list_of_methods(tmp_path):
    """The users file says who there is; the same facts come out, and a stranger in the list is one."""
    stranger = {"id": "z", "userPrincipalName": "z@example.com", "methodsRegistered": ["email"], "isAdmin": True}
    users = [an_entra_user("a"), an_entra_user("b", accountEnabled=False), an_entra_user("c")]
    found = gathered(tmp_path, files={"users.json": users, "registration.json": [*REGISTRATION, stranger]})

    assert [("registration.json", 4, "account_id", "no account z was kept")] == reasons(found)
    assert [("sms", "voice", "windows_hello"), (), ("email",)] == [holds(found, one, "entra") for one in "abc"]
    assert [True, False, None] == [fact(found, one, "is_admin", "entra") for one in "abc"]
    assert ["ACTIVE", "SUSPENDED", "ACTIVE"] == [fact(found, one, "status", "entra") for one in "abc"]


def test_the_portals_list_stands_for_accounts_by_login(tmp_path):
    """Its download has no ids: the login is as unique."""
    heading = ("userPrincipalName", "methodsRegistered", "isAdmin")
    rows = [("Kim@example.com", "mobilePhone,email", "True"), ("pat@example.com", "", "False")]
    found = gathered(tmp_path, files={"registration.csv": [heading, *rows]})

    assert [("sms", "voice", "email"), ()] == [
        tuple(sorted(holds(found, one, "entra"), key=("sms", "voice", "email").index)) for one in ids_of(found, "entra")
    ]
    assert [True, False] == [fact(found, one, "is_admin", "entra") for one in ids_of(found, "entra")]


@pytest.mark.parametrize(
    ("by_role", "by_list", "expected"),
    [
        (True, False, True),
        (False, True, True),
        (False, False, False),
        (None, True, True),
        (None, False, False),
        (None, None, None),
        (False, None, False),
    ],
)
def test_an_administrator_is_whom_any_file_calls_one(tmp_path, by_role, by_list, expected):
    """Yes beats no, no beats silence, and silence everywhere is not known."""
    row = {"id": "a", "userPrincipalName": "a@example.com", "methodsRegistered": [], "isAdmin": by_list}
    other = {"id": "b", "userPrincipalName": "b@example.com", "methodsRegistered": [], "isAdmin": True}
    files = {"users.json": map(an_entra_user, "ab"), "registration.json": [row, other]}
    if by_role is not None:
        files["roles.jsonl"] = [
            {"id": "a" if by_role else "b", "roleTemplateId": "t", "roleName": "Global Administrator"}
        ]

    assert expected is fact(gathered(tmp_path, files=files), "a", "is_admin", "entra")


def test_hr_rows_are_people(tmp_path):
    """HR's people are beside the accounts, named by their number; what HR writes of them is in our words."""
    rows = [
        ("007", "Kim@Example.com", "Aktiv", "31.12.9999"),
        ("8", "", "Terminated", "06/30/2026"),
        ("", "x@y.z", "", ""),
    ]
    found = gathered(tmp_path, files={"users.jsonl": [a_user("u1")], "hr.csv": [HR, *rows, ("9", "", "Dreaming", "")]})

    assert ["007", "8"] == found.people.ids.to_pylist()
    assert ["kim@example.com", None] == found.people.texts["email"].to_pylist()
    assert ("active", "leaver") == tuple(found.people.facts["employment"].values)
    assert [
        ("hr.csv", 4, "employee_number", "missing"),
        ("hr.csv", 5, "employment", "employment Dreaming is not known"),
    ] == reasons(found)
    assert ["u1"] == ids_of(found)


def test_a_person_whom_hr_lists_twice_is_one_or_none(tmp_path):
    """As with accounts: alike is a repeat, different is a contradiction."""
    rows = [("1", "a@x.y", "Active", ""), ("1", "a@x.y", "Active", ""), ("2", "", "Active", ""), ("2", "", "Left", "")]
    found = gathered(tmp_path, files={"users.jsonl": [a_user("u1")], "hr.csv": [HR, *rows, ("3", "", "Active", "")]})
    because = "hr.csv:4, hr.csv:5 say different things about one person"

    assert ["1", "3"] == found.people.ids.to_pylist()
    assert ["says again what line 2 says", because, because] == [because for *_, because in reasons(found)]


def test_each_provider_has_its_own_accounts(tmp_path):
    """One id on two identity providers is two accounts, and factors go to their own."""
    files = {
        "okta-users.jsonl": [a_user("a")],
        "okta-factors.jsonl": [a_factor("a", "push")],
        "entra-users.jsonl": [an_entra_user("a")],
        "entra-groups.jsonl": [an_entra_member("a", "g1")],
    }
    found = gathered(tmp_path, files=files)

    assert {"okta", "entra"} == {one.accounts.idp for one in found.providers}
    assert [("password", "push"), ()] == [holds(found, "a", idp) for idp in ("okta", "entra")]
    assert (None, 1) == (fact(found, "a", "groups"), fact(found, "a", "groups", "entra"))


def test_only_what_is_asked_for_is_read(tmp_path):
    """A draft for a million people reads no title that no rule asks about; what joins and decides is always there."""
    found = gathered(tmp_path, files=an_export(3), columns=frozenset({"department", "last_login_age_days"}))
    accounts = provider_of(found).accounts

    assert {"status", "department", "last_login_age_days"} == set(accounts.facts)
    assert {"login", "email", "employee_number", "immutable_id"} == set(accounts.texts)
    assert (
        "title"
        not in Needs(0, columns=frozenset({"department"})).trimmed(accounts.origins.parts[0].file).source.columns
    )


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("is_admin", {"is_admin"}),
        ("methods", {"methods"}),
        ("last_login_age_days", {"methods"}),
    ],
)
def test_what_a_question_is_answered_from_is_read_too(tmp_path, asked, wanted):
    """A list of what is held is always read; who is an administrator stands in more than one column."""
    found = gathered(tmp_path, files={"registration.json": REGISTRATION}, columns=frozenset({asked}))
    source = provider_of(found, "entra").accounts.origins.parts[0].file.source

    assert wanted <= source.columns.keys()
    assert [("sms", "voice", "windows_hello"), (), ("email",)] == [holds(found, one, "entra") for one in "abc"]


def test_roles_and_passwords_are_read_where_the_answer_needs_them(tmp_path):
    """Roles in a users file make administrators, and Okta's own password is a method."""
    file = provider_of(gathered(tmp_path, files=an_export(3))).accounts.origins.parts[0].file

    assert {"password", "provider"} <= Needs(0, columns=frozenset({"methods"})).trimmed(file).source.columns.keys()
    assert "password" not in Needs(0, columns=frozenset({"status"})).trimmed(file).source.columns


def test_roles_in_a_users_file_make_administrators(tmp_path):
    """Beside what the vendor says in a word of its own, which a list without a role does not take away."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "roster.toml").write_text(
        'title = "Roster"\nidp = "okta"\nsubject = "users"\nforms = ["csv"]\n'
        '[recognise]\nhas = ["Account", "Roles"]\nstems = ["roster"]\n'
        '[columns]\naccount_id = "Account"\nis_admin = "Admin"\nroles = {from = ["Roles"], separators = [";"]}\n'
        '[constants]\nstatus = "ACTIVE"\n'
    )
    rows = [("a", "Owner", "no"), ("b", "", "yes"), ("c", "HELP_DESK_ADMIN", ""), ("d", "", "")]
    for columns in (None, frozenset({"is_admin"})):
        found = gathered(
            tmp_path / f"export {columns}",
            files={"roster.csv": [("Account", "Roles", "Admin"), *rows]},
            sources=tmp_path / "maps",
            columns=columns,
        )

        assert [True, True, False, False] == [fact(found, one, "is_admin") for one in "abcd"]


def test_progress_is_told_part_by_part(tmp_path, monkeypatch):
    """Which file, how many parts of it are done; of a text, how many there are is known at the end."""
    monkeypatch.setattr("cohorts.exports.json_lines.PART", 1_000)
    seen = []
    files = {"users.jsonl": [a_user(f"u{number}") for number in range(9)]}
    found = gathered(tmp_path, files=files)
    gather(
        [part.file for part in provider_of(found).accounts.origins.parts[:1]],
        NEEDS,
        Threads(2),
        lambda *one: seen.append(one),
    )

    assert [("users.jsonl", done, None) for done in range(1, len(seen) + 1)] == seen
    assert len(seen) > 2


def test_every_account_can_be_looked_up_again(tmp_path, monkeypatch):
    """File and line of each, whatever fell before it."""
    monkeypatch.setattr("cohorts.exports.json_lines.PART", 900)
    rows = [a_user("bad", status="HAPPY"), a_user("u1"), a_user("u1"), *(a_user(f"v{number}") for number in range(6))]
    origins = provider_of(gathered(tmp_path, files={"users.jsonl": rows})).accounts.origins

    assert [2, 4, 5, 6, 7, 8, 9] == [origins.line(place) for place in range(7)]


def test_an_engine_keeps_the_order_and_holds_only_what_it_works_on():
    """What comes first is given first, and no more is begun than threads can work on."""
    begun, given = [], []
    for one in Threads(2).map(lambda number: number * 10, (begun.append(number) or number for number in range(9))):
        given.append(one)
        assert len(begun) - len(given) <= 3

    assert [number * 10 for number in range(9)] == given


def test_an_engine_of_one_thread_stays_in_it():
    """Then an error shows where it happened."""
    assert [threading.get_ident()] * 2 == list(Threads(1).map(lambda _: threading.get_ident(), range(2)))


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_in_a_part_ends_the_reading(count):
    """It comes out as it was raised."""

    def fail(number):
        raise OfframpError(f"part {number}")

    with pytest.raises(OfframpError, match="part 0"):
        list(Threads(count).map(fail, range(9)))


def test_what_is_wrong_in_several_files_is_all_in_balance(tmp_path):
    """No row is counted twice, in any file."""
    found = exported(
        tmp_path,
        users=[a_user("u1"), a_user("u1"), a_user("u2", status="?"), a_user("boss"), "{"],
        factors=[a_factor("u1"), a_factor("u1"), a_factor("u2"), a_factor("boss", factorType="?"), "[]"],
        groups=[a_membership("u1"), a_membership("u1"), a_membership("u2"), {**a_membership("boss"), "groupId": None}],
        roles=[
            a_role("boss"),
            a_role("boss"),
            a_role("u2"),
            {"userId": "u1", "type": ""},
            {"userId": "u2", "type": ""},
        ],
    )

    assert not unbalanced(found)
    assert {"users.jsonl": 3, "factors.jsonl": 4, "groups.jsonl": 3, "roles.jsonl": 4} == {
        name: rows.rejected_count for name, rows in found.rows.items()
    }
