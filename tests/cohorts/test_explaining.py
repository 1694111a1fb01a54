import json
from pathlib import Path

import pytest
from export_builders import NOON, a_factor, a_membership, a_role, a_user, lines, write_export

from cohorts.errors import PersonUnknown
from cohorts.explaining import explain
from cohorts.identity import person_keys
from cohorts.rules import RULES_PATH
from cohorts.segment import classify_export

BOOK = """
[[rule]]
cohort = "administrators"
because = "holds a role"
when = [["roles", "has_one_of", ["SUPER_ADMIN"]]]

[[rule]]
cohort = "finance"
because = "works where money moves"
when = [["department", "one_of", ["Finance"]]]

[[rule]]
cohort = "contractors"
because = "in a group of others"
when = [{ any = [["groups", "has_one_of", ["Vendors"]], ["methods", "has_one_of", ["tap"]]] }]

[[rule]]
cohort = "standard"
because = "most are"
"""


@pytest.fixture
def book(tmp_path) -> Path:
    """A rule book of four rules."""
    path = tmp_path / "rules.toml"
    path.write_text(BOOK)
    return path


def explained(folder: Path, book: Path, person: str, **files):
    """Explain one person of an export of these rows."""
    return explain(classify_export(write_export(folder / "export", **files), book, NOON), person)


def test_the_rows_are_named_with_file_and_line(tmp_path, book):
    """Whoever does not believe it opens the file at that line."""
    told = explained(tmp_path, book, "u1", groups=[a_membership("boss"), a_membership("u1")])

    assert [("factors.jsonl", 1), ("groups.jsonl", 2), ("users.jsonl", 1)] == sorted(
        (row["file"], row["line"]) for row in told["rows"]
    )
    (user,) = [row for row in told["rows"] if row["file"] == "users.jsonl"]
    assert ("Okta users", "u1@example.com", "2026-11-01T12:00:00+00:00") == (
        user["source"],
        user["values"]["login"],
        user["values"]["last_login"],
    )


def test_a_rejected_row_of_the_person_is_no_row_that_they_came_from(tmp_path, book):
    """It decided nothing; the list of rejects has it."""
    factors = [a_factor("u1"), a_factor("u1", factorType="pigeon", id="f2"), a_factor("boss", "security_key")]

    told = explained(tmp_path, book, "u1", factors=factors)

    assert ["sms"] == [method for method in told["accounts"][0]["methods"] if method != "password"]


def test_each_rule_is_shown_in_order_with_the_values_it_saw(tmp_path, book):
    """Up to the one that matched, and nothing after it was asked."""
    users = [a_user("u1", profile={"department": "Sales"}), a_user("boss")]
    told = explained(tmp_path, book, "u1", users=users, groups=[a_membership("u1", "Vendors"), a_membership("boss")])

    assert [(1, "no"), (2, "no"), (3, "yes")] == [(one["number"], one["outcome"]) for one in told["tried"]]
    seen = {one["column"]: (one["value"], one["outcome"]) for rule in told["tried"] for one in rule["conditions"]}
    assert ("Sales", "no") == seen["department"]
    assert (["Vendors"], "yes") == seen["groups"]
    assert (["password", "sms"], "no") == seen["methods"]
    assert ("contractors", "in a group of others", 3) == (told["cohort"], told["because"], told["rule"])


def test_a_list_that_nobody_knows_is_shown_as_unknown(tmp_path, book):
    """Not as an empty one: that would say that there is nothing in it."""
    export = write_export(tmp_path / "export")
    for name in ("groups", "factors"):
        (export / f"{name}.jsonl").unlink()
    told = explain(classify_export(export, book, NOON), "u1")
    seen = {one["column"]: (one["value"], one["outcome"]) for rule in told["tried"] for one in rule["conditions"]}

    assert (None, "unknown") == seen["groups"] == seen["methods"]


def test_readiness_comes_with_what_it_rests_on(tmp_path, book):
    """What is held, what is wanted, on what they work, and the last ways in and to enrol."""
    export = write_export(tmp_path / "export", factors=[a_factor("u1"), a_factor("u1", "push", status="INACTIVE")])
    device = {"userId": "u1", "device": {"id": "d1", "profile": {"platform": "MACOS", "osVersion": "15.1"}}}
    (export / "devices.jsonl").write_text(lines([device]), encoding="utf-8")
    (account,) = explain(classify_export(export, book, NOON), "u1")["accounts"]

    wanted = {
        "readiness": "one-prompt-away",
        "why": "a device of theirs can make a passkey that the target accepts",
        "methods": ["password", "sms"],
        "pending": ["push"],
        "platforms": {"macos": "can make a passkey"},
        "has_inventory": True,
        "last_way_in": "sms",
        "last_way_to_enrol": "sms",
        "evidence_age_days": None,
    }
    assert wanted == {name: account[name] for name in wanted}


