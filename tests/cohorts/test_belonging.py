import pytest
from export_builders import a_membership, a_role, a_user, write_export
from gathering_builders import (
    an_entra_member,
    an_entra_role,
    an_entra_user,
    answers,
    exported,
    fact,
    gathered,
    holds,
    provider_of,
    reasons,
    unbalanced,
)

from cohorts.errors import ExportForeign, ExportUnreadable
from cohorts.facts import Atom
from cohorts.group_classes import group_classes

USERS = [an_entra_user(one) for one in "abc"]


def in_entra(folder, *, members=None, roles=None):
    """Gather the accounts a, b and c of Entra, with these members of groups and of roles."""
    told = {"users.jsonl": USERS, "groups.jsonl": members, "roles.jsonl": roles}
    return gathered(folder, files={name: rows for name, rows in told.items() if rows is not None})


def is_in(found, account_id, *names, test="one_of", idp="entra"):
    """Say whether one account is in a group of one of these names, or in one that has none of them."""
    return answers(found, account_id, "groups", Atom(test, names), idp)


def is_admin(found, account_id, idp="entra"):
    """Say whether one account is an administrator; None is not known."""
    return fact(found, account_id, "is_admin", idp)


def test_groups_and_roles_are_gathered_whatever_their_order(tmp_path):
    """The order of membership lines says nothing."""
    groups = [a_membership("u1", "Sales"), a_membership("boss"), a_membership("u1", "Everyone")]
    provider = provider_of(
        exported(tmp_path, groups=groups, roles=[a_role("boss", "USER_ADMIN"), a_role("boss", "APP_ADMIN")])
    )

    assert ["Everyone", "Sales"] == provider.groups.names_at(0)
    assert ["id of Everyone", "id of Sales"] == provider.groups.keys_at(0)
    assert [[], ["APP_ADMIN", "USER_ADMIN"]] == [provider.roles.keys_at(place) for place in (0, 1)]


def test_a_group_is_asked_for_by_name_or_by_id(tmp_path):
    """A rule may mean either; case does not count."""
    found = in_entra(tmp_path, members=[an_entra_member("a", "g1", groupName="Finance"), an_entra_member("b", "g2")])

    assert [True, False] == [is_in(found, one, "finance") for one in "ab"]
    assert [True, False] == [is_in(found, one, "g1") for one in "ab"]
    assert [False, True] == [is_in(found, one, "finance", test="none_of") for one in "ab"]


def test_a_nested_group_counts_as_the_ones_that_it_is_in(tmp_path):
    """Who is in a group of a group of administrators is one of them."""
    members = [
        an_entra_member("a", "low"),
        an_entra_member("low", "middle", "group"),
        an_entra_member("middle", "top", "group"),
        an_entra_member("b", "middle"),
        an_entra_member("c", "top"),
    ]
    found = in_entra(tmp_path, members=members)

    assert [] == reasons(found)
    assert [True, True, True] == [is_in(found, one, "top") for one in "abc"]
    assert [True, False, False] == [is_in(found, one, "low") for one in "abc"]
    assert [f"name of {one}" for one in ("low", "middle", "top")] == provider_of(found, "entra").groups.names_at(0)


def test_a_group_that_only_ever_is_a_member_takes_nobody_anywhere(tmp_path):
    """An empty group in another one has nobody in it."""
    members = [an_entra_member("empty", "top", "group"), an_entra_member("b", "top")]
    found = in_entra(tmp_path, members=members)

    assert [False, True, False] == [is_in(found, one, "top") for one in "abc"]


@pytest.mark.parametrize("circle", [("g1",), ("g1", "g2"), ("g1", "g2", "g3")])
def test_groups_in_a_circle_are_all_the_same(tmp_path, circle):
    """A circle ends, and whoever is in one of its groups is in each."""
    edges = [an_entra_member(one, circle[place - 1], "group") for place, one in enumerate(circle)]
    found = in_entra(tmp_path, members=[*edges, an_entra_member("a", "g1"), an_entra_member("b", "other")])

    assert [(True, False)] * len(circle) == [(is_in(found, "a", one), is_in(found, "b", one)) for one in circle]


def test_a_group_that_was_renamed_meanwhile_has_both_names(tmp_path):
    """Which name is seen first depends on a page, and must not decide who is an administrator."""
    members = [
        an_entra_member("a", "g1", groupName="Sales"),
        an_entra_member("b", "g1", groupName="Administrators"),
        an_entra_member("c", "g2", groupName=None),
    ]
    one, other = in_entra(tmp_path / "1", members=members), in_entra(tmp_path / "2", members=members[::-1])

    for found in (one, other):
        assert [True, True, False] == [is_in(found, who, "administrators") for who in "abc"]
        assert [False, False, True] == [is_in(found, who, "sales", test="none_of") for who in "abc"]
        assert [["Administrators", "Sales"], ["g2"]] == [
            provider_of(found, "entra").groups.names_at(at) for at in (0, 2)
        ]


