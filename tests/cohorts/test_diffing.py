from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from export_builders import NOON, a_factor, a_membership, a_role, a_user, lines, write_export

from cohorts.diffing import diff
from cohorts.rules import RULES_PATH
from cohorts.sealing import open_snapshot, read_table, seal
from cohorts.segment import Reading, classify_export

NAMES = ("u1", "u2", "boss")
USUAL = {
    "factors": [a_factor("u1"), a_factor("u2", "security_key"), a_factor("boss", "security_key")],
    "groups": [a_membership(one) for one in NAMES],
    "roles": [a_role("boss")],
}


def population(folder: Path, *users, at=NOON, book=RULES_PATH, devices=(), targets=None, days=30, **files):
    """Classify an export of three people; *users* take the place of those of the same id."""
    rows = {one: a_user(one) for one in NAMES} | {one["id"]: one for one in users}
    export = write_export(folder, users=list(rows.values()), **{**USUAL, **files})
    if devices:
        (export / "devices.jsonl").write_text(lines(devices), encoding="utf-8")
    return classify_export(export, book, at, targets, Reading(longest_evidence_days=days))


def between(old, new):
    """Compare two populations."""
    return diff(old.header, old.table, new.header, new.table)


@pytest.fixture
def old(tmp_path):
    """The population before."""
    return population(tmp_path / "old")


def test_nothing_changes_by_itself(tmp_path, old):
    """The same export, an hour later, is the same people in the same places."""
    found = between(old, population(tmp_path / "new", at=NOON + timedelta(hours=1)))

    assert ((), (), (), True) == (found.joined, found.left, found.changes, found.is_same_book)


def test_who_came_and_who_went_is_named(tmp_path, old):
    """By provider and id, in order."""
    export = write_export(
        tmp_path / "new",
        users=[a_user(one) for one in ("u0", "boss", "u9", "u1")],
        **{**USUAL, "factors": [a_factor("u1")], "groups": [a_membership("boss")]},
    )
    found = between(old, classify_export(export, RULES_PATH, NOON))

    assert (("okta", "u0"), ("okta", "u9")) == found.joined
    assert (("okta", "u2"),) == found.left


@pytest.mark.parametrize(
    ("user", "files", "cohort", "column"),
    [
        (a_user("u1", profile={"department": "Finance"}), {}, "finance", "department"),
        (a_user("u1", profile={"title": "Chief Risk Officer"}), {}, "executives", "title"),
        (a_user("u1", profile={"userType": "Contractor"}), {}, "contractors", "user_type"),
        (a_user("u1", status="SUSPENDED"), {}, "dormant", "status"),
        (a_user("u1", lastLogin="2020-01-01T00:00:00Z"), {}, "dormant", "last_login_age_days"),
        (a_user("u1"), {"groups": [*USUAL["groups"], a_membership("u1", "Domain Admins")]}, "administrators", "groups"),
    ],
)
def test_a_change_of_cohort_names_the_column_that_caused_it(tmp_path, old, user, files, cohort, column):
    """Nobody should have to compare two exports by eye."""
    (change,) = between(old, population(tmp_path / "new", user, **files)).changes

    assert ("okta", "u1", ("standard", cohort), (column,)) == (
        change.idp,
        change.account_id,
        change.cohort,
        tuple(one for one in change.caused_by if one == column),
    )
    assert change.because[0] != change.because[1]


def test_a_column_that_decides_nothing_causes_nothing(tmp_path, old):
    """Another title that no rule asks about is no change."""
    found = between(old, population(tmp_path / "new", a_user("u1", profile={"title": "Senior Engineer"})))

    assert () == found.changes


def test_another_answer_to_the_same_question_is_named_alone(tmp_path, old):
    """A department that moved beside a title that no rule asks about: the department it was."""
    new = population(tmp_path / "new", a_user("u1", profile={"department": "Finance", "title": "Senior Engineer"}))

    assert ("department",) == between(old, new).changes[0].caused_by


def test_a_method_more_is_the_cause_of_a_readiness(tmp_path, old):
    """They have enrolled: that is what the programme is about."""
    factors = [*USUAL["factors"], a_factor("u1", "passkey_bound")]
    (change,) = between(old, population(tmp_path / "new", factors=factors)).changes

    assert (("standard", "standard"), ("needs-key", "ready"), ("methods",)) == (
        change.cohort,
        change.readiness,
        change.caused_by,
    )


