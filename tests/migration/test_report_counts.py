import csv
import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from approval_builders import LEAD, RISK, a_key, a_request, a_yes, an_active_one, an_approver
from approval_builders import told as told_of
from click.testing import CliRunner
from desks import OTHER_WAVE, STANDARD, WAVE, a_world
from exception_desk import an_excepting_world, approve, ask, one, write_approvers
from fakes import FakeSignatures

from migration.adapters.ssh_signatures import SshKeygenMissing
from migration.cli.report import report as noun
from migration.errors import IdpUnavailable, NotFound
from migration.events import WaveHeld
from migration.operations import auditing, evidence, excepting, moving, reading, reporting, retiring, ticking
from migration.posture import Stage
from migration.report_exceptions import SignatureStanding
from migration.report_people import Waiting


@pytest.fixture
def world(tmp_path):
    """Make a tenant in mid-flight: people were carried over, came, left and changed cohort."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.bring_to(Stage.ENFORCE, OTHER_WAVE)
    moving.apply(world.desk, moving.propose_settle(world.desk, OTHER_WAVE, idp="okta"), with_engine=True)
    world.advance(Stage.ENROL, WAVE)
    world.clock.forward(hours=1)
    world.take_snapshot("adm1", hired=("new1", "new2"), gone=("std1",))
    ticking.tick(world.desk)
    world.advance(Stage.ENFORCE, WAVE)
    return world


def told(world, at=None):
    """Make the report without a tenant and without an engine."""
    return reading.programme_report(replace(world.desk, idp=None, engine=None), at)


def in_snapshot(world):
    """Return how many accounts the newest snapshot has."""
    return len(evidence.people(evidence.newest(world.desk)))


def check(found, world):
    """Hold the two sums against each other: by cohort, and by wave."""
    without_waves = sum(one.people_count for one in found.cohorts if not one.has_waves)
    gone = found.stuck.get("gone", 0)
    assert in_snapshot(world) == sum(one.people_count for one in found.cohorts)
    assert in_snapshot(world) == sum(one.member_count for one in found.waves) - gone + found.without_wave_count
    return without_waves


def test_everybody_is_counted_exactly_once(world):
    """Carried-over people in their new wave alone, joiners in theirs, leavers nowhere: the sums agree."""
    found = told(world)

    assert check(found, world) == found.without_wave_count
    assert {
        "administrators-01": 2,
        "administrators-01-carried-1": 1,
        "standard-01": 3,
        "standard-joiners-1": 2,
        "finance-01": 1,
    } == {one.key: one.member_count for one in found.waves}


def test_who_came_since_the_last_tick_has_no_wave_yet_and_is_counted_so(world):
    """Between two ticks the sums still hold, and the report says whom the next one looks after."""
    world.clock.forward(hours=1)
    world.take_snapshot(hired=("new1", "new2", "new3"), gone=("std1", "std2"), promoted=("std3",))

    found = told(world)

    assert check(found, world) + 1 == found.without_wave_count
    assert Waiting(joined_count=1, left_count=1, moved_count=1, falls_count=0, waits={}) == found.waiting


def test_an_old_snapshot_says_nothing_of_who_came(world):
    """A tick would not believe it either."""
    world.clock.forward(hours=25)

    assert told(world).waiting is None


def test_where_waves_come_from_and_what_holds_them_is_told(world):
    """A carried-over wave names its origin, a joiners' wave is one, and a hold has its moment."""
    world.clock.forward(minutes=5)
    held = WaveHeld(wave=WAVE, lane="okta", gate="lockouts", because="3 of 9")
    entry = world.ledger.append(held, actor="m.ito", at=world.clock())
    waves = {one.key: one for one in told(world).waves}

    assert ("lockouts", "3 of 9", entry.at) == (waves[WAVE].held_by, waves[WAVE].held_because, waves[WAVE].held_since)
    assert WAVE == waves["administrators-01-carried-1"].carried_from
    assert waves["standard-joiners-1"].is_joiners
    assert waves["administrators-01-carried-1"].is_carried
    assert not waves[WAVE].is_carried


def test_the_week_and_the_curve_come_out_of_the_ledger(world):
    """What was done above, in numbers."""
    found = told(world)

    assert (4 + 2, 1, 2, 1) == (
        found.week.enforced_count,
        found.week.carried_count,
        found.week.joined_count,
        found.week.left_count,
    )
    assert {"administrators": 2, "standard": 3} == {one.cohort: one.past[-1][1] for one in found.forecasts if one.past}


def test_the_past_is_told_as_it_stood(world):
    """Ledger, snapshot, forecasts and heartbeat of that moment, and nothing that came later."""
    before = world.clock() - timedelta(minutes=30)

    found = told(world, before)

    assert {"administrators-01", "standard-01", "finance-01"} == {one.key for one in found.waves}
    assert (4, before) == (next(one.member_count for one in found.waves if one.key == "standard-01"), found.at)
    assert 0 == found.week.ticks_count
    assert found.snapshot_digest != told(world).snapshot_digest
    assert found.heartbeat.heard_at < before.isoformat()