def test_a_membership_under_two_names_is_one(tmp_path):
    """The account is in the group, whatever the group is called: it is never lost for that."""
    members = [an_entra_member("a", "g1", groupName="Sales"), an_entra_member("a", "g1", groupName="Administrators")]
    found = in_entra(tmp_path, members=members)

    assert [("groups.jsonl", 2, "group_id", "says again what line 1 says")] == reasons(found)
    assert (True, 1) == (is_in(found, "a", "administrators"), fact(found, "a", "groups", "entra"))


def test_members_without_an_id_are_told_apart_by_login(tmp_path):
    """Two people who are named by login are two."""
    members = [an_entra_member(None, "g1", userPrincipalName=f"{one}@example.com") for one in "ab"]
    found = in_entra(tmp_path, members=[*members, an_entra_member("a", "g1")])

    assert [("groups.jsonl", 3, "group_id", "says again what line 1 says")] == reasons(found)
    assert [1, 1, 0] == [fact(found, one, "groups", "entra") for one in "abc"]


def test_memberships_and_roles_of_unknown_people_are_rejected(tmp_path):
    """They belong to somebody whom the users file does not know; an address is never repeated."""
    groups = [a_membership("u1"), a_membership("nobody"), a_membership("kim@example.com")]
    found = exported(tmp_path, groups=groups, roles=[a_role("nobody"), a_role("boss")])

    assert [
        ("groups.jsonl", 2, "account_id", "no account nobody was kept"),
        ("groups.jsonl", 3, "account_id", "no account with that login was kept"),
        ("roles.jsonl", 1, "account_id", "no account nobody was kept"),
    ] == reasons(found)


@pytest.mark.parametrize("kind", ["groups", "roles"])
def test_files_of_two_tenants_do_not_belong_together(tmp_path, kind):
    """If not one row is about these people, the export is not one export."""
    rows = {"groups": [a_membership("x")], "roles": [a_role("x")]}

    with pytest.raises(
        ExportForeign, match=f"Not one row of {kind}.jsonl can be used; the first: no account x"
    ) as refused:
        exported(tmp_path, **{kind: rows[kind]})
    assert f"{kind}.jsonl:1" == refused.value.context


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([a_role("u1", "SUPER_ADMIN")], True),
        ([a_role("u1", "READ_ONLY_ADMIN")], True),
        ([a_role("u1", "CUSTOM")], True),
        ([a_role("u1", "HELP_DESK_ADMIN")], False),
        ([a_role("u1", "help_desk_admin")], False),
        ([a_role("u1", "HELP_DESK_ADMIN"), a_role("u1", "HELP_DESK_ADMIN")], False),
        ([a_role("u1", "HELP_DESK_ADMIN"), a_role("u1", "ORG_ADMIN")], True),
        ([], False),
        ([{"userId": "u1", "type": None}], None),
        ([{"userId": "u1", "type": " "}, a_role("u1", "ORG_ADMIN")], True),
        ([{"userId": "u1", "type": None}, a_role("u1", "HELP_DESK_ADMIN")], None),
        ([{"userId": "u1", "type": None}, {"userId": "u1", "type": None}], None),
    ],
)
def test_who_is_an_administrator_is_known_or_said_to_be_unknown(tmp_path, roles, expected):
    """Any role but the help desk's makes an administrator; a row without its role makes a doubt."""
    found = exported(tmp_path, roles=[a_role("boss"), *roles])

    assert expected is is_admin(found, "u1", "okta")
    assert not unbalanced(found)


def test_of_whom_a_row_was_lost_the_list_is_not_known(tmp_path):
    """What stands is not the whole list; what is on it is on it."""
    found = exported(tmp_path, roles=[a_role("boss"), a_role("u1", "APP_ADMIN"), {"userId": "u1", "type": None}])

    assert [("roles.jsonl", 3, "role", "missing")] == reasons(found)
    assert (None, 1) == (fact(found, "u1", "roles"), fact(found, "boss", "roles"))
    assert answers(found, "u1", "roles", Atom("one_of", ("app_admin",)))


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ({"userId": None, "type": "SUPER_ADMIN"}, "missing"),
        ({"userId": "u1", "type": ["SUPER_ADMIN"]}, "a list where one value belongs"),
        ("no json", "not JSON"),
    ],
)
def test_a_role_that_is_lost_stops_the_run(tmp_path, row, because):
    """Whoever it belongs to would pass for an ordinary person."""
    with pytest.raises(
        ExportUnreadable, match=rf"Line 2 of roles.jsonl: {because}.* may be an administrator"
    ) as refused:
        exported(tmp_path, roles=[a_role("boss"), row])
    assert "roles.jsonl:2" == refused.value.context


