from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from export_builders import NOON, a_factor, a_membership, a_role, a_user, lines, told_by, write_export
from tenant_builders import bare_tenant

from cohorts.engine import Threads
from cohorts.errors import ExportForeign, ExportUnreadable, RejectsTooMany, RuleBookInvalid
from cohorts.identity import person_keys
from cohorts.rules import RULES_PATH
from cohorts.segment import Reading, classify_export
from cohorts.snapshot import COHORTS
from sandbox.population import populate

MADE_BY_DEVICES = {"standard": frozenset({"windows_hello"})}


def classified(folder: Path, **files):
    """Classify an export of these rows by our own rule book."""
    return classify_export(write_export(folder / "export", **files), RULES_PATH, NOON)


def with_people(folder: Path, text: str) -> Path:
    """Write the usual export with an HR list beside it."""
    users = [
        a_user("u1", profile={"employeeNumber": "7", "email": "u1@example.com"}),
        a_user("boss", profile={"employeeNumber": "8"}),
    ]
    export = write_export(folder / "export", users=users)
    (export / "people.csv").write_text(text, encoding="utf-8")
    return export


def of(found, account_id: str, idp: str = "okta"):
    """Return one member."""
    return next(one for one in found.members if (one.idp, one.account_id) == (idp, account_id))


def test_the_sandbox_and_we_agree_about_everyone(tmp_path):
    """Who was invented as what is found again from the vendor's words alone."""
    state = bare_tenant()
    truth = populate(state, people=500, seed=7, tenant="lived-in")
    found = classified(tmp_path, **told_by(state.collections))
    members = {member.account_id: member for member in found.members}

    assert {one["id"]: one["cohort"] for one in truth} == {key: one.cohort for key, one in members.items()}
    assert {one["id"]: set(one["methods"]) for one in truth} == {key: set(one.methods) for key, one in members.items()}
    assert () == found.rejects
    assert 500 == found.header.people_count == found.header.persons_count


def test_everyone_is_counted_once(tmp_path):
    """Counts per cohort and readiness add up to the accounts."""
    found = classified(tmp_path)

    assert {"administrators": {"ready": 1}, "standard": {"needs-key": 1}} == found.counts
    assert (2, 2, 0, 0) == (
        found.header.people_count,
        found.header.persons_count,
        found.header.rejects_count,
        found.header.conflicts_count,
    )


def test_a_person_key_is_the_same_in_every_export(tmp_path):
    """Plans name people by it: "p-" and the beginning of a hash over provider and account id."""
    assert ["p-b168954dd5606c46"] == person_keys("okta", ["u1"])
    assert person_keys("okta", ["u1"])[0] == of(classified(tmp_path), "u1").person_key


def test_somebody_keeps_their_key_when_hr_is_read_too(tmp_path):
    """One more file must not make strangers of everybody in a plan."""
    export = with_people(tmp_path, "Employee number,Employment status\n7,Active\n8,Active\n")
    found = classify_export(export, RULES_PATH, NOON)

    assert person_keys("okta", ["u1"])[0] == of(found, "u1").person_key


def test_what_hr_knows_decides_about_the_account(tmp_path):
    """Who has left is dormant, though the account is in use."""
    export = with_people(tmp_path, "Employee number,Employment status\n7,Terminated\n8,Active\n")
    found = classify_export(export, RULES_PATH, NOON)

    assert ("dormant", "has left, and the account is still there") == (
        of(found, "u1").cohort,
        of(found, "u1").because,
    )
    assert ("leaver-still-active", 1) in [(one.kind, one.count) for one in found.findings]


def test_people_of_hr_are_no_accounts(tmp_path):
    """Somebody whom HR alone knows is in no cohort, and is not counted."""
    export = with_people(tmp_path, "Employee number,Employment status\n7,Active\n8,Active\n9,Active\n")
    found = classify_export(export, RULES_PATH, NOON)

    assert (2, 2) == (found.people_count, found.persons_count)
    assert ["boss", "u1"] == [member.account_id for member in found.members]


