import tempfile
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from approval_builders import OWNER
from fakes import FakeSignatures
from history_machine import KEY, SYNCED, Fate, Town
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cohorts import sealing
from migration.errors import DriftFound
from migration.exception_classes import CLASSES, DESK
from migration.gates import Outcome
from migration.operations import asking, gating, intents, moving, retiring, stepping, ticking
from migration.operations.asking import Asking
from migration.policy_exceptions import State
from migration.posture import AIMS, Stage

WHICH = st.integers(0, 59)
ROADS = st.sampled_from([0, 0, 1, 3, 4, 4, 5])
FATES = st.none() | st.builds(Fate, st.sampled_from(["before", "half", "after", "away"]), st.integers(1, 14))
OUTCOMES = st.sampled_from([Outcome.PASS, Outcome.PASS, Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL])
TWO = ["r.lee", "t.abe"]
NAMES = st.sampled_from([[], ["r.lee"], ["r.lee", "r.lee"], ["h.mori", "t.abe"], TWO, TWO, TWO[::-1]])
CLASS_KEYS = st.sampled_from(sorted(CLASSES))
METHODS = st.sampled_from([KEY, SYNCED, "totp"])
HELD = st.sets(st.sampled_from(["sms", "totp", KEY, SYNCED]), min_size=1)


def pick(names, which):
    """Return one of them."""
    return names[which % len(names)]