def test_an_administrator_binds_at_the_desk_unless_something_strong_is_held(tmp_path, book):
    """A text message must not bind an administrator's key."""
    weak = explained(tmp_path / "a", book, "boss", factors=[a_factor("boss")])["accounts"][0]
    strong = explained(tmp_path / "b", book, "boss")["accounts"][0]

    assert ("sms", "the supervised desk") == (weak["last_way_in"], weak["last_way_to_enrol"])
    assert ("security_key", "security_key") == (strong["last_way_in"], strong["last_way_to_enrol"])


def test_who_cannot_sign_in_has_no_last_way_in(tmp_path, book):
    """What is enrolled helps nobody while the account is suspended."""
    told = explained(tmp_path, book, "u1", users=[a_user("u1", status="SUSPENDED"), a_user("boss")])["accounts"][0]

    assert ("blocked", "none", "none") == (told["readiness"], told["last_way_in"], told["last_way_to_enrol"])


def test_without_a_file_of_methods_no_way_in_is_claimed(tmp_path, book):
    """Not known is another answer than none."""
    export = write_export(tmp_path / "export")
    (export / "factors.jsonl").unlink()
    told = explain(classify_export(export, book, NOON), "u1")["accounts"][0]

    assert ("unknown", None, None) == (told["readiness"], told["last_way_in"], told["last_way_to_enrol"])


def test_the_last_use_of_a_method_comes_from_the_log(tmp_path, book):
    """Of what somebody did themselves, and what came of it."""
    export = write_export(tmp_path / "export")

    def event(kind, at, result="SUCCESS"):
        return {
            "eventType": kind,
            "published": at,
            "actor": {"id": "u1", "alternateId": "u1@example.com"},
            "outcome": {"result": result},
            "debugContext": {"debugData": {"factor": "SMS_FACTOR"}},
        }

    log = [
        event("user.authentication.auth_via_mfa", "2026-10-02T00:00:00Z"),
        event("user.authentication.auth_via_mfa", "2026-10-01T00:00:00Z"),
        event("user.authentication.auth_via_mfa", "2026-10-03T00:00:00Z", "FAILURE"),
        event("user.mfa.factor.activate", "2026-10-04T00:00:00Z"),
    ]
    (export / "log.jsonl").write_text(lines(log), encoding="utf-8")
    told = explain(classify_export(export, book, NOON), "u1")

    assert {"SMS_FACTOR": "2026-10-02T00:00:00+00:00"} == told["accounts"][0]["last_used"]
    assert [1, 2, 3, 4] == [row["line"] for row in told["rows"] if row["file"] == "log.jsonl"]


def a_company(folder: Path) -> Path:
    """Write an export of Okta, Entra and HR in which the boss is known to all three."""
    users = [a_user("u1"), a_user("boss", profile={"employeeNumber": "8"})]
    export = write_export(folder / "export", users=users)
    graph = [{"id": "e8", "userPrincipalName": "eight@example.org", "accountEnabled": True, "employeeId": "8"}]
    (export / "entra-users.jsonl").write_text(lines(graph), encoding="utf-8")
    (export / "people.csv").write_text('Employee number,Department\n"9","Sales"\n"8","Board"\n', encoding="utf-8")
    return export


@pytest.mark.parametrize("person", ["boss", "BOSS@Example.com", "e8", "eight@example.org", "8", " boss ", "key"])
def test_all_records_of_a_person_are_found_by_any_of_their_names(tmp_path, book, person):
    """By an id, a login in any case, a number, or our key: it is one person."""
    told = explain(
        classify_export(a_company(tmp_path), book, NOON),
        person_keys("okta", ["boss"])[0] if person == "key" else person,
    )

    assert [("hr", "employee_number"), ("okta", "employee_number"), ("entra", "employee_number")] == [
        (one["system"], one["joined_by"]) for one in told["joined"]
    ]
    assert [("okta", "boss"), ("entra", "e8")] == [(one["idp"], one["account_id"]) for one in told["accounts"]]
    assert {"8"} == {one["keys"]["employee_number"] for one in told["joined"]}
    assert ("people.csv", 3) in [(row["file"], row["line"]) for row in told["rows"]]


