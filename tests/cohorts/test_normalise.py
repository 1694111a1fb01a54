from datetime import timedelta

import pandas as pd
import pytest
from export_builders import NOON, a_factor, a_membership, a_role, a_user, write_export

from cohorts.errors import ExportForeign, ExportUnreadable
from cohorts.exports import read_export
from cohorts.methods import decode
from cohorts.normalise import Normalised, normalise


def normalised(folder, **files) -> Normalised:
    """Normalise an export of these rows."""
    return normalise(read_export(write_export(folder, **files)), NOON)


def methods_of(result: Normalised, user_id: str, column: str = "methods") -> tuple[str, ...]:
    """Say what one person holds."""
    return decode(int(result.users.loc[user_id, column]))


def reasons(result: Normalised) -> list[tuple[str, int, str, str]]:
    """List the rejects as plain values."""
    return [(one.file, one.line, one.column, one.because) for one in result.rejects]


def test_a_user_becomes_one_row_in_our_words(tmp_path):
    """The canonical row says what rules may ask, and nothing is renamed by accident."""
    user = a_user("u1", profile={"department": " Legal ", "title": "", "userType": None})
    row = normalised(tmp_path, users=[user, a_user("boss")]).users.loc["u1"]

    assert ("Legal", "OKTA", "oty1", "ACTIVE") == (row.department, row.provider, row.type_id, row.status)
    assert row[["title", "user_type"]].isna().all()
    assert (1, 1036, False, ("Everyone",), ()) == (
        row.last_login_age_days,
        row.created_age_days,
        row.is_admin,
        row.groups,
        row.roles,
    )


def test_users_are_ordered_by_id_whatever_the_file_says(tmp_path):
    """Two exports of the same people give the same table."""
    result = normalised(tmp_path, users=[a_user("u1"), a_user("boss")])

    assert ["boss", "u1"] == result.users.index.tolist()


@pytest.mark.parametrize("method", ["sms", "voice", "email", "question", "push", "fastpass", "app_code", "totp"])
def test_an_active_factor_is_a_method(tmp_path, method):
    """Each factor of the vendor's is one method of ours, beside the password."""
    result = normalised(tmp_path, factors=[a_factor("u1", method)])

    assert {"password", method} == set(methods_of(result, "u1"))
    assert ("password",) == methods_of(result, "boss")


def test_a_factor_that_is_not_active_counts_as_pending_only(tmp_path):
    """What was begun and not finished signs nobody in; it is no reject either."""
    factors = [a_factor("u1", "push", status="PENDING_ACTIVATION"), a_factor("u1", "sms")]
    result = normalised(tmp_path, factors=factors)

    assert ("password", "sms") == methods_of(result, "u1")
    assert ("push",) == methods_of(result, "u1", "pending")
    assert () == result.rejects


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"password": {}, "provider": {"type": "OKTA"}}, ("password",)),
        ({"provider": {"type": "OKTA"}}, ()),
        ({"provider": {"type": "ACTIVE_DIRECTORY"}}, ("password",)),
        ({"provider": {"type": "LDAP"}}, ("password",)),
        ({"password": {}, "provider": {"type": "FEDERATION"}}, ()),
        (None, ()),
    ],
)
def test_a_password_is_held_by_okta_or_by_a_directory(tmp_path, credentials, expected):
    """A directory checks the password of its own people; a federation never shows it to us."""
    users = [a_user("u1", credentials=credentials), a_user("boss")]
    result = normalised(tmp_path, users=users, factors=[a_factor("boss")])

    assert expected == methods_of(result, "u1")


def test_an_unknown_provider_is_noted(tmp_path):
    """An export without credentials is said, not guessed."""
    result = normalised(tmp_path, users=[a_user("u1", credentials=None), a_user("boss")])

    assert result.notes == ("1 accounts do not say who checks their password; taken as holding none",)


def test_a_key_without_a_known_name_is_the_weakest_claim(tmp_path):
    """A passkey that nobody can tell apart may be a synced one, and the assumption is said."""
    factor = a_factor("u1", "security_key", profile={"authenticatorName": "Authenticator"})
    result = normalised(tmp_path, factors=[factor])

    assert ("password", "passkey_synced") == methods_of(result, "u1")
    assert result.notes == ("1 passkeys carry no name that we know; taken as synced, the weakest claim",)