def test_a_device_is_the_cause_of_a_readiness(tmp_path, old):
    """The same methods, and an inventory that says more."""
    device = {"userId": "u1", "device": {"id": "d1", "profile": {"platform": "MACOS", "osVersion": "15.1"}}}
    (change,) = between(old, population(tmp_path / "new", devices=[device])).changes

    assert (("needs-key", "one-prompt-away"), ("devices",)) == (change.readiness, change.caused_by)


def test_evidence_that_grew_old_is_the_cause_of_a_readiness(tmp_path):
    """Nothing happened, and that is what happened."""
    report = "userPrincipalName,id,methodsRegistered,isAdmin,lastUpdatedDateTime\n"
    (tmp_path / "registration.csv").write_text(
        f"{report}u1@example.com,u1,windowsHelloForBusiness,false,2026-10-20T00:00:00Z\n"
    )
    before, after = (classify_export(tmp_path, RULES_PATH, NOON + timedelta(days=days)) for days in (0, 30))
    (change,) = between(before, after).changes

    assert (("ready", "unknown"), ("the age of the evidence",)) == (change.readiness, change.caused_by)


def test_another_target_is_the_cause_of_a_readiness(tmp_path, old):
    """Nobody lost anything; more is asked of them."""
    strict = population(tmp_path / "new", targets={"standard": frozenset({"windows_hello"})})
    changes = between(old, strict).changes

    assert [("u2", ("ready", "needs-key"), ("the cohort's target",))] == [
        (one.account_id, one.readiness, one.caused_by) for one in changes
    ]


def test_a_lock_is_the_cause_of_a_readiness(tmp_path):
    """An administrator who is suspended stays an administrator, and is blocked."""
    before = population(tmp_path / "old")
    (change,) = between(before, population(tmp_path / "new", a_user("boss", status="SUSPENDED"))).changes

    assert (("administrators", "administrators"), ("ready", "blocked"), ("status",)) == (
        change.cohort,
        change.readiness,
        change.caused_by,
    )


def test_another_rule_book_is_the_cause_of_every_cohort(tmp_path, old):
    """Answers to other questions cannot be compared."""
    book = tmp_path / "rules.toml"
    book.write_text('[[rule]]\ncohort = "frontline"\nbecause = "all are"\n')
    found = between(old, population(tmp_path / "new", book=book))

    assert not found.is_same_book
    assert {("the rule book",)} == {one.caused_by for one in found.changes}
    assert 3 == len(found.changes)


def test_a_conflict_is_the_cause_where_no_answer_changed(tmp_path):
    """The account counts as that of a riskier candidate, though nothing about it is new."""

    def company(folder, number):
        users = [a_user(one, profile={"employeeNumber": told}) for one, told in (("u1", "7"), ("boss", number))]
        export = write_export(folder, users=users)
        (export / "people.csv").write_text("Employee number\n7\n8\n", encoding="utf-8")
        return classify_export(export, RULES_PATH, NOON)

    (change,) = between(company(tmp_path / "old", "8"), company(tmp_path / "new", "7")).changes

    assert ("u1", ("standard", "administrators"), ("whose account it is",)) == (
        change.account_id,
        change.cohort,
        change.caused_by,
    )


def test_two_sealed_snapshots_are_compared_like_two_exports(tmp_path, old):
    """What was sealed is enough to say why."""
    new = population(tmp_path / "new", a_user("u1", profile={"department": "Finance"}))
    for found, name in ((old, "a"), (new, "b")):
        seal(found.header, found.table, tmp_path / name)

    told = [(open_snapshot(tmp_path / name), read_table(tmp_path / name)) for name in ("a", "b")]

    assert between(old, new) == diff(*told[0], *told[1])


def test_the_way_back_is_the_mirror_image(tmp_path, old):
    """Who joined has left, and every change is turned round."""
    new = population(tmp_path / "new", a_user("u1", profile={"department": "Finance"}), a_user("u5"))
    there, back = between(old, new), between(new, old)

    assert (there.joined, there.left) == (back.left, back.joined)
    assert [
        replace(one, cohort=one.cohort[::-1], readiness=one.readiness[::-1], because=one.because[::-1])
        for one in there.changes
    ] == list(back.changes)