def test_our_key_means_the_account_and_not_its_namesake_elsewhere(tmp_path, book):
    """Two systems may have given the same id to two people."""
    export = write_export(tmp_path / "export")
    graph = [{"id": "u1", "userPrincipalName": "other@example.org", "accountEnabled": True}]
    (export / "entra-users.jsonl").write_text(lines(graph), encoding="utf-8")
    found = classify_export(export, book, NOON)

    assert ["entra"] == [one["idp"] for one in explain(found, person_keys("entra", ["u1"])[0])["accounts"]]
    with pytest.raises(PersonUnknown, match="2 people answer"):
        explain(found, "u1")


def test_a_person_whom_hr_alone_knows_has_rows_and_no_account(tmp_path, book):
    """They are explained as far as anything is known."""
    told = explain(classify_export(a_company(tmp_path), book, NOON), "9")

    assert ([], None, [("people.csv", 2)]) == (
        told["accounts"],
        told["person_key"],
        [(row["file"], row["line"]) for row in told["rows"]],
    )


def test_a_doubt_is_said_where_it_decides(tmp_path, book):
    """Which rule would match alone is shown, and why another counts."""
    users = [a_user(one, profile={"employeeNumber": "7"}) for one in ("u1", "boss")]
    export = write_export(tmp_path / "export", users=users)
    (export / "people.csv").write_text("Employee number\n7\n", encoding="utf-8")
    found = classify_export(export, book, NOON)
    doubted, sure = explain(found, "u1"), explain(found, "boss")

    assert ("administrators", 1, 4) == (doubted["cohort"], doubted["rule"], doubted["tried"][-1]["number"])
    assert "riskier" in doubted["in_doubt"]
    assert sure["in_doubt"] is None


def test_the_row_of_somebody_else_with_the_same_login_is_not_shown(tmp_path, book):
    """An id says whose a row is; a login only where there is no id."""
    twins = [a_user(one, profile={"login": "same@example.com"}) for one in ("u1", "boss")]
    told = explained(tmp_path, book, "u1", users=twins)

    assert [1] == [row["line"] for row in told["rows"] if row["file"] == "users.jsonl"]


def test_a_report_without_ids_is_found_by_login(tmp_path, book):
    """The console's lists know people by what they type."""
    export = tmp_path / "export"
    export.mkdir()
    (export / "users.csv").write_text("Login,Status\nAda@example.com,Active\nbo@example.com,Active\n")
    (export / "usage.csv").write_text(
        "Login,MFA Factor,Last Used\nbo@example.com,SMS,\nada@example.com,SMS,2026-10-02T00:00:00Z\n"
    )
    told = explain(classify_export(export, book, NOON), "ADA@example.com")

    assert [("usage.csv", 3), ("users.csv", 2)] == [(row["file"], row["line"]) for row in told["rows"]]
    assert {"SMS": "2026-10-02T00:00:00+00:00"} == told["accounts"][0]["last_used"]


def test_roles_and_groups_are_told_directly_and_through_groups(tmp_path, book):
    """A role of a group is its members' too."""
    told = explained(
        tmp_path, book, "boss", groups=[a_membership("boss", "Finance"), a_membership("boss")], roles=[a_role("boss")]
    )["accounts"][0]

    assert (["Everyone", "Finance"], ["SUPER_ADMIN"]) == (told["groups"], told["roles"])


@pytest.mark.parametrize("person", ["nobody@example.com", "", "p-0000000000000000", "\udcff", "u1' or '1'='1"])
def test_nobody_is_guessed(tmp_path, book, person):
    """Whoever is not there is not there; the answer repeats no name, and says what is next."""
    with pytest.raises(PersonUnknown, match="Nobody of this export answers") as refused:
        explained(tmp_path, book, person)
    assert (2, True) == (refused.value.exit_code, bool(refused.value.hint))
    assert "@" not in refused.value.message + refused.value.context + refused.value.hint


def test_one_name_of_two_people_is_refused_and_rejects_are_mentioned(tmp_path, book):
    """Their row may be among those that were not used."""
    twins = [a_user(one, profile={"login": "same@example.com"}) for one in ("u1", "boss")]

    with pytest.raises(PersonUnknown, match="2 people answer to that name; 1 row was rejected"):
        explained(tmp_path, book, "same@example.com", users=[*twins, "not json"])


def test_the_answer_is_plain_json(tmp_path):
    """So that --json shows what people are shown."""
    told = explain(classify_export(a_company(tmp_path), RULES_PATH, NOON), "boss")

    assert told == json.loads(json.dumps(told))
