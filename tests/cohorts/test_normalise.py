import io
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import NOON, a_factor, a_user, lines
from gathering_builders import (
    an_entra_member,
    an_entra_user,
    exported,
    fact,
    gathered,
    holds,
    ids_of,
    provider_of,
    reasons,
)

from cohorts.equipment import Equipment

LINK = "https://example.okta.com/api/v1/users/"


def a_device(user_id, **changes):
    """Make one computer as Microsoft Graph tells it."""
    return {"userId": user_id, "deviceId": f"d-{user_id}", "operatingSystem": "Windows", **changes}


def test_a_user_becomes_one_account_in_our_words(tmp_path):
    """What rules may ask about is there, stripped, and what the vendor leaves out is not known."""
    user = a_user("u1", profile={"department": " Legal ", "title": "", "userType": None})
    found = exported(tmp_path, users=[user, a_user("boss")])

    told = {
        name: fact(found, "u1", name) for name in ("department", "title", "user_type", "provider", "type_id", "status")
    }

    assert {
        "department": "Legal",
        "title": None,
        "user_type": None,
        "provider": "OKTA",
        "type_id": "oty1",
        "status": "ACTIVE",
    } == told
    assert (1, 1036) == (fact(found, "u1", "last_login_age_days"), fact(found, "u1", "created_age_days"))
    assert (False, True) == (fact(found, "u1", "is_admin"), fact(found, "boss", "is_admin"))


def test_accounts_stand_in_the_order_of_the_file(tmp_path):
    """Whoever looks a row up finds it where it was."""
    assert ["u1", "boss"] == ids_of(exported(tmp_path, users=[a_user("u1"), a_user("boss")]))


def test_a_clock_that_runs_ahead_has_signed_in_today(tmp_path):
    """An age is never negative, and nobody who never signed in has one."""
    ahead = (NOON + timedelta(hours=30)).isoformat()
    found = exported(tmp_path, users=[a_user("u1", lastLogin=ahead), a_user("boss", lastLogin=None)])

    assert (0, None) == (fact(found, "u1", "last_login_age_days"), fact(found, "boss", "last_login_age_days"))


def test_a_login_is_known_however_it_is_written(tmp_path):
    """NFKC, case folded, stripped; a plus-address is another address."""
    users = [
        a_user("u1", profile={"login": " Kim\uff10@Example.com"}),
        a_user("boss", profile={"login": "kim0+a@example.com"}),
    ]
    logins = provider_of(exported(tmp_path, users=users)).accounts.texts["login"]

    assert ["kim0@example.com", "kim0+a@example.com"] == logins.to_pylist()


@pytest.mark.parametrize(
    ("changes", "column", "because"),
    [
        ({"id": None}, "account_id", "missing"),
        ({"id": " "}, "account_id", "missing"),
        ({"id": ["u2"]}, "account_id", "a list where one value belongs"),
        ({"id": "\ud800"}, "account_id", "holds half a character"),
        ({"profile": {"login": "x", "department": ["Sales"]}}, "department", "a list where one value belongs"),
        ({"profile": {"login": "x", "title": {"de": "Chefin"}}}, "title", "an object where a value belongs"),
        ({"credentials": "secret"}, "password", "stands in something that is no object"),
        ({"status": None}, "status", "missing"),
        ({"status": "HAPPY"}, "status", "status HAPPY is not known"),
        ({"status": "H" * 70_000}, "status", f"status {'H' * 60}… is not known"),
        ({"lastLogin": "yesterday"}, "last_login", "not a time"),
        ({"created": "2026-13-45"}, "created", "not a time"),
        ({"statusChanged": "soon"}, "disabled_at", "not a time"),
    ],
)
def test_a_user_that_cannot_be_trusted_is_rejected(tmp_path, changes, column, because):
    """A field of the wrong kind costs the row, which is named by line and column."""
    found = exported(tmp_path, users=[a_user("u1"), {**a_user("u2"), **changes}, a_user("boss")])

    assert [("users.jsonl", 2, column, because)] == reasons(found)
    assert ["u1", "boss"] == ids_of(found)


def test_a_user_needs_no_login(tmp_path):
    """The id names the account; a login is only one more key."""
    found = exported(tmp_path, users=[a_user("u1", profile={"login": None}), a_user("boss")])

    assert [] == reasons(found)
    assert ["u1", "boss"] == ids_of(found)


def test_the_first_thing_that_is_wrong_with_a_row_is_said_once(tmp_path):
    """A row is one reject, however much is wrong with it."""
    bad = {**a_user("u2"), "status": "HAPPY", "lastLogin": "yesterday", "credentials": 7}
    found = exported(tmp_path, users=[a_user("u1"), bad, a_user("boss")])

    assert 1 == len(found.rejects)


def test_a_number_that_cannot_be_read_costs_nobody_their_account(tmp_path):
    """A telephone in a profile is a note that people write themselves."""
    found = exported(tmp_path, users=[a_user("u1", profile={"mobilePhone": "ask Kim"}), a_user("boss")])

    assert [] == reasons(found)
    assert [None, None] == provider_of(found).accounts.texts["phone"].to_pylist()


def test_a_number_gets_its_country(tmp_path):
    """A number without a country is in the region that somebody stated."""
    users = [
        a_user("u1", profile={"mobilePhone": "030 90260"}),
        a_user("u2", profile={"mobilePhone": "+1 202 555 0101"}),
    ]
    found = gathered(tmp_path, files={"users.jsonl": users}, region="DE")

    assert ["+493090260", "+12025550101"] == provider_of(found).accounts.texts["phone"].to_pylist()


