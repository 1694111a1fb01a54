from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, a_baseline, an_app, an_enrolment, history
from desks import ADMINS, WAVE, a_world

from migration.errors import EngineMissing
from migration.events import StageFailed
from migration.ledger import LedgerBroken
from migration.model import Step
from migration.operations import evidence, moving, reading
from migration.posture import Stage


@pytest.fixture
def world(tmp_path):
    """Make a world in which everyone is ready."""
    found = a_world(tmp_path)
    found.take_snapshot()
    return found


def status(world, key=WAVE):
    """Read one wave back."""
    return reading.wave_status(world.desk, world.state, moving.find(world.state, key, "okta"))


def test_a_wave_that_is_as_declared_is_sound(world):
    """Nothing differs, nobody is missing, nobody is too many."""
    world.bring_to(Stage.ENROL)
    found = status(world)

    assert (True, "in slot-1", 3, {}) == (
        found.is_sound,
        found.note,
        found.evidence.ready_count,
        found.evidence.unready,
    )


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda world: world.group("slot-1").add("stranger"), (0, 1, 0)),
        (lambda world: world.group("slot-1").remove("adm1"), (1, 0, 0)),
        (lambda world: setattr(world.engine, "drifted", [Step("update", "slot-1 session", "okta")]), (0, 0, 1)),
    ],
)
def test_whatever_is_not_as_declared_is_counted(world, spoil, expected):
    """Members by number, policies by name; any of them makes the wave unsound."""
    world.bring_to(Stage.ENROL)
    spoil(world)
    found = status(world)

    assert (expected, False) == ((found.missing_count, found.extra_count, len(found.drift)), found.is_sound)


def test_a_settled_wave_shares_its_home(world):
    """Others in the home are no excess; one of its own who is not there is missing."""
    world.bring_to(Stage.ENFORCE)
    moving.apply(world.desk, moving.propose_settle(world.desk, WAVE, idp="okta"), with_engine=True)
    world.group("home-administrators").add("earlier")
    world.group("home-administrators").remove("adm1")
    found = status(world)

    assert (1, 0, "lives in home-administrators") == (found.missing_count, found.extra_count, found.note)


def test_a_wave_that_nobody_touched_says_so(world):
    """Before ENROL there is nothing of ours around these people; without a posture there will not be."""
    world.provision()

    assert ("nothing of ours touches these people yet", True) == (status(world).note, status(world).is_sound)
    assert "finance has no posture yet: stays PLANNED" == status(world, "finance-01").note


def test_before_the_plan_is_confirmed_the_tenant_is_not_asked(tmp_path):
    """There is nothing to read back."""
    world = a_world(tmp_path)
    world.take_snapshot()
    from migration.operations import planning  # noqa: PLC0415 - only here

    planning.publish(world.desk, planning.propose(world.desk), apply=False)
    world.engine.drifted = [Step("update", "x", "okta")]

    assert status(world).is_sound


def test_whoever_is_stuck_is_named_with_the_next_thing_to_do(world):
    """By account and by reason, out of the newest snapshot."""
    world.provision()
    world.clock.forward(hours=1)
    world.take_snapshot("adm1", gone=("adm2",))
    found = evidence.stuck(world.desk, world.state, moving.find(world.state, WAVE, "okta"))

    assert {"adm1": "needs-supervision", "adm2": "gone"} == {one.account_id: one.reason for one in found}
    assert all(one.next_step for one in found)
    assert set(ADMINS) - {one.account_id for one in found} == {"adm3"}


def test_the_past_is_answered_as_the_ledger_stood(world):
    """Any moment of it; now is the whole ledger."""
    world.provision()
    world.clock.forward(hours=1)
    world.advance()

    then = reading.as_it_stood(world.desk, NOON)
    assert (Stage.PLANNED, 2) == (then.lane(WAVE).stage, then.entry_count)
    assert Stage.ENROL is reading.as_it_stood(world.desk, None).lane(WAVE).stage
    assert [2, 4, 0] == [len(reading.entries(world.desk, at)) for at in (NOON, None, NOON - timedelta(seconds=1))]


