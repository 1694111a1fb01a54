import pytest
from approval_builders import OWNER
from builders import a_programme, entered, history, requested, the_road_to
from fakes import FakeSignatures
from history_machine import KEY, SYNCED, Town
from history_record import faults

from migration.exception_events import ExceptionGranted
from migration.gates import Outcome
from migration.operations import asking, gating, moving, ticking
from migration.operations.asking import Asking
from migration.posture import Stage

ADMINS, FIRST, SECOND = "administrators-01", "standard-01", "standard-02"


@pytest.fixture
def town(tmp_path, monkeypatch):
    """Furnish a town in which nothing has moved yet."""
    found = Town(tmp_path)
    monkeypatch.setattr(gating, "verdicts", found.verdicts)
    return found


def advance(town, wave, *stages):
    """Move a wave on, with fresh evidence each time."""
    for to in stages:
        town.seal()
        tick(town)
        town.command(
            lambda to=to: moving.apply(
                town.desk, moving.propose_advance(town.desk, wave, idp="okta", to=to), with_engine=True
            )
        )
    assert stages[-1] is town.world.stage(wave)


def back(town, wave):
    """Roll a wave back."""
    return town.command(
        lambda: moving.apply(
            town.desk,
            moving.propose_rollback(town.desk, wave, idp="okta", approved_by="r.lee"),
            with_engine=True,
        )
    )


def tick(town):
    """Let the scheduler run; a mover's lower assurance is approved."""
    done, _ = town.command(lambda: ticking.tick(town.desk, approved_by="r.lee"))
    return done


def wave_of(town, account):
    """Return the wave that has somebody."""
    for one in town.state.placed.values():
        if one.account_id == account:
            return one.wave
    return next(wave.key for wave in (FIRST, SECOND) if account in town.world.group(wave))


def test_whoever_waits_among_the_joiners_and_changes_cohort_stays_among_them(town):
    """They join the set that they are in and leave none: the other way round they were in no set at all."""
    town.here["std10"] = {"sms"}
    town.seal()
    tick(town)
    assert "std10" in town.world.group("joiners")

    town.admins.add("std10")
    town.seal()
    tick(town)

    assert ("administrators-joiners-1", True) == (wave_of(town, "std10"), "std10" in town.world.group("joiners"))
    assert [] == town.amiss()


def test_a_deleted_account_keeps_nobody_out_and_blocks_no_command(town):
    """It cannot join: everybody else does, the step ends, and the next tick takes it out of the record."""
    town.leave("adm2", is_deleted=True)
    town.command(
        lambda: moving.apply(
            town.desk,
            moving.propose_advance(town.desk, ADMINS, idp="okta", to=Stage.ENROL),
            with_engine=True,
        )
    )

    assert (Stage.ENROL, {"adm1", "adm3"}) == (town.world.stage(ADMINS), town.world.group("slot-1"))
    assert [] == town.amiss()
    town.seal()
    assert {"left": 1} == tick(town).changes


def test_whoever_lost_the_method_of_an_exception_is_not_let_in_by_it(town):
    """Below ENFORCE they still sign in as ever; in the exception's group they no longer could."""
    ends_at = town.world.clock.at.replace(day=20)
    asked = Asking("dated-totp", ("std2",), "an old scanner", "looked at daily", OWNER, None, ends_at)
    (request,) = town.command(lambda: asking.apply(town.desk, asking.propose_request(town.desk, asked)))
    key = request.body["key"]
    town.lose("std2", "totp")

    for name in ("r.lee", "t.abe"):
        signature = FakeSignatures.sign(name, town.state.exceptions[key].asked.text)
        signed = {"name": name, "signature": signature}
        town.command(lambda signed=signed: asking.apply(town.desk, asking.propose_approve(town.desk, key, **signed)))

    assert set() == town.world.group("exception-dated-totp-standard")
    assert ExceptionGranted.__name__ not in town.world.kinds
    assert any("holds anything any more that it accepts" in alarm for alarm in tick(town).alarms)
    assert [] == town.amiss()