def test_before_the_first_snapshot_nobody_is_counted(world):
    """The page says so instead of showing today's people."""
    found = told(world, world.clock() - timedelta(days=300))

    assert ("", (), ()) == (found.snapshot_digest, found.cohorts, found.waves)


def test_without_any_snapshot_it_is_said_what_is_missing(tmp_path):
    """And what to type."""
    with pytest.raises(NotFound, match="There is no snapshot yet"):
        told(a_world(tmp_path))


def test_a_clock_that_is_gone_keeps_nobody_from_reading(world):
    """The page is then as old as the last entry."""

    def gone():
        raise IdpUnavailable("The tenant does not answer", context="clock", hint="later")

    found = reading.programme_report(replace(world.desk, now=gone), None)

    assert world.ledger.entries()[-1].at == found.at.isoformat()


def test_without_a_clock_and_without_a_ledger_there_is_no_moment(tmp_path):
    """Nobody guesses one."""
    world = a_world(tmp_path)
    world.take_snapshot()

    def gone():
        raise IdpUnavailable("The tenant does not answer", context="clock", hint="later")

    with pytest.raises(IdpUnavailable):
        reading.programme_report(replace(world.desk, now=gone), None)


@pytest.fixture
def excepting_world(tmp_path):
    """Make a tenant in which an exception was signed by two."""
    world = an_excepting_world(tmp_path)
    approve(world, ask(world))
    return world


KEY = "exception-0001"


def standings(world, at=None):
    """Check again what was signed, without a tenant and without an engine."""
    found = reporting.exception_report(replace(world.desk, idp=None, engine=None), at)
    return [given.standing for one in found.everyone for given in one.approvals]


def test_signatures_are_checked_again(excepting_world):
    """Over the same text, as of the moment when they were given."""
    assert [SignatureStanding.VERIFIES] * 2 == standings(excepting_world)


def test_who_may_no_longer_approve_could_then(excepting_world):
    """What counts is the moment of the yes; a month later the approver's time is over and the signature holds."""
    excepting_world.clock.forward(days=60)

    assert [SignatureStanding.VERIFIES] * 2 == standings(excepting_world)


def test_who_was_taken_out_of_the_file_is_said_so(excepting_world):
    """Neither good nor forged: nobody can tell any more."""
    write_approvers(excepting_world.desk.approvers, LEAD)

    assert [SignatureStanding.VERIFIES, SignatureStanding.NO_APPROVER] == standings(excepting_world)


def test_a_signature_that_does_not_verify_is_said_so(excepting_world):
    """Somebody's days were shortened, or the text is not the one that was signed."""
    later = an_approver("t.abe", "risk-owner", number=2, valid_from=LEAD.valid_until)
    write_approvers(excepting_world.desk.approvers, LEAD, later)

    assert [SignatureStanding.VERIFIES, SignatureStanding.FAILS] == standings(excepting_world)


def test_a_text_that_is_not_the_one_that_was_approved_is_said_so(excepting_world):
    """Before any signature is asked: a yes to another text is none to this one."""
    held = one(excepting_world, KEY)
    other = replace(held, request={**held.request, "reason": "another"})

    found = auditing.standings(excepting_world.desk, {KEY: other}, ())

    assert {SignatureStanding.ANOTHER_TEXT} == set(found.values())


def test_a_typed_name_is_no_signature(excepting_world):
    """There is nothing to verify, and nothing is called verified."""
    asked = a_request()
    typed = told_of(asked, a_yes(asked, proof="asserted"))

    assert {SignatureStanding.ASSERTED} == set(auditing.standings(excepting_world.desk, typed, ()).values())


def test_a_key_that_is_not_in_the_file_any_more_is_said_so(excepting_world):
    """The approver is there, with another key: lost, or exchanged since."""
    write_approvers(excepting_world.desk.approvers, replace(LEAD, key=a_key(9)), RISK)

    found = auditing.standings(excepting_world.desk, {KEY: an_active_one()}, ())

    assert SignatureStanding.ANOTHER_KEY is found[an_active_one().request_digest, LEAD.name]


@pytest.mark.parametrize("checker", [None, "missing"])
def test_where_nothing_can_check_it_is_not_called_good(excepting_world, checker):
    """Without ssh-keygen the report is still made, and says that nobody checked."""

    class Missing(FakeSignatures):
        def verify(self, text, signature, approver, at):
            raise SshKeygenMissing("No signature can be checked", context="ssh-keygen", hint="install it")

    excepting_world.desk = replace(excepting_world.desk, signatures=Missing() if checker else None)

    assert [SignatureStanding.NOT_CHECKED] * 2 == standings(excepting_world)


def test_without_an_approvers_file_nothing_is_checked(excepting_world):
    """The report is made all the same."""
    excepting_world.desk.approvers.unlink()

    assert [SignatureStanding.NOT_CHECKED] * 2 == standings(excepting_world)