class Histories(RuleBasedStateMachine):
    """Whatever happens to a town, in any order."""

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.folder = tempfile.TemporaryDirectory()
        self.town = None

    @initialize(ways=st.tuples(ROADS, ROADS, ROADS))
    def found(self, ways):
        """Plan and provision; some waves have gone some way already."""
        self.town = Town(Path(self.folder.name))
        self.patch.setattr(gating, "verdicts", self.town.verdicts)
        # What lies under its digest never changes.
        self.patch.setattr(sealing, "read_members", cache(sealing.read_members))
        for key, steps in zip(("administrators-01", "standard-01", "standard-02"), ways, strict=True):
            for _ in range(steps):
                self.next_move(key)

    def teardown(self):
        """Let one last command end whatever was begun, and look once more."""
        try:
            if self.town:
                self.town.command(lambda: None)
                self.nothing_is_amiss()
        finally:
            self.patch.undo()
            self.folder.cleanup()

    # People.

    @rule(which=WHICH, held=HELD)
    def hire(self, which, held):
        """Somebody new comes."""
        name = f"std{10 + which % 5}"
        if name not in self.town.here and name not in self.town.away:
            self.town.here[name] = set(held)

    @rule(which=WHICH, is_deleted=st.booleans())
    def go(self, which, is_deleted):
        """Somebody leaves."""
        if len(self.town.people) > 5:
            self.town.leave(pick(self.town.people, which), is_deleted=is_deleted)

    @precondition(lambda self: self.town.on_leave)
    @rule(which=WHICH)
    def come_back(self, which):
        """Somebody who was on leave is back."""
        self.town.come_back(pick(self.town.on_leave, which))

    @rule(which=WHICH)
    def change_cohort(self, which):
        """Somebody becomes an administrator, or is one no longer."""
        self.town.admins ^= {pick(self.town.people, which)}

    @rule(which=WHICH, method=METHODS)
    def enrol(self, which, method):
        """Somebody enrols something."""
        self.town.here[pick(self.town.people, which)].add(method)

    @rule(which=WHICH, other=WHICH)
    def lose(self, which, other):
        """Somebody loses something."""
        name = pick(self.town.people, which)
        held = sorted(self.town.here[name])
        if held:
            self.town.lose(name, pick(held, other))

    @rule()
    def seal(self):
        """A snapshot is taken."""
        self.town.seal()

    @rule(hours=st.sampled_from([1, 9, 25, 24 * 6, 24 * 24]))
    def wait(self, hours):
        """Time passes."""
        self.town.world.clock.forward(hours=hours)

    # Waves.

    @rule(approved=st.booleans(), fresh=st.booleans(), fate=FATES)
    def tick(self, approved, fresh, fate):
        """The scheduler runs; often a new snapshot was taken just before."""
        if fresh:
            self.town.seal()
        approver = "r.lee" if approved else None
        ticked = self.town.command(lambda: ticking.tick(self.town.desk, approved_by=approver), fate)
        if isinstance(ticked, tuple):
            assert [] == self.town.overdue()
            assert not fresh or {} == self.town.left_behind()

    @rule(which=WHICH, other=WHICH, loses=st.booleans(), approved=st.booleans(), fate=FATES)
    def reorganise(self, which, other, loses, approved, fate):
        """Somebody's cohort changes, and a tick sees it; sometimes they lose something between snapshot and tick."""
        self.change_cohort(which)
        self.town.seal()
        if loses:
            self.lose(which, other)
        self.tick(approved, fresh=False, fate=fate)

    @rule(which=WHICH, steps=st.integers(1, 3), fate=FATES, outcome=OUTCOMES, with_engine=st.integers(0, 5))
    def onward(self, which, steps, fate, outcome, with_engine):
        """A wave goes on to whatever comes next, with fresh evidence; the last time the gate may say no."""
        wave = pick([one for one in self.town.waves if one.cohort in AIMS], which)
        for _ in range(steps - 1):
            self.next_move(wave.key)
        self.town.gate = outcome
        entered = self.town.world.kinds.count("StageRequested")
        self.next_move(wave.key, fate, with_engine=bool(with_engine))
        assert outcome is Outcome.PASS or entered == self.town.world.kinds.count("StageRequested")
        self.town.gate = Outcome.PASS

    def next_move(self, key, fate=None, *, with_engine=True):
        """Do what comes next for a wave, after a look at the people."""
        if self.town.state.open_intent is not None:
            self.end_open(runs=True, fate=None)
        self.town.seal()
        desk = self.town.desk
        self.town.command(lambda: ticking.tick(desk))
        lane = self.town.state.lane(key)
        if lane.home:
            self.retire_wave(key, TWO, fate)
        elif lane.stage is Stage.ENFORCE:
            self.move(lambda: moving.propose_settle(desk, key, idp="okta"), fate, with_engine=with_engine)
        else:
            self.move(lambda: moving.propose_advance(desk, key, idp="okta", to=None), fate, with_engine=with_engine)

    def move(self, propose, fate, *, with_engine=True):
        """Propose and apply, in one turn."""
        self.town.command(lambda: moving.apply(self.town.desk, propose(), with_engine=with_engine), fate)

    @rule(which=WHICH, to=st.sampled_from(list(Stage)))
    def jump(self, which, to):
        """Somebody asks for any stage at all."""
        key = pick(self.town.waves, which).key
        self.move(lambda: moving.propose_advance(self.town.desk, key, idp="okta", to=to), None)

    @rule(which=WHICH, fate=FATES, with_engine=st.booleans())
    def back(self, which, fate, with_engine):
        """A wave is rolled back."""
        key, desk = pick(self.town.waves, which).key, self.town.desk
        rollback = {"idp": "okta", "approved_by": "r.lee"}
        self.move(lambda: moving.propose_rollback(desk, key, **rollback), fate, with_engine=with_engine)

    @rule(which=WHICH, is_held=st.booleans())
    def stop(self, which, is_held):
        """A wave is held, or goes on."""
        key, desk = pick(self.town.waves, which).key, self.town.desk
        words = {"idp": "okta", "because": "the auditor asks", "is_held": is_held}
        self.town.command(lambda: moving.stop(desk, moving.propose_stop(desk, key, **words)))

    @precondition(lambda self: self.town.state.open_intent is not None)
    @rule(runs=st.booleans(), fate=FATES)
    def end_open(self, runs, fate):
        """The pipeline runs and the open intent is confirmed, or nobody runs it and it is ended."""
        wave, desk = self.town.state.open_intent.wave, self.town.desk
        if runs:
            self.town.pipeline()
            self.town.command(lambda: stepping.confirm(desk, wave, idp="okta"), fate)
        else:
            with suppress(DriftFound):
                self.town.command(lambda: intents.abandon(desk, "not now"), fate)

    # Exceptions, and the one-way door.

    @rule(which=WHICH, class_key=CLASS_KEYS, days=st.sampled_from([1, 8, 29]), later=st.booleans(), names=NAMES)
    def ask(self, which, class_key, days, later, names):
        """Somebody asks for an exception for somebody, and some say yes."""
        desk, at = self.town.desk, self.town.world.clock.at
        method = CLASSES[class_key].method
        fitting = [name for name in self.town.people if method is None or method in self.town.here[name]]
        starts_at = at + timedelta(days=3) if later else None
        lasting = timedelta(hours=8) if class_key == DESK else timedelta(days=days)
        who = pick(fitting or self.town.people, which)
        dates = (starts_at, (starts_at or at) + lasting)
        asked = Asking(class_key, (who,), "an old scanner", "looked at daily", OWNER, *dates)
        found = self.town.command(lambda: asking.apply(desk, asking.propose_request(desk, asked)))
        if isinstance(found, tuple) and found:
            self.say_yes(found[0].body["key"], names, None)

    @precondition(lambda self: self.town.exceptions(State.REQUESTED))
    @rule(which=WHICH, names=NAMES, fate=FATES)
    def approve(self, which, names, fate):
        """Some people say yes to what was asked."""
        self.say_yes(pick(self.town.exceptions(State.REQUESTED), which), names, fate)

    def say_yes(self, key, names, fate):
        """Sign a request, one after the other."""
        desk = self.town.desk
        text = self.town.state.exceptions[key].asked.text
        for name in names:
            signed = {"name": name, "signature": FakeSignatures.sign(name, text)}
            self.town.command(
                lambda signed=signed: asking.apply(desk, asking.propose_approve(desk, key, **signed)), fate
            )

    @precondition(lambda self: self.town.exceptions(State.REQUESTED, State.ACTIVE))
    @rule(which=WHICH, verb=st.sampled_from(["refuse", "revoke", "renew"]), fate=FATES)
    def answer(self, which, verb, fate):
        """Somebody says no, ends it, or asks for more time."""
        key, desk = pick(self.town.exceptions(State.REQUESTED, State.ACTIVE), which), self.town.desk
        longer = self.town.state.exceptions[key].ends_at + timedelta(days=20)
        propose = {
            "refuse": lambda: asking.propose_refuse(desk, key, because="no"),
            "revoke": lambda: asking.propose_revoke(desk, key, because="enough"),
            "renew": lambda: asking.propose_renew(desk, key, ends_at=longer, reason="late"),
        }[verb]
        self.town.command(lambda: asking.apply(desk, propose()), fate)

    @precondition(lambda self: self.town.settled)
    @rule(which=WHICH, names=NAMES, fate=FATES)
    def retire(self, which, names, fate):
        """A wave's phones are to go: asked for, approved by some, begun."""
        self.retire_wave(pick(self.town.settled, which), names, fate)

    def retire_wave(self, key, names, fate):
        """Ask, approve, begin."""
        desk = self.town.desk

        def propose():
            return retiring.propose(desk, key, idp="okta")

        def approve(name):
            wanted = propose()
            signature = FakeSignatures.sign(name, wanted.asked.text)
            retiring.record_approval(desk, wanted, retiring.approve(desk, wanted, name=name, signature=signature))

        self.town.command(lambda: retiring.request(desk, propose()))
        for name in names:
            self.town.command(lambda name=name: approve(name))
        self.town.command(lambda: retiring.begin(desk, propose(), name=key), fate)

    @invariant()
    def nothing_is_amiss(self):
        """Nobody lost a way, nobody was worse off between two writes, everybody is where the record says, ..."""
        assert [] == self.town.amiss()


# Nothing is shrunk: a history of thirty steps is soon read, and to shorten it takes minutes.
SHORT = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def test_whatever_happens_nobody_is_left_outside():
    """Any history of people, gates, exceptions, kills and throttling: the laws hold after every step of it."""
    run_state_machine_as_test(Histories, settings=SHORT)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_whatever_happens_for_a_long_time_nobody_is_left_outside():
    """The same, with twenty times as many histories, and other ones each time."""
    run_state_machine_as_test(Histories, settings=settings(SHORT, max_examples=500, derandomize=False, print_blob=True))