def test_a_wave_goes_back_without_whoever_lives_in_another_home_by_now(town):
    """One of an enforced wave became an administrator: the others can still be rolled back, and settle."""
    for name in ("std1", "std2", "std3", "std4", "std5"):
        town.here[name].add(KEY)
    advance(town, FIRST, Stage.ENROL, Stage.ENFORCE)
    promoted, *others = sorted(town.world.group("slot-1"))
    town.admins.add(promoted)
    town.seal()
    tick(town)
    assert promoted in town.world.group("home-administrators")

    back(town, FIRST)

    assert (Stage.RELAXED, set(others)) == (town.world.stage(FIRST), town.world.group("slot-1"))
    assert [] == town.amiss()
    advance(town, FIRST, Stage.ENFORCE)
    town.command(lambda: moving.apply(town.desk, moving.propose_settle(town.desk, FIRST, idp="okta"), with_engine=True))
    assert (set(others), True) == (
        town.world.group("home-standard"),
        promoted in town.world.group("home-administrators"),
    )
    assert [] == town.amiss()


def test_whoever_lost_their_key_after_the_snapshot_is_not_moved_by_it(town):
    """The snapshot of an hour ago says ready; what counts is what they hold at this moment."""
    advance(town, FIRST, Stage.ENROL)
    for name in town.world.group("slot-1"):
        town.here[name] |= {KEY, SYNCED}
    advance(town, FIRST, Stage.ENFORCE)
    promoted = min(town.world.group("slot-1"))
    town.admins.add(promoted)
    town.seal()
    town.lose(promoted, KEY)

    done = tick(town)

    assert [promoted] == [one.known.account_id for one in done.waiting]
    assert promoted in town.world.group("slot-1")
    assert [] == town.amiss()


def test_whoever_holds_nothing_and_changes_cohort_enrols_among_the_joiners(town):
    """They leave the desk of the administrators for a set in which the tenant's own policy lets a password enrol."""
    advance(town, ADMINS, Stage.ENROL)
    for method in sorted(town.here["adm3"]):
        town.lose("adm3", method)
    town.admins.discard("adm3")
    town.seal()
    tick(town)

    assert ("joiners", set()) == (
        next(key for key in ("joiners", "slot-1") if "adm3" in town.world.group(key)),
        town.here["adm3"],
    )
    assert [] == town.amiss()


# The watch itself.


def test_the_watch_sees_a_gap_between_two_sets(town):
    """Out of the slot before into the home: for a moment theirs decides, and SMS signs in again."""
    advance(town, ADMINS, Stage.ENROL, Stage.ENFORCE)
    idp = town.world.idp

    idp.leave("id of slot-1 group", ["adm1"])
    idp.join("id of home-administrators group", ["adm1"])
    town.watch.close()

    assert "between two writes adm1 is worse off on sign_in" in town.watch.violations


def test_the_watch_sees_who_is_locked_out(town):
    """Somebody who holds nothing that is accepted is put where only that is accepted."""
    advance(town, ADMINS, Stage.ENROL, Stage.ENFORCE)

    town.world.idp.join("id of slot-1 group", ["std2"])

    assert ["join takes the last way to sign in from std2"] == town.watch.violations


def test_the_check_sees_whoever_is_not_where_the_record_says(town):
    """One more, or one less."""
    town.world.idp.groups["id of slot-1 group"].add("std1")

    assert ["slot-1 by the ledger: [] missing, ['std1'] too many"] == town.amiss()


def test_a_gate_that_says_no_is_heard(town):
    """Without it every history would pass."""
    town.gate = Outcome.FAIL

    moved = moving.propose_advance(town.desk, ADMINS, idp="okta", to=Stage.ENROL)

    assert not moved.is_granted


def test_a_skipped_stage_and_a_second_outcome_are_faults_of_a_record():
    """What the checks of a record are worth: a sound one has none, and each forged one has its own."""
    sound = the_road_to(Stage.ENFORCE)
    manifest = a_programme().confirmed
    skipped = history(requested(Stage.ENFORCE, manifest=manifest), after=the_road_to(Stage.PLANNED))
    skipped = history(entered(Stage.ENFORCE, intent=len(skipped)), after=skipped)
    twice = history(entered(Stage.ENFORCE, intent=5), after=sound)

    assert [] == list(faults(sound))
    assert ["standard-01 went from PLANNED to ENFORCE"] == list(faults(skipped))
    assert "intent 5 has two outcomes: StageEntered and StageEntered" in list(faults(twice))