def test_exceptions_are_told_as_they_stood(excepting_world):
    """Granted today, ended in three weeks: at noon yesterday there was none, in ten days it stands."""
    world = excepting_world
    noon = world.clock()
    world.clock.forward(days=21)
    excepting.end(world.desk, KEY)

    assert [0, 1, 0] == [
        len(reporting.exception_report(world.desk, at).open) for at in (noon - timedelta(days=1), noon, world.clock())
    ]
    assert "ended" == reporting.exception_report(world.desk, None).closed[0].state


def test_somebody_who_is_excused_is_ready_and_said_to_be_so_by_an_exception(tmp_path):
    """ENFORCE would let them in: by their exception alone."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.bring_to(Stage.ENROL, OTHER_WAVE)
    world.clock.forward(hours=1)
    world.take_snapshot("std1")
    excepted = an_excepting_world(tmp_path / "other")
    approve(excepted, ask(excepted))
    held = {KEY: _of_person(one(excepted, KEY), world)}
    read = reporting._wave(
        replace(world.state, exceptions=held),
        world.state.plan.wave(OTHER_WAVE),
        evidence.members(world.desk, world.state, world.state.plan.wave(OTHER_WAVE)),
        {member.person_key: member for member in evidence.people(evidence.newest(world.desk))},
    )

    assert (len(STANDARD), 1, {}) == (read.ready_count, read.excused_count, read.unready)


def _of_person(found, world):
    keys = {member.account_id: member.person_key for member in evidence.people(evidence.newest(world.desk))}
    subjects = tuple(replace(subject, person_key=keys[subject.account_id]) for subject in found.subjects)
    return replace(found, subjects=subjects)


def run(world, *words):
    """Type a command."""
    found = CliRunner().invoke(noun, words, obj=SimpleNamespace(desk=lambda: world.desk))
    assert 0 == found.exit_code, found.output + repr(found.exception)
    return found


@pytest.mark.parametrize("verb", ["show", "exceptions"])
def test_a_report_is_a_page_a_table_and_a_document(excepting_world, tmp_path, verb):
    """Each where it was asked for; without a path the page goes to stdout."""
    html, table = tmp_path / "x.html", tmp_path / "x.csv"

    shown = json.loads(run(excepting_world, verb, "--html", html, "--csv", table, "--json").stdout)

    assert html.read_text().startswith("<!doctype html>")
    assert table.read_text().startswith("row,stack,at,")
    assert "report" in shown
    assert run(excepting_world, verb).stdout.startswith("<!doctype html>")
    assert "" == run(excepting_world, verb, "--csv", table).stdout


def test_the_documents_keep_their_keys(excepting_world):
    """Whoever reads them with a program finds next month what was there this month."""
    programme = json.loads(run(excepting_world, "show", "--json").stdout)["report"]
    excused = json.loads(run(excepting_world, "exceptions", "--json").stdout)["report"]

    assert {"assumptions", "forecasts", "week", "help_desk", "exceptions", "heartbeat", "waiting"} <= programme.keys()
    assert {"open", "closed", "budgets", "warnings", "states", "excused_count"} <= excused.keys()
    given = excused["open"][0]["approvals"][0]
    assert {"approver", "roles", "proof", "at", "key_fingerprint", "standing"} == given.keys()
    assert "verifies" == given["standing"]


def test_the_signatures_are_those_that_were_given(excepting_world):
    """The first yes is the lead's, the second the risk owner's."""
    found = reporting.exception_report(excepting_world.desk, None).open[0]

    assert (KEY, [LEAD.name, RISK.name]) == (found.key, [given.approver for given in found.approvals])


def test_the_signatures_of_a_retirement_are_checked_again(world):
    """The one-way door is on the security lead's page too: what went, who signed, and whether it holds."""
    write_approvers(world.folder / "approvers.toml", LEAD, RISK)
    world.desk = replace(world.desk, approvers=world.folder / "approvers.toml", signatures=FakeSignatures())
    world.idp.holdings["std2"] = {"security_key", "sms"}
    retiring.request(world.desk, retiring.propose(world.desk, OTHER_WAVE, idp="okta"))
    for name in (LEAD.name, RISK.name):
        wanted = retiring.propose(world.desk, OTHER_WAVE, idp="okta")
        signature = FakeSignatures.sign(name, wanted.asked.text)
        given = retiring.approve(world.desk, wanted, name=name, signature=signature)
        retiring.record_approval(world.desk, wanted, given)
    retiring.begin(world.desk, retiring.propose(world.desk, OTHER_WAVE, idp="okta"), name=OTHER_WAVE)

    (door,) = reporting.exception_report(replace(world.desk, idp=None, engine=None), None).doors

    assert (OTHER_WAVE, "done", 1, 1) == (door.wave, door.state, door.phones_count, door.deleted_count)
    assert [SignatureStanding.VERIFIES] * 2 == [given.standing for given in door.approvals]
    assert "1 phone on the list" in run(world, "exceptions").stdout
    run(world, "exceptions", "--csv", world.folder / "x.csv")
    told_of = [row[:2] for row in csv.reader((world.folder / "x.csv").open(encoding="utf-8"))]
    assert ["row", "retirement", "approval", "approval"] == [row[0] for row in told_of]
    assert Stage.RETIRE is world.stage(OTHER_WAVE)