def test_two_accounts_of_one_person_have_one_key_and_one_cohort(tmp_path):
    """An administrator of one system is an administrator in the other."""
    users = [a_user("u1"), a_user("boss", profile={"employeeNumber": "8"})]
    export = write_export(tmp_path / "export", users=users)
    graph = [
        {"id": f"e{one}", "userPrincipalName": f"e{one}@example.org", "accountEnabled": True, "employeeId": one}
        for one in ("8", "9")
    ]
    (export / "entra-users.jsonl").write_text(lines(graph), encoding="utf-8")
    (export / "entra-roles.json").write_text('[{"id": "e9", "roleTemplateId": "t", "roleName": "Reports Reader"}]')
    found = classify_export(export, RULES_PATH, NOON)

    assert of(found, "boss").person_key == of(found, "e8", "entra").person_key
    assert "administrators" == of(found, "boss").cohort == of(found, "e8", "entra").cohort
    assert (4, 3) == (found.people_count, found.persons_count)
    assert ["entra", "okta"] == list(found.header.idps)


def test_one_person_with_two_privileged_accounts_is_found(tmp_path):
    """Whoever takes over that person has both."""
    export = write_export(tmp_path / "export", users=[a_user("u1"), a_user("boss", profile={"employeeNumber": "8"})])
    graph = {"id": "e8", "userPrincipalName": "e8@example.org", "accountEnabled": True, "employeeId": "8"}
    (export / "entra-users.jsonl").write_text(lines([graph]), encoding="utf-8")
    (export / "entra-roles.json").write_text('[{"id": "e8", "roleTemplateId": "t", "roleName": "Reports Reader"}]')
    found = classify_export(export, RULES_PATH, NOON)

    assert ("several-privileged-accounts", 1) in [(one.kind, one.count) for one in found.findings]


def test_a_passkey_without_a_name_is_taken_for_the_weakest_and_that_is_said(tmp_path):
    """It may be copied from device to device."""
    found = classified(tmp_path, factors=[a_factor("u1", "security_key", profile={}), a_factor("boss")])

    assert "passkey_synced" in of(found, "u1").methods
    assert ["1 passkeys carry no name that we know; taken as synced, the weakest claim"] == [
        note for note in found.notes if "passkeys" in note
    ]


def test_an_account_in_doubt_counts_as_the_riskier_of_its_candidates(tmp_path):
    """Two accounts claim one person, and nobody may guess which of them is the administrator's."""
    users = [a_user(one, profile={"employeeNumber": "7"}) for one in ("u1", "boss")]
    export = write_export(tmp_path / "export", users=users)
    (export / "people.csv").write_text("Employee number,Employment status\n7,Active\n", encoding="utf-8")
    found = classify_export(export, RULES_PATH, NOON)

    assert {"two-accounts-one-person": 1} == found.conflict_counts
    assert 1 == found.header.conflicts_count
    assert {"administrators"} == {member.cohort for member in found.members}


def test_without_a_file_of_roles_everybody_may_be_an_administrator(tmp_path):
    """Silence never opens a gate: who is not known to be none counts as one."""
    export = write_export(tmp_path / "export")
    (export / "roles.jsonl").unlink()
    found = classify_export(export, RULES_PATH, NOON)

    assert {"administrators"} == {member.cohort for member in found.members}
    assert not found.is_every_admin_known()


def test_without_a_file_of_methods_nobody_is_ready(tmp_path):
    """What nobody says is not known, and the notes say so."""
    export = write_export(tmp_path / "export")
    (export / "factors.jsonl").unlink()
    found = classify_export(export, RULES_PATH, NOON)

    assert {"unknown"} == {member.readiness for member in found.members}
    assert "no file says what is enrolled in okta: nobody's readiness is known" in found.notes