def test_only_numbers_of_two_people_are_shared(tmp_path):
    """SMS and voice of one person are one number; the spelling of a number does not matter."""
    users = [a_user(one) for one in ("u1", "u2", "u3", "boss")]
    factors = [
        a_factor("u1", profile={"phoneNumber": "+1 555 0100"}),
        a_factor("u2", profile={"phoneNumber": "+1-555-0100"}),
        a_factor("u3", profile={"phoneNumber": "+15550199"}),
        a_factor("u3", "voice", profile={"phoneNumber": "+15550199"}),
        a_factor("boss", profile={}),
        a_factor("boss", "voice", profile={"phoneNumber": "+15550199"}, status="INACTIVE"),
    ]
    result = normalised(tmp_path, users=users, factors=factors)

    assert ["u1", "u2"] == result.users.index[result.users["shares_number"]].tolist()


def test_groups_and_roles_are_gathered_in_order(tmp_path):
    """The order of membership lines says nothing."""
    groups = [a_membership("u1", "Sales"), a_membership("boss"), a_membership("u1", "Everyone")]
    result = normalised(tmp_path, groups=groups, roles=[a_role("boss", "USER_ADMIN"), a_role("boss", "APP_ADMIN")])

    assert ("Everyone", "Sales") == result.users.loc["u1", "groups"]
    assert ("id of Everyone", "id of Sales") == result.users.loc["u1", "group_ids"]
    assert ("APP_ADMIN", "USER_ADMIN") == result.users.loc["boss", "roles"]


@pytest.mark.parametrize(
    ("roles", "is_admin"),
    [
        ([a_role("u1", "SUPER_ADMIN")], True),
        ([a_role("u1", "READ_ONLY_ADMIN")], True),
        ([a_role("u1", "CUSTOM")], True),
        ([a_role("u1", "HELP_DESK_ADMIN")], False),
        ([a_role("u1", "HELP_DESK_ADMIN"), a_role("u1", "ORG_ADMIN")], True),
        ([], False),
        ([{"userId": "u1", "type": None}], None),
        ([{"userId": "u1", "type": 7}, a_role("u1", "ORG_ADMIN")], True),
        ([{"userId": "u1", "type": 7}, a_role("u1", "HELP_DESK_ADMIN")], None),
    ],
)
def test_who_is_an_administrator_is_known_or_said_to_be_unknown(tmp_path, roles, is_admin):
    """Any role but the help desk's makes an administrator; one that cannot be read makes a doubt."""
    told = normalised(tmp_path, roles=[a_role("boss"), *roles]).users.loc["u1", "is_admin"]

    assert (told is pd.NA) if is_admin is None else (is_admin == told)


def test_a_role_of_nobody_is_refused(tmp_path):
    """Whoever it belongs to would pass for an ordinary person."""
    with pytest.raises(ExportUnreadable, match=r"Line 2 of roles.jsonl does not say whose role") as refused:
        normalised(tmp_path, roles=[a_role("boss"), {"userId": None, "type": "SUPER_ADMIN"}])
    assert "roles.jsonl:2" == refused.value.context


@pytest.mark.parametrize(
    ("changes", "column", "because"),
    [
        ({"id": None}, "user_id", "missing"),
        ({"id": " "}, "user_id", "missing"),
        ({"id": 7}, "user_id", "not a text"),
        ({"id": "\ud800"}, "user_id", "holds characters that are no text"),
        ({"profile": {"login": None}}, "login", "missing"),
        ({"profile": {"department": ["Sales"]}}, "department", "not a text"),
        ({"credentials": "secret"}, "provider", "not a text"),
        ({"status": None}, "status", "missing"),
        ({"status": "HAPPY"}, "status", "status HAPPY is not known"),
        ({"lastLogin": "yesterday"}, "last_login", "not a time as ISO 8601 writes it"),
        ({"lastLogin": 1730000000}, "last_login", "not a text"),
        ({"created": "2026-13-45"}, "created", "not a time as ISO 8601 writes it"),
    ],
)
def test_a_user_that_cannot_be_trusted_is_rejected(tmp_path, changes, column, because):
    """A field of the wrong kind costs the row, which is named by line and column."""
    bad = a_user(**{"user_id": "u2", **changes})
    bad = {**bad, **{key: value for key, value in changes.items() if key == "id"}}
    result = normalised(tmp_path, users=[a_user("u1"), bad, a_user("boss")])

    assert [("users.jsonl", 2, column, because)] == reasons(result)
    assert ["boss", "u1"] == result.users.index.tolist()