@pytest.mark.parametrize(
    "told",
    [
        {"userId": "u1"},
        {"_embedded": {"user": {"id": "u1"}}},
        {"_links": {"user": {"href": f"{LINK}u1"}}},
        {"_links": {"user": {"href": f" {LINK}u1/ "}}},
        {"_links": {"user": {"href": f"{LINK}u1?expand=blocks"}}},
        {"_links": {"user": {"href": "/api/v1/users/u1"}}},
    ],
)
def test_a_factor_says_whose_it_is_by_id_or_by_link(tmp_path, told):
    """Of a link the last step is the id."""
    factor = {name: value for name, value in a_factor("u1", "push").items() if name != "userId"}
    found = exported(tmp_path, factors=[{**factor, **told}, a_factor("boss", _links={"user": {"href": f"{LINK}u1"}})])

    assert [] == reasons(found)
    assert ("password", "push") == holds(found, "u1")
    assert ("password", "sms") == holds(found, "boss")


def test_an_id_with_a_stroke_is_no_link(tmp_path):
    """Only what begins as a link is one."""
    found = exported(tmp_path, users=[a_user("a/u1"), a_user("u1"), a_user("boss")], factors=[a_factor("a/u1")])

    assert [("password", "sms"), ("password",)] == [holds(found, "a/u1"), holds(found, "u1")]


def test_rows_about_something_else_are_kept_and_passed_over(tmp_path):
    """A device in a group is no mistake and nobody's membership."""
    members = [an_entra_member("a", "g1"), an_entra_member("pc1", "g1", kind="device")]
    found = gathered(tmp_path, files={"users.jsonl": [an_entra_user("a")], "groups.jsonl": members})

    assert [] == reasons(found)
    assert 1 == fact(found, "a", "groups", "entra")
    assert (2, 2, 0) == (found.rows["groups.jsonl"].read_count, found.rows["groups.jsonl"].kept_count, 0)


def test_what_a_source_says_of_all_its_rows_has_the_form_of_its_column(tmp_path):
    """A constant for a yes or no is a yes or no, for a rule to ask about."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "export").mkdir()
    users = tmp_path / "export" / "roster.csv"
    users.write_text("Number,Account\n1,u1\n")
    (tmp_path / "maps" / "roster.toml").write_text(
        'title = "Roster"\nidp = "okta"\nsubject = "users"\nforms = ["csv"]\n'
        '[recognise]\nhas = ["Number", "Account"]\nstems = ["roster"]\n'
        '[columns]\naccount_id = "Account"\n[constants]\nstatus = "ACTIVE"\nis_admin = "yes"\n'
    )

    found = gathered(tmp_path / "export", sources=tmp_path / "maps")

    assert (True, "ACTIVE") == (fact(found, "u1", "is_admin"), fact(found, "u1", "status"))


def test_parquet_says_the_same_as_json(tmp_path):
    """Numbers, dictionaries of bytes and gaps are how a table is kept, not what it says."""
    rows = [a_user("u1"), a_user("boss", profile={"employeeNumber": "1002"})]
    table = pa.Table.from_pylist([{**row, "credentials": {"provider": {"type": "OKTA"}}} for row in rows])
    written = io.BytesIO()
    pq.write_table(table, written)

    from_table = gathered(tmp_path / "a", files={"users.parquet": written.getvalue()})
    from_lines = gathered(tmp_path / "b", files={"users.jsonl": lines(rows).encode()})

    for column in ("status", "department", "last_login_age_days"):
        assert [fact(from_lines, one, column) for one in ("u1", "boss")] == [
            fact(from_table, one, column) for one in ("u1", "boss")
        ]


def test_a_device_of_an_unknown_platform_is_rejected(tmp_path):
    """What it can do nobody knows."""
    devices = [a_device("a"), a_device("a", operatingSystem="Nokia")]
    found = gathered(tmp_path, files={"users.jsonl": [an_entra_user("a")], "devices.jsonl": devices})

    assert [("devices.jsonl", 2, "platform", "platform Nokia is not known")] == reasons(found)
    assert isinstance(provider_of(found, "entra").equipment, Equipment)


def test_whether_a_device_is_shared_is_not_known_where_no_inventory_says_it(tmp_path):
    """A rule that asks for people without a shared device must not take those of whom nobody knows."""
    found = gathered(tmp_path, files={"users.jsonl": [an_entra_user("a")], "devices.jsonl": [a_device("a")]})

    assert fact(found, "a", "is_shared_device", "entra") is None


def test_a_person_with_one_shared_device_works_on_a_shared_one(tmp_path):
    """Yes beats no; whoever has no device, or one of which nobody says it, is not known."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "kiosks.toml").write_text(
        'title = "Kiosks"\nidp = "entra"\nsubject = "devices"\nforms = ["csv"]\n'
        '[recognise]\nhas = ["Asset", "Shared"]\nstems = ["kiosks"]\n'
        '[columns]\naccount_id = "User"\nplatform = "System"\nis_shared = "Shared"\n'
    )
    rows = [("1", "a", "windows", "no"), ("2", "a", "ios", "yes"), ("3", "b", "windows", "no"), ("4", "c", "ios", "")]
    files = {"users.jsonl": map(an_entra_user, "abcd"), "kiosks.csv": [("Asset", "User", "System", "Shared"), *rows]}
    found = gathered(tmp_path / "export", files=files, sources=tmp_path / "maps")

    assert [True, False, None, None] == [fact(found, one, "is_shared_device", "entra") for one in "abcd"]