@pytest.mark.parametrize(("age_days", "readiness"), [(30, "ready"), (31, "unknown")])
def test_what_is_known_of_methods_grows_old(tmp_path, age_days, readiness):
    """A report of last month says nothing about today; the administrator's other file does not make it younger."""
    report = "userPrincipalName,methodsRegistered,isAdmin,lastUpdatedDateTime\n"
    at = (NOON - timedelta(days=age_days)).isoformat()
    (tmp_path / "registration.csv").write_text(f"{report}u1@example.com,windowsHelloForBusiness,false,{at}\n")
    (tmp_path / "users.csv").write_text("userPrincipalName,objectId,accountEnabled\nu1@example.com,u1,true\n")
    found = classify_export(tmp_path, RULES_PATH, NOON)

    assert readiness == of(found, "u1", "entra").readiness


def test_how_old_evidence_may_be_can_be_told(tmp_path):
    """An organisation that exports once a quarter says so, and lives with it."""
    report = "userPrincipalName,methodsRegistered,isAdmin,lastUpdatedDateTime\n"
    at = (NOON - timedelta(days=80)).isoformat()
    (tmp_path / "registration.csv").write_text(f"{report}u1@example.com,windowsHelloForBusiness,false,{at}\n")

    found = classify_export(tmp_path, RULES_PATH, NOON, reading=Reading(longest_evidence_days=90))

    assert {"ready"} == {member.readiness for member in found.members}


def test_a_device_that_can_make_a_passkey_is_one_prompt_away(tmp_path):
    """The inventory decides between a prompt and a parcel."""
    export = write_export(tmp_path / "export")
    device = {"userId": "u1", "device": {"id": "d1", "profile": {"platform": "MACOS", "osVersion": "15.1"}}}
    (export / "devices.jsonl").write_text(lines([device]), encoding="utf-8")
    found = classify_export(export, RULES_PATH, NOON)

    assert "one-prompt-away" == of(found, "u1").readiness
    assert not [note for note in found.notes if "lists devices" in note]


def test_targets_can_be_told(tmp_path):
    """What makes somebody ready is the organisation's to decide."""
    export = write_export(tmp_path / "export", factors=[a_factor("u1", "passkey_synced"), a_factor("boss")])
    strict = classify_export(export, RULES_PATH, NOON, targets=MADE_BY_DEVICES)

    assert "ready" == of(classify_export(export, RULES_PATH, NOON), "u1").readiness
    assert "needs-key" == of(strict, "u1").readiness
    assert ("windows_hello",) == strict.header.targets["standard"]


def test_a_phone_beside_a_strong_method_is_counted_as_left_over(tmp_path):
    """It is a way around what they hold."""
    factors = [a_factor("u1", "security_key"), a_factor("u1"), a_factor("boss", "security_key")]

    assert 1 == classified(tmp_path, factors=factors).header.leftover_phones_count


def test_a_number_of_two_people_is_counted_for_both(tmp_path):
    """Whoever holds that phone is both of them."""
    numbers = [a_factor(one, profile={"phoneNumber": "+1 202 555 0143"}) for one in ("u1", "boss")]

    assert 2 == classified(tmp_path, factors=numbers).header.shared_numbers_count


def test_the_region_says_which_country_a_number_is_of(tmp_path):
    """030 in Berlin and +49 30 are one number where somebody says that the company is German."""
    numbers = [
        a_factor(one, profile={"phoneNumber": told}) for one, told in (("u1", "030 901820"), ("boss", "+4930901820"))
    ]
    export = write_export(tmp_path / "export", factors=numbers)

    assert 0 == classify_export(export, RULES_PATH, NOON).header.shared_numbers_count
    assert 2 == classify_export(export, RULES_PATH, NOON, reading=Reading(region="DE")).header.shared_numbers_count