@pytest.mark.parametrize(
    ("factor", "column", "because"),
    [
        (a_factor("nobody"), "user_id", "no user nobody was kept"),
        (a_factor("u1", factorType="carrier-pigeon"), "factor_type", "factor type carrier-pigeon is not known"),
        ({**a_factor("u1"), "userId": None}, "user_id", "missing"),
        (a_factor("u1", status=None), "status", "missing"),
        (a_factor("u1", provider={"type": "OKTA"}), "provider", "not a text"),
    ],
)
def test_a_factor_that_cannot_be_trusted_is_rejected(tmp_path, factor, column, because):
    """It counts for nobody, and is named."""
    result = normalised(tmp_path, factors=[a_factor("boss"), factor])

    assert [("factors.jsonl", 2, column, because)] == reasons(result)
    assert ("password",) == methods_of(result, "u1")


def test_memberships_and_roles_of_unknown_people_are_rejected(tmp_path):
    """They belong to somebody whom the users file does not know."""
    groups = [a_membership("u1"), a_membership("nobody")]
    result = normalised(tmp_path, groups=groups, roles=[a_role("nobody"), a_role("boss")])

    assert [
        ("groups.jsonl", 2, "user_id", "no user nobody was kept"),
        ("roles.jsonl", 1, "user_id", "no user nobody was kept"),
    ] == reasons(result)


def test_a_line_that_says_the_same_again_is_counted_once(tmp_path):
    """A page that was fetched twice does no harm, and is seen."""
    result = normalised(
        tmp_path,
        users=[a_user("u1"), a_user("boss"), a_user("u1")],
        groups=[a_membership("u1"), a_membership("u1")],
    )

    assert [
        ("users.jsonl", 3, "user_id", "says again what line 1 says"),
        ("groups.jsonl", 2, "group_id", "says again what line 1 says"),
    ] == reasons(result)


def test_lines_that_contradict_each_other_are_all_rejected(tmp_path):
    """Nobody can tell which of them is true, and the order of lines must not decide."""
    users = [a_user("u1"), a_user("boss"), a_user("u1", status="SUSPENDED")]
    result = normalised(tmp_path, users=users, factors=[a_factor("boss")], groups=[a_membership("boss")])

    assert ["boss"] == result.users.index.tolist()
    assert [1, 3] == [reject.line for reject in result.rejects]
    assert {"lines 1, 3 say different things about one user"} == {one.because for one in result.rejects}


def test_rows_in_are_rows_out_and_rejects(tmp_path):
    """Each file's rows are all accounted for, those among them that were no rows at all."""
    result = normalised(
        tmp_path,
        users=[a_user("u1"), "not json", a_user("boss"), a_user("u2", status="HAPPY")],
        factors=[a_factor("u1"), a_factor("u2"), a_factor("u1", "push", status="PENDING_ACTIVATION")],
    )

    assert {"users.jsonl": (4, 2, 2), "factors.jsonl": (3, 2, 1)} == {
        file: (rows.read_count, rows.kept_count, rows.rejected_count)
        for file, rows in result.rows.items()
        if file in {"users.jsonl", "factors.jsonl"}
    }


@pytest.mark.parametrize("kind", ["factors", "groups", "roles"])
def test_files_of_two_tenants_do_not_belong_together(tmp_path, kind):
    """If not one row is about these people, the export is not one export."""
    rows = {"factors": [a_factor("x")], "groups": [a_membership("x")], "roles": [a_role("x")]}

    with pytest.raises(ExportForeign, match=f"Not one of the 1 rows of {kind}.jsonl") as refused:
        normalised(tmp_path, **{kind: rows[kind]})
    assert f"{kind}.jsonl:1" == refused.value.context


def test_a_file_of_which_no_user_stands_is_refused(tmp_path):
    """Nobody is not a population."""
    with pytest.raises(ExportForeign, match=r"Not one of the 1 rows of users.jsonl"):
        normalised(tmp_path, users=[a_user("u1", status="HAPPY")])


def test_nobody_holding_anything_is_a_population_too(tmp_path):
    """Empty lists that were written on purpose are believed."""
    write_export(tmp_path)
    for kind in ("factors", "groups"):
        (tmp_path / f"{kind}.jsonl").write_text("[]")

    result = normalise(read_export(tmp_path), NOON)

    assert [("password",), ("password",)] == [methods_of(result, one) for one in result.users.index]
    assert {()} == set(result.users["groups"])


def test_a_clock_that_runs_ahead_has_signed_in_today(tmp_path):
    """An age is never negative."""
    ahead = (NOON + timedelta(hours=30)).isoformat()
    result = normalised(tmp_path, users=[a_user("u1", lastLogin=ahead), a_user("boss", lastLogin=None)])

    assert 0 == result.users.loc["u1", "last_login_age_days"]
    assert result.users.loc["boss", "last_login_age_days"] is pd.NA
