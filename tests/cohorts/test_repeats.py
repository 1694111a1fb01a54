import pyarrow as pa
import pytest
from export_builders import a_factor, a_membership, a_role, a_user
from gathering_builders import (
    an_entra_method,
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

from cohorts.errors import ExportForeign
from cohorts.hashing import ALL_BITS, FIRST, SALT, SECOND, STEP, hash_text, hash_texts

MOBILE = "3179e48a-750b-4051-897c-87b9720928f7"  # Graph's id of everybody's first mobile number
AGAIN = "says again what line 1 says"


def test_an_account_that_is_listed_twice_alike_is_one_account(tmp_path):
    """A page that was fetched twice does no harm, and is seen; the order of names in a list is no difference."""
    found = exported(tmp_path, users=[a_user("u1"), a_user("boss"), a_user("u1"), a_user("u1")])

    assert [("users.jsonl", line, "account_id", AGAIN) for line in (3, 4)] == reasons(found)
    assert ["u1", "boss"] == ids_of(found)
    assert {True} == {one.is_repeat for one in found.rejects}


def test_a_list_says_the_same_in_any_order(tmp_path):
    """Names of methods have no order."""
    names = ["email", "mobilePhone"]
    rows = [{"id": "a", "userPrincipalName": "a@x.y", "methodsRegistered": told} for told in (names, names[::-1])]
    found = gathered(tmp_path, files={"registration.jsonl": rows})

    assert [("registration.jsonl", 2, "account_id", AGAIN)] == reasons(found)


def test_accounts_that_contradict_each_other_are_all_rejected(tmp_path):
    """Nobody can tell which of them is true, and the order of lines must not decide."""
    users = [a_user("u1"), a_user("boss"), a_user("u1", status="SUSPENDED"), a_user("u1")]
    because = "users.jsonl:1, users.jsonl:3, users.jsonl:4 say different things about one account"
    found = exported(tmp_path, users=users, factors=[a_factor("boss")], groups=[a_membership("boss")])

    assert [("users.jsonl", line, "account_id", because) for line in (1, 3, 4)] == reasons(found)
    assert ["boss"] == ids_of(found)
    assert {False} == {one.is_repeat for one in found.rejects}


def test_a_crowd_that_contradicts_itself_is_told_by_its_first_lines(tmp_path):
    """A reason stays readable, however many rows there are."""
    users = [a_user("u1", status=status) for status in ("ACTIVE", "STAGED", "SUSPENDED", "RECOVERY") * 2]
    found = exported(
        tmp_path, users=[*users, a_user("boss")], factors=[a_factor("boss")], groups=[a_membership("boss")]
    )

    assert 8 == len(found.rejects)
    assert {5} == {one.because.count("users.jsonl:") for one in found.rejects}


def test_two_files_may_say_the_same_of_an_account(tmp_path):
    """It is one account, and the second file is told which line of the first it repeats."""
    found = gathered(tmp_path, files={"a-users.jsonl": [a_user("u1"), a_user("u2")], "b-users.jsonl": [a_user("u2")]})

    assert [("b-users.jsonl", 1, "account_id", "says again what line 2 of a-users.jsonl says")] == reasons(found)
    assert ["u1", "u2"] == ids_of(found)


def test_two_files_that_contradict_each_other_are_both_named(tmp_path):
    """Both rows fall, each in its own file, with both places in the reason."""
    other = [a_user("u3"), a_user("u2", status="SUSPENDED")]
    found = gathered(tmp_path, files={"a-users.jsonl": [a_user("u1"), a_user("u2")], "b-users.jsonl": other})
    because = "a-users.jsonl:2, b-users.jsonl:2 say different things about one account"

    assert [(f"{one}-users.jsonl", 2, "account_id", because) for one in "ab"] == reasons(found)
    assert ["u1", "u3"] == ids_of(found)


def test_rows_beside_a_rejected_one_keep_their_lines(tmp_path):
    """Rows that fell before are counted too when a line is named."""
    users = [a_user("bad", status="HAPPY"), "no json", a_user("u1"), a_user("boss"), a_user("u1")]
    found = exported(tmp_path, users=users)

    assert ("users.jsonl", 5, "account_id", "says again what line 3 says") in reasons(found)
    assert not unbalanced(found)


def test_a_file_that_is_there_twice_does_no_harm(tmp_path):
    """Not one of its rows is needed, and not one is lost."""
    users = [a_user("u1"), a_user("u2")]
    found = gathered(tmp_path, files={"users.jsonl": users, "users-again.jsonl": users})

    assert ["u1", "u2"] == ids_of(found)
    assert [True, True] == [one.is_repeat for one in found.rejects]


def test_a_method_that_is_listed_twice_is_held_once(tmp_path):
    """The same enrolment again is a repeat; what is said differently of one enrolment counts for nobody."""
    factors = [a_factor("u1", "push"), a_factor("u1", "push"), a_factor("boss"), a_factor("boss", status="INACTIVE")]
    because = "factors.jsonl:3, factors.jsonl:4 say different things about one method"
    found = exported(tmp_path, factors=factors)

    assert [
        ("factors.jsonl", 2, "method_id", AGAIN),
        ("factors.jsonl", 3, "method_id", because),
        ("factors.jsonl", 4, "method_id", because),
    ] == reasons(found)
    assert [("password", "push"), ("password",)] == [holds(found, "u1"), holds(found, "boss")]


def test_one_enrolment_of_two_accounts_counts_for_neither(tmp_path):
    """Okta gives every factor an id of its own: somebody mixed these rows up."""
    factors = [a_factor("u1", "push", id="f"), a_factor("boss", "push", id="f"), a_factor("boss", "totp")]
    found = exported(tmp_path, factors=factors)

    assert [1, 2] == [one.line for one in found.rejects]
    assert [("password",), ("password", "totp")] == [holds(found, "u1"), holds(found, "boss")]


def test_entras_first_mobile_number_has_the_same_id_for_everybody(tmp_path):
    """There an id names a method of one account only."""
    methods = [an_entra_method(one, id=MOBILE) for one in "abba"]
    found = gathered(tmp_path, files={"users.jsonl": map(an_entra_user, "ab"), "methods.jsonl": methods})

    assert [
        ("methods.jsonl", 3, "method_id", "says again what line 2 says"),
        ("methods.jsonl", 4, "method_id", AGAIN),
    ] == reasons(found)
    assert [("sms", "voice"), ("sms", "voice")] == [holds(found, one, "entra") for one in "ab"]


def test_methods_without_an_id_are_not_the_same(tmp_path):
    """What has no name cannot be said twice; what has one still can."""
    factors = [
        a_factor("u1", id=None),
        a_factor("boss", "push", id=None),
        a_factor("u1", "totp"),
        a_factor("u1", "totp"),
    ]
    found = exported(tmp_path, factors=factors)

    assert [("factors.jsonl", 4, "method_id", "says again what line 3 says")] == reasons(found)
    assert ("password", "sms", "totp") == holds(found, "u1")


def test_a_row_is_rejected_once_however_often_it_is_wrong(tmp_path):
    """A stranger's factor that is listed twice is a stranger's factor twice."""
    found = exported(tmp_path, factors=[a_factor("u1"), a_factor("zz"), a_factor("zz")])

    assert [("factors.jsonl", line, "account_id", "no account zz was kept") for line in (2, 3)] == reasons(found)
    assert not unbalanced(found)


@pytest.mark.parametrize(("kind", "row", "column"), [("groups", a_membership, "group_id"), ("roles", a_role, "role")])
def test_a_membership_that_is_listed_twice_counts_once(tmp_path, kind, row, column):
    """Nothing is lost with the second line, and nobody becomes unclear by it."""
    found = exported(tmp_path, **{kind: [row("boss"), row("boss"), row("u1")]})

    assert [(f"{kind}.jsonl", 2, column, AGAIN)] == reasons(found)
    assert 1 == fact(found, "boss", kind)


def twins():
    """Return two different ids with one hash: the second half undoes what the first half did."""
    one = "00uaaaaa00000000"
    for number in range(10**6):
        half = f"00u{number:05}"
        undone = half_way(one[:8]) ^ half_way(half) ^ int.from_bytes(one[8:].encode(), "little")
        rest = undone.to_bytes(8, "little")
        if all(33 <= letter < 127 for letter in rest):
            return one, half + rest.decode()
    raise AssertionError


def half_way(word):
    """Return the hash of an id of sixteen letters after the first eight."""
    mixed = SALT ^ 16 ^ int.from_bytes(word.encode(), "little")
    mixed = (mixed + STEP) & ALL_BITS
    mixed = (mixed ^ mixed >> 30) * FIRST & ALL_BITS
    mixed = (mixed ^ mixed >> 27) * SECOND & ALL_BITS
    return mixed ^ mixed >> 31


def test_two_accounts_whose_ids_have_one_hash_are_two(tmp_path):
    """A hash only says where to look: the id behind it decides."""
    first, second = twins()
    assert hash_text(first) == hash_text(second)
    factors = [a_factor(second, "push", id="f1"), a_factor(first, "totp", id="f2"), a_factor("boss")]
    users = [a_user(first), a_user("boss"), a_user(second)]
    found = exported(tmp_path, users=users, factors=factors, groups=[a_membership(second)])

    assert [] == reasons(found)
    assert [("password", "totp"), ("password", "push")] == [holds(found, first), holds(found, second)]
    assert (0, 1) == (fact(found, first, "groups"), fact(found, second, "groups"))


def test_a_stranger_whose_id_has_the_hash_of_an_account_is_a_stranger(tmp_path):
    """Nobody gets the factors of somebody else by chance."""
    first, second = twins()
    users = [a_user(first), a_user("boss")]
    found = exported(tmp_path, users=users, factors=[a_factor("boss"), a_factor(second)], groups=[a_membership(first)])

    assert [("factors.jsonl", 2)] == [(one.file, one.line) for one in found.rejects]
    assert ("password",) == holds(found, first)


def test_nothing_but_contradictions_is_no_population(tmp_path):
    """Where not one account stands there is nobody to plan for."""
    with pytest.raises(ExportForeign, match="say different things about one account") as refused:
        gathered(tmp_path, files={"users.jsonl": [a_user("u1"), a_user("u1", status="STAGED")]})
    assert "users.jsonl:1" == refused.value.context


def test_each_account_is_found_by_its_id(tmp_path):
    """Positions are those of the accounts as they stand, after repeats fell."""
    accounts = provider_of(exported(tmp_path, users=[a_user("u1"), a_user("u1"), a_user("boss")])).accounts
    asked = pa.array(["boss", "u1", None, "zz"])

    assert [1, 0, -1, -1] == accounts.locate(asked, hash_texts(asked)).tolist()