def test_a_group_class_is_what_the_vendor_can_see(tmp_path):
    """Groups, provider and user type tell accounts apart; title, methods and order of lines do not."""
    users = [
        a_user("u1"),
        a_user("u2", profile={"title": "Somebody else"}),
        a_user("u3"),
        a_user("u4", type={"id": "oty2"}),
        a_user("u5", credentials={"provider": {"type": "LDAP"}}),
        a_user("boss"),
    ]
    groups = [a_membership(one) for one in ("u1", "u2", "u3", "u4", "u5")] + [a_membership("u3", "Sales")]
    found = classified(tmp_path, users=users, groups=groups)
    classes = {member.account_id: member.group_class for member in found.members}

    assert classes["u1"] == classes["u2"]
    assert 5 == len(set(classes.values()))


def test_every_file_is_accounted_for(tmp_path):
    """Rows in are rows out and rejects, and each reject says where and why."""
    users = [a_user("u1"), a_user("boss"), "not json", a_user("u1"), a_user("u2", status="HAPPY")]
    found = classified(tmp_path, users=users, factors=[a_factor("u1"), a_factor("stranger"), a_factor("boss")])

    assert (5, 2, 3) == tuple(
        getattr(found.rows["users.jsonl"], f"{name}_count") for name in ("read", "kept", "rejected")
    )
    assert [("factors.jsonl", 2), ("users.jsonl", 3), ("users.jsonl", 4), ("users.jsonl", 5)] == [
        (one.file, one.line) for one in found.rejects
    ]
    assert all(one.because for one in found.rejects)


def test_one_account_that_is_told_in_two_ways_is_nobody(tmp_path):
    """Which row is true nobody knows, so both are rejects that name both lines."""
    users = [a_user("u1"), a_user("boss"), a_user("u1", status="SUSPENDED")]
    found = classified(tmp_path, users=users, factors=[a_factor("boss")], groups=[a_membership("boss")])

    assert ["boss"] == [member.account_id for member in found.members]
    assert [1, 3] == [one.line for one in found.rejects]
    assert {"users.jsonl:1, users.jsonl:3 say different things about one account"} == {
        one.because for one in found.rejects
    }


@pytest.mark.parametrize(("most", "is_refused"), [(0.24, True), (0.25, False), (1.0, False)])
def test_too_many_rejects_stop_the_run(tmp_path, most, is_refused):
    """Half a company is not a company: exit 4, with the first row, and how to go on in spite of it."""
    export = write_export(tmp_path / "export", users=[a_user("u1"), a_user("boss"), a_user("u2"), "not json"])
    if not is_refused:
        assert 3 == classify_export(export, RULES_PATH, NOON, reading=Reading(max_rejects=most)).people_count
        return

    with pytest.raises(RejectsTooMany, match=r"1 of 4 rows of users.jsonl cannot be used, more than 24.00%") as refused:
        classify_export(export, RULES_PATH, NOON, reading=Reading(max_rejects=most))
    assert (4, True) == (refused.value.exit_code, refused.value.context.startswith("users.jsonl:4: "))
    assert "--max-rejects 0.25" in refused.value.hint


def test_the_share_that_is_proposed_is_enough(tmp_path):
    """Whoever types what the hint says gets through, however the share is rounded."""
    users = [a_user(f"u{number}") for number in range(2)] + [a_user("boss")] + ["{"] * 4
    export = write_export(tmp_path / "export", users=users, factors=[a_factor("boss")], groups=[a_membership("boss")])
    with pytest.raises(RejectsTooMany) as refused:
        classify_export(export, RULES_PATH, NOON, reading=Reading(max_rejects=0))
    share = float(refused.value.hint.partition("--max-rejects ")[2].split()[0])

    assert 4 / 7 < share < 0.58
    assert 3 == classify_export(export, RULES_PATH, NOON, reading=Reading(max_rejects=share)).people_count


def test_an_error_repeats_no_address(tmp_path):
    """Where columns were mixed up, the word that nobody knows is somebody."""
    factors = [a_factor("u1"), a_factor("boss", factorType="ada@example.com")]
    export = write_export(tmp_path / "export", factors=factors)

    with pytest.raises(RejectsTooMany) as refused:
        classify_export(export, RULES_PATH, NOON, reading=Reading(max_rejects=0.1))
    assert "factors.jsonl:2: factor_type: factor type an address is not known" in refused.value.context