def test_the_ledger_is_verified_against_the_manifest(world):
    """The intent is vouched for by the file in the repository; its outcome lies after it."""
    world.bring_to(Stage.ENROL)
    found, entries = reading.verified(world.desk)

    assert (3, 1, 4) == (found.anchored_count, found.not_anchored_count, len(entries))
    assert ["the manifest", "the stack"] == [anchor.where for anchor in found.anchors]


def test_a_ledger_without_a_manifest_is_not_anchored(world):
    """Nothing outside vouches for it."""
    world.ledger.append(StageFailed(intent=1, because="late"), actor="m.ito", at=NOON)

    assert "not anchored" == reading.verified(world.desk)[0].standing.value


def test_a_ledger_that_was_exchanged_is_found(world, monkeypatch):
    """Whole in itself, and not the one that decided what is published."""
    world.bring_to(Stage.ENROL)
    others = history(*[StageFailed(intent=1, because="late")] * 4)
    monkeypatch.setattr(world.ledger, "entries", lambda: others)

    with pytest.raises(LedgerBroken, match="Entry 3 is not the one that the manifest vouches for"):
        reading.verified(world.desk)


def test_a_tenant_that_is_the_reviewed_baseline_has_no_differences(world):
    """Captured at another time, standing at other priorities: nothing decides differently."""
    world.idp.live = a_baseline(policies_standing={}, apps=(an_app(standing=(("rul-x", 9),)),))

    assert () == reading.baseline_differences(world.desk)


def test_every_difference_is_named_by_its_place(world):
    """Whoever reviews it finds it."""
    world.idp.live = a_baseline(enrolment=an_enrolment(webauthn="NOT_ALLOWED"), apps=())

    assert ("apps", "enrolment.policy.settings.authenticators[6].enroll.self") == reading.baseline_differences(
        world.desk
    )


def test_the_doctor_names_everything_that_is_there(world):
    """Configuration, ledger, tenant, engine, plugin, baseline, manifest, snapshots."""
    findings = reading.examine(world.desk)

    assert ["configuration", "ledger", "tenant", "engine", "plugin", "baseline", "manifest", "snapshots"] == [
        finding.subject for finding in findings
    ]
    assert all(finding.is_well for finding in findings)
    assert "none published yet" == findings[6].found


@pytest.mark.parametrize(
    ("facts", "ill"),
    [({"pulumi": "3.200.0", "plugin okta": "6.4.0"}, ["plugin"]), ({"pulumi": "3.200.0"}, ["plugin"])],
)
def test_the_doctor_finds_a_plugin_that_does_not_fit(world, monkeypatch, facts, ill):
    """Plugin and SDK must share a major version."""
    monkeypatch.setattr(world.engine, "facts", lambda: facts)

    assert ill == [finding.subject for finding in reading.examine(world.desk) if not finding.is_well]


def test_the_doctor_goes_on_where_something_is_missing(tmp_path, monkeypatch):
    """One missing thing does not hide the others."""
    world = a_world(tmp_path)
    world.documents._baseline = None

    def missing():
        raise EngineMissing("There is no pulumi to run", context="PATH", hint="install it")

    monkeypatch.setattr(world.engine, "facts", missing)
    found = {finding.subject: finding for finding in reading.examine(world.desk)}

    assert {"engine", "baseline"} == {subject for subject, finding in found.items() if not finding.is_well}
    assert "There is no pulumi to run; install it" == found["engine"].found
    assert "none yet" == found["snapshots"].found


def test_the_doctor_says_which_engine_the_tenant_is_on(world, monkeypatch):
    """On the older one there is no account-management policy, and nothing of ours would hold."""
    monkeypatch.setattr(world.idp, "is_identity_engine", lambda: False)
    found = {finding.subject: finding for finding in reading.examine(world.desk)}

    assert "not Identity Engine" in f"{found['tenant'].found}"
    assert not found["tenant"].is_well


def test_the_report_is_made_without_tenant_and_engine(world):
    """From ledger and snapshots alone, on a train."""
    world.bring_to(Stage.ENROL)
    offline = replace(world.desk, engine=None, idp=None)
    found = reading.programme_report(offline, None)

    assert found is not None