def test_a_role_that_several_accounts_may_hold_leaves_them_unclear(tmp_path):
    """A login of two accounts names neither, and either may be the administrator."""
    users = [
        an_entra_user("a", userPrincipalName="Kim@example.com"),
        an_entra_user("b", userPrincipalName="kim@example.com"),
    ]
    roles = [an_entra_role(None, userPrincipalName="kim@example.com"), an_entra_role("c")]
    found = gathered(
        tmp_path, files={"users.jsonl": [*users, an_entra_user("c"), an_entra_user("d")], "roles.jsonl": roles}
    )

    assert [("roles.jsonl", 1, "account_id", "no account with that login was kept")] == reasons(found)
    assert [None, None, True, False] == [is_admin(found, one) for one in "abcd"]


def test_a_role_of_a_group_is_its_members(tmp_path):
    """Directly, or through a group in the group; nobody else gets it."""
    members = [an_entra_member("a", "low"), an_entra_member("low", "top", "group"), an_entra_member("b", "top")]
    roles = [an_entra_role("top", kind="group"), an_entra_role("c", "Reports Reader")]
    found = in_entra(tmp_path, members=members, roles=roles)

    assert [] == reasons(found)
    assert [["Global Administrator"], ["Global Administrator"], ["Reports Reader"]] == [
        provider_of(found, "entra").roles.keys_at(place) for place in range(3)
    ]
    assert [1, 1, 1] == [fact(found, one, "roles", "entra") for one in "abc"]
    assert [True] * 3 == [is_admin(found, one) for one in "abc"]


def test_a_role_that_is_held_twice_is_one(tmp_path):
    """Directly and through a group is no second role."""
    members = [an_entra_member("a", "g1"), an_entra_member("b", "g2")]
    found = in_entra(tmp_path, members=members, roles=[an_entra_role("a"), an_entra_role("g1", kind="group")])

    assert [1, 0, 0] == [fact(found, one, "roles", "entra") for one in "abc"]
    assert [True, False, False] == [is_admin(found, one) for one in "abc"]


def test_a_group_row_without_a_role_leaves_its_members_unclear(tmp_path):
    """One of them may be anything; those outside are what they were."""
    members = [an_entra_member("a", "low"), an_entra_member("low", "top", "group")]
    roles = [an_entra_role("top", None, kind="group", roleTemplateId=None), an_entra_role("c")]
    found = in_entra(tmp_path, members=members, roles=roles)

    assert [("roles.jsonl", 1, "role", "missing")] == reasons(found)
    assert [None, False, True] == [is_admin(found, one) for one in "abc"]


def test_a_role_of_a_group_whose_members_nobody_knows_stops_the_run(tmp_path):
    """Anybody may be in it."""
    with pytest.raises(ExportUnreadable, match="1 groups hold administrator roles, and no file says who") as refused:
        in_entra(tmp_path, roles=[an_entra_role("c"), an_entra_role("g1", kind="group")])
    assert "roles.jsonl" == refused.value.context


def test_nobody_belonging_to_anything_is_an_answer_too(tmp_path):
    """Empty lists that were written on purpose are believed."""
    write_export(tmp_path)
    for kind in ("factors", "groups"):
        (tmp_path / f"{kind}.jsonl").write_text("[]")
    found = gathered(tmp_path)

    assert [0, 0] == [fact(found, one, "groups") for one in ("u1", "boss")]
    assert [("password",)] * 2 == [holds(found, one) for one in ("u1", "boss")]


def test_without_a_file_of_groups_nobodys_groups_are_known(tmp_path):
    """Silence is not emptiness."""
    found = gathered(tmp_path, files={"users.jsonl": [a_user("u1")]})

    assert (None, None) == (fact(found, "u1", "groups"), fact(found, "u1", "is_admin"))


def test_a_class_is_whom_no_policy_can_tell_apart(tmp_path):
    """The same groups, provider and type, in whatever order the lines stand; another group is another class."""
    groups = [a_membership("u1", "A"), a_membership("u2", "B"), a_membership("u1", "B"), a_membership("u2", "A")]
    users = [a_user("u1"), a_user("u2"), a_user("u3"), a_user("boss", type={"id": "oty2"})]
    found = exported(tmp_path, users=users, groups=[*groups, a_membership("u2", "A")], roles=[a_role("boss")])
    where, names = group_classes(provider_of(found))
    told = [names[one] for one in where]

    assert told[0] == told[1]
    assert 3 == len(set(told))