def test_a_repeat_is_no_reason_to_stop(tmp_path):
    """Nothing is lost with a row that says again what another says."""
    export = write_export(tmp_path / "export", users=[a_user("u1"), a_user("boss"), a_user("u1")])

    assert 2 == classify_export(export, RULES_PATH, NOON, reading=Reading(max_rejects=0)).people_count


def test_a_roles_row_that_cannot_be_read_refuses_the_export(tmp_path):
    """Whoever it is about may be an administrator."""
    with pytest.raises(ExportUnreadable, match="may be an administrator"):
        classified(tmp_path, roles=[a_role("boss"), "{"])


def test_an_export_of_hr_alone_has_no_accounts(tmp_path):
    """There is nobody to move."""
    (tmp_path / "people.csv").write_text("Employee number,Employment status\n7,Active\n", encoding="utf-8")

    with pytest.raises(ExportForeign, match="No file of the export has accounts"):
        classify_export(tmp_path, RULES_PATH, NOON)


def test_a_rule_book_is_checked_before_any_row_is_read(tmp_path):
    """A missing export is not looked for by a book that places nobody."""
    book = tmp_path / "rules.toml"
    book.write_text('[[rule]]\ncohort = "heroes"\nbecause = "they are"\n')

    with pytest.raises(RuleBookInvalid):
        classify_export(tmp_path / "nowhere", book, NOON)


def test_a_moment_needs_a_zone(tmp_path):
    """A naive time would shift everybody's age by hours."""
    with pytest.raises(ValueError, match="without a zone"):
        classify_export(write_export(tmp_path), RULES_PATH, datetime(2026, 11, 2))  # noqa: DTZ001 - that is the point


def test_a_moment_is_the_same_in_every_zone(tmp_path):
    """Noon in London is one o'clock in Berlin, and one snapshot."""
    export = write_export(tmp_path)
    berlin = NOON.astimezone(timezone(timedelta(hours=1)))

    assert classify_export(export, RULES_PATH, NOON).header == classify_export(export, RULES_PATH, berlin).header
    assert UTC == classify_export(export, RULES_PATH, berlin).taken_at.tzinfo


def test_one_file_is_an_export_too(tmp_path):
    """A list from the console is read as it is; what is missing is said."""
    (tmp_path / "users.csv").write_text("Login,Status,Title\nada@example.com,Active,Chief Executive Officer\n")
    found = classify_export(tmp_path / "users.csv", RULES_PATH, NOON)

    assert ["ada@example.com"] == [member.account_id for member in found.members]
    assert {member.cohort for member in found.members} <= set(COHORTS)
    assert {"unknown"} == {member.readiness for member in found.members}


def test_whoever_waits_is_told_how_far_it_is(tmp_path):
    """Every part that is read is counted, file by file."""
    told = []
    reading = Reading(engine=Threads(1), progress=lambda what, done, _of: told.append((what, done)))
    classify_export(write_export(tmp_path), RULES_PATH, NOON, reading=reading)

    assert {("users.jsonl", 1), ("factors.jsonl", 1), ("groups.jsonl", 1), ("roles.jsonl", 1)} <= set(told)


def test_methods_that_nobody_tells_of_are_no_answer_to_a_rule(tmp_path):
    """Not to hold a strong method is something to know; not to know it matches nothing by accident."""
    export = write_export(tmp_path / "export")
    (export / "factors.jsonl").unlink()
    book = tmp_path / "rules.toml"
    book.write_text(
        '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [["methods", "has_none_of", ["security_key"]]]\n\n'
        '[[rule]]\ncohort = "standard"\nbecause = "y"\n'
    )

    assert {"standard"} == {member.cohort for member in classify_export(export, book, NOON).members}
