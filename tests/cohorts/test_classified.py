from pathlib import Path

import pytest
from export_builders import NOON, a_factor, a_user, lines, write_export

from cohorts.engine import Threads
from cohorts.errors import PersonUnknown
from cohorts.explaining import explain
from cohorts.rules import RULES_PATH
from cohorts.segment import Reading, classify_export

EVERYBODY = '[[rule]]\ncohort = "standard"\nbecause = "most are"\n'
MAP = """
title = "Badges"
idp = "okta"
subject = "users"
forms = ["csv"]
[recognise]
has = ["Badge"]
[columns]
account_id = "Badge"
department = "Unit"
manager = "Head"
device_type = "Works on"
[constants]
status = "ACTIVE"
"""


def badges(folder: Path, text: str, rules: str | None = None):
    """Classify a list that knows people by the number of their badge alone."""
    (folder / "maps").mkdir()
    (folder / "maps" / "badges.toml").write_text(MAP)
    (folder / "badges.csv").write_text(text)
    book = RULES_PATH
    if rules is not None:
        book = folder / "rules.toml"
        book.write_text(rules)
    return classify_export(folder / "badges.csv", book, NOON, reading=Reading(sources=(folder / "maps",)))


def test_where_nothing_joins_every_account_is_a_person(tmp_path):
    """There is nothing that two of them could share, so there is no conflict either."""
    found = badges(tmp_path, "Badge,Unit\nb1,Finance\nb2,Sales\n")

    assert (2, 2, {}) == (found.people_count, found.persons_count, found.conflict_counts)
    assert 2 == len({member.person_key for member in found.members})
    assert isinstance(found.findings, tuple)


def test_where_nothing_joins_a_person_is_explained_by_id_and_by_key(tmp_path):
    """Their rows and the rules are the same; there is nothing that joined them."""
    found = badges(tmp_path, "Badge,Unit\nb1,Finance\nb2,Sales\n")
    key = next(member.person_key for member in found.members if member.account_id == "b2")

    for asked in ("b2", key):
        told = explain(found, asked)
        assert ([], [3]) == (told["joined"], [row["line"] for row in told["rows"]])
        assert (None, "b2") == (told["accounts"][0]["login"], told["accounts"][0]["account_id"])
    with pytest.raises(PersonUnknown):
        explain(found, "b3")


def test_how_far_from_the_top_somebody_is_can_be_asked(tmp_path):
    """Also where people are known by one number alone."""
    rules = '[[rule]]\ncohort = "executives"\nbecause = "near the top"\nwhen = [["manager_depth", "at_most", 1]]\n\n'
    found = badges(tmp_path, "Badge,Head\nb1,\nb2,b1\nb3,b2\n", rules + EVERYBODY)

    assert ["executives", "executives", "standard"] == [member.cohort for member in found.members]


def test_the_chain_of_managers_goes_from_one_system_to_the_next(tmp_path):
    """HR knows the manager by number, and the account of the manager is Okta's."""
    users = [a_user(one, profile={"employeeNumber": number}) for one, number in (("u1", "3"), ("boss", "1"))]
    export = write_export(tmp_path / "export", users=users)
    (export / "people.csv").write_text("Employee number,Manager\n1,\n2,1\n3,2\n", encoding="utf-8")
    book = tmp_path / "rules.toml"
    rule = '[[rule]]\ncohort = "frontline"\nbecause = "far down"\nwhen = [["manager_depth", "is", 2]]\n\n'
    book.write_text(rule.replace('"is", 2', '"between", [2, 2]') + EVERYBODY)
    found = classify_export(export, book, NOON)

    assert {"u1": "frontline", "boss": "standard"} == {one.account_id: one.cohort for one in found.members}


@pytest.mark.parametrize(("told", "readiness"), [("Shared Kiosk", "needs-supervision"), ("Laptop", "needs-key")])
def test_a_directory_may_say_that_a_device_is_shared(tmp_path, told, readiness):
    """A passkey must not stay on it, whatever the inventory says."""
    found = badges(tmp_path, f"Badge,Works on\nb1,{told}\n", EVERYBODY)

    assert {"unknown"} == {member.readiness for member in found.members}
    (tmp_path / "factors.jsonl").write_text(lines([a_factor("b1")]))
    (tmp_path / "rules.toml").unlink()
    (tmp_path / "book").write_text(EVERYBODY)
    both = classify_export(tmp_path, tmp_path / "book", NOON, reading=Reading(sources=(tmp_path / "maps",)))

    assert {readiness} == {member.readiness for member in both.members}


def test_whose_password_nobody_checks_is_said(tmp_path):
    """It is an assumption, and assumptions are told."""
    users = [a_user("u1", credentials={}), a_user("boss")]
    found = classify_export(write_export(tmp_path / "export", users=users), RULES_PATH, NOON)

    assert "1 accounts do not say who checks their password; taken as holding none" in found.notes
    assert ["sms"] == [method for one in found.members if one.account_id == "u1" for method in one.methods]


def test_a_method_that_was_enrolled_after_the_account_was_disabled_is_found(tmp_path):
    """Whoever did that waits for it to be enabled again."""
    users = [a_user("u1", status="SUSPENDED", statusChanged="2026-10-01T00:00:00Z"), a_user("boss")]
    factors = [a_factor("u1", created="2026-10-02T00:00:00Z"), a_factor("boss", created="2026-10-02T00:00:00Z")]
    found = classify_export(write_export(tmp_path / "export", users=users, factors=factors), RULES_PATH, NOON)

    assert [1] == [one.count for one in found.findings if one.kind == "enrolled-after-disabled"]


def test_who_reads_can_be_changed_and_nothing_else():
    """The same wishes, carried out by another engine."""
    reading, engine = Reading(region="DE", max_rejects=0.5), Threads(1)

    assert engine is reading.on(engine).engine
    assert (reading.region, reading.max_rejects) == (reading.on(engine).region, reading.on(engine).max_rejects)
