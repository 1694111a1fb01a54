from dataclasses import replace

import pytest
from desks import a_world
from export_builders import a_factor, a_membership, a_role, a_user, lines, write_export

from cohorts.errors import ExportUnreadable, RejectsTooMany, RuleBookInvalid, SnapshotChanged
from migration.errors import NotFound
from migration.operations import evidence, people
from migration.operations.people import Wishes
from migration.operations.ports import ExportFrame


@pytest.fixture
def desk(tmp_path):
    """A desk without a snapshot."""
    return a_world(tmp_path / "world").desk


@pytest.fixture
def export(tmp_path):
    """Two people of Okta, and one of Entra."""
    folder = write_export(tmp_path / "export")
    graph = [{"id": "e1", "userPrincipalName": "e1@example.org", "accountEnabled": True}]
    (folder / "entra-users.jsonl").write_text(lines(graph), encoding="utf-8")
    (folder / "entra-roles.jsonl").write_text(
        lines([{"id": "e1", "roleTemplateId": "t1", "roleName": "Reports Reader"}]), encoding="utf-8"
    )
    return folder


def test_waves_are_of_one_provider(desk, export):
    """An account of another is counted and never put into a group of this one."""
    header = people.keep(desk, people.classify(desk, export))
    folder, _ = evidence.snapshot(desk)

    assert (3, ("entra", "okta")) == (header.people_count, header.idps)
    assert ["boss", "u1"] == [member.account_id for member in evidence.people(folder)]
    assert ["boss"] == [member.account_id for member in evidence.people(folder, "administrators")]


def test_who_cannot_sign_in_is_in_no_wave(desk, tmp_path):
    """Nobody is asked to enrol in an account that is off."""
    users = [a_user("u1", status="SUSPENDED"), a_user("u2", status="DEPROVISIONED"), a_user("boss")]
    folder = write_export(tmp_path / "export", users=users, groups=[a_membership("boss")])
    people.keep(desk, people.classify(desk, folder))

    assert ["boss"] == [member.account_id for member in evidence.people(evidence.newest(desk))]


def test_the_same_export_is_kept_once(desk, export):
    """A retry is harmless, and what lies there is looked at."""
    found = people.classify(desk, export)
    assert people.keep(desk, found) == people.keep(desk, found)
    (folder,) = desk.snapshots.iterdir()
    (folder / "members.arrow").write_bytes(b"")

    with pytest.raises(SnapshotChanged):
        people.keep(desk, found)


@pytest.mark.parametrize("silent", ["roles.jsonl", "entra-roles.jsonl"])
def test_no_plan_is_made_where_nobody_says_who_is_an_administrator(desk, export, silent):
    """Of any provider: whom nobody names may be one."""
    (export / silent).unlink()

    with pytest.raises(ExportUnreadable, match="says who is an administrator"):
        people.keep(desk, people.classify(desk, export))
    assert not desk.snapshots.exists()


def test_the_configuration_says_how_much_may_be_unusable(desk, tmp_path):
    """And whoever types the command may say otherwise."""
    folder = write_export(tmp_path / "export", users=[a_user("u1"), a_user("boss"), "not json"])

    with pytest.raises(RejectsTooMany, match=r"more than 0\.50%"):
        people.classify(desk, folder)
    assert 2 == people.classify(desk, folder, Wishes(max_rejects=0.5)).people_count
    lenient = replace(desk, export=ExportFrame(max_rejects=0.5))
    assert 2 == people.classify(lenient, folder).people_count
    with pytest.raises(RejectsTooMany):
        people.classify(lenient, folder, Wishes(max_rejects=0))


def test_an_organisation_s_own_column_maps_are_read(desk, tmp_path):
    """A new source is a new file, and no code."""
    maps = tmp_path / "maps"
    maps.mkdir()
    (maps / "acme.toml").write_text(
        'title = "Acme"\nidp = "okta"\nsubject = "users"\nforms = ["csv"]\n'
        '[recognise]\nhas = ["Kennung"]\n[columns]\naccount_id = "Kennung"\n[constants]\nstatus = "ACTIVE"\n'
    )
    (tmp_path / "acme.csv").write_text("Kennung\na1\n")

    found = people.classify(replace(desk, export=ExportFrame(sources=maps)), tmp_path / "acme.csv")

    assert ["a1"] == [member.account_id for member in found.members]


def test_a_trial_counts_whom_each_rule_takes(desk, export):
    """Nobody is read unless an export is named."""
    alone, tried = people.trial(desk, None, Wishes()), people.trial(desk, export, Wishes())

    assert alone["counts"] is None
    assert () == alone["failures"] == tried["failures"]
    assert 3 == sum(took for took, _ in tried["counts"])
    assert 3 == tried["counts"][-1][1]


def test_a_book_that_places_nobody_is_no_trial(desk, tmp_path):
    """It is refused before any row is read."""
    (tmp_path / "rules.toml").write_text("")

    with pytest.raises(RuleBookInvalid):
        people.trial(replace(desk, rules=tmp_path / "rules.toml"), tmp_path / "nowhere", Wishes())


def test_a_snapshot_is_compared_by_its_first_digits_or_its_folder(desk, export):
    """With another, or with an export."""
    header = people.keep(desk, people.classify(desk, export))
    (export / "factors.jsonl").write_text(lines([a_factor("u1", "security_key"), a_factor("boss", "security_key")]))

    for named in (header.digest, header.digest[:6], str(desk.snapshots / header.digest)):
        (change,) = people.compare(desk, named, str(export)).changes
        assert ("u1", ("methods",)) == (change.account_id, change.caused_by)


def test_two_exports_are_compared_as_of_one_moment(desk, export):
    """Else everybody would be older in the second."""
    moments = iter([desk.now()])
    once = replace(desk, now=lambda: next(moments))

    assert () == people.compare(once, str(export), str(export)).changes


@pytest.mark.parametrize("named", ["0000000", "00000", "SHORT", "*", "../world", "x" * 5000])
def test_a_snapshot_that_is_not_there_is_not_found(desk, export, named):
    """Neither by a pattern nor by a beginning that is too short; a folder that is none is an export that is none."""
    header = people.keep(desk, people.classify(desk, export))
    named = named.replace("SHORT", header.digest[:5])

    with pytest.raises((NotFound, ExportUnreadable)):
        people.compare(desk, named, str(export))


def test_a_beginning_of_two_snapshots_names_neither(desk, export):
    """Which of them was meant is not guessed."""
    for name in ("abcdef0", "abcdef1"):
        folder = desk.snapshots / name
        folder.mkdir(parents=True)
        (folder / "snapshot.json").write_text("{}")

    with pytest.raises(NotFound, match="2 snapshots begin with abcdef"):
        people.compare(desk, "abcdef", str(export))


def test_a_work_list_shows_keys_only_with_names(desk, tmp_path):
    """Letters stand for values otherwise; equal letters are equal values."""
    users = [a_user(one, profile={"employeeNumber": "4711"}) for one in ("u1", "boss")]
    folder = write_export(tmp_path / "export", users=users, roles=[a_role("boss")])
    (folder / "people.csv").write_text("Employee number\n4711\n", encoding="utf-8")
    found = people.classify(desk, folder)

    hidden, shown = (people.work_list(found, with_names=with_names) for with_names in (False, True))

    assert found.conflict_counts == hidden["counts"] == shown["counts"] == {"two-accounts-one-person": 1}
    keys = [
        {account["keys"]["employee_number"] for account in told["conflicts"][0]["accounts"]} for told in (hidden, shown)
    ]
    assert [{"A"}, {"4711"}] == keys
