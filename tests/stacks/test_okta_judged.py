from itertools import pairwise

import pytest
from builders import a_lease
from carried_out import STACK, a_tenant

from migration.baseline import Shift
from migration.manifest import provision
from migration.operations.intents import expected
from migration.operations.planning import foreseen_shifts
from migration.posture import AIMS, Stage
from migration.set_names import POLICY_TYPES, names
from sandbox.demo.law import never_worse

CANARY, ACCOUNT = "sign-in-canary", "Okta Account Management Policy"
AT_HOME, AT_THE_DESK, IN_OFFICE = ({"ip": ip} for ip in ("192.0.2.10", "192.0.2.130", "203.0.113.10"))
MANAGED = {**AT_HOME, "device": {"registered": True, "managed": True}}
APPS = {
    "Okta Dashboard": AT_HOME,
    "Okta Admin Console": MANAGED,
    "Payroll": IN_OFFICE,
    "Sign-in canary": AT_HOME,
}
ENROLLABLE = ("sms", "totp", "fastpass", "passkey_synced", "passkey_bound", "email")
WAVES = {"administrators-01": "slot-1", "standard-01": "slot-2"}
STAGES = (Stage.ENROL, Stage.REHEARSE, Stage.ENFORCE, Stage.RELAXED, Stage.ENFORCE)
REHEARSE, ENFORCE = 1, 2  # places in STAGES


def every_path(user):
    """Return a question for every app, and for every way around it, at home and at the desk."""
    questions = [{"action": "sign-in", "app": app, "context": context} for app, context in APPS.items()]
    for context in (AT_HOME, AT_THE_DESK):
        questions += [{"action": action, "context": context} for action in ("recover", "unlock")]
        questions += [
            {"action": "enrol", "method": method, "via": via, "context": context}
            for method in ENROLLABLE
            for via in ("settings", "sign-in")
        ]
    questions += [{"action": "unenrol", "method": method, "context": AT_HOME} for method in ("sms", "totp")]
    return [{"user": user, **question} for question in questions]


class Walked:
    """A tenant in which a wave of each cohort walked the whole road; what was written when is remembered."""

    def __init__(self, tenant):
        self.tenant = tenant
        zone_id = tenant.okta.zone("Registration desk")
        self.first = provision(STACK, tenant.baseline.digest, AIMS, zone_id=zone_id, canary=CANARY)
        self.provisioned = tenant.carry_out(self.first)
        self.standing = {
            container: {one["id"]: one["priority"] for one in found} for container, found in self._containers()
        }
        # Sets tell people apart, not cohorts: anybody with an ordinary account will do. For each wave
        # somebody, somebody who is excused, and somebody at the desk.
        people = iter(range(6))
        self.members = {wave: [tenant.somebody("standard", number=next(people)) for _ in range(3)] for wave in WAVES}
        self.last, self.steps = self.first, []
        for before, stage in pairwise((Stage.PLANNED, *STAGES)):
            for wave, slot in WAVES.items():
                self.last = self.last.with_slot(a_lease(stage, wave=wave, slot=slot, before=before))
            self.steps.append(tenant.carry_out(self.last))
            if stage is Stage.ENROL:
                self._fill()

    def _containers(self):
        ask = self.tenant.desk.okta.get
        yield from ((kind, ask(f"/api/v1/policies?type={kind}").json()) for kind in POLICY_TYPES.values())
        yield ACCOUNT, self.tenant.rules(self.tenant.baseline.account_management.policy_id)
        yield from ((app.policy_name, self.tenant.rules(app.policy_id)) for app in self.tenant.baseline.apps)

    def _fill(self):
        for wave, slot in WAVES.items():
            _, excused, desk = self.members[wave]
            for person in self.members[wave]:
                self.tenant.join(slot, person)
            self.tenant.join(f"exception-dated-totp-{wave.rpartition('-')[0]}", excused)
            self.tenant.join("bootstrap", desk)

    def writes(self, wave, step):
        """Return the writes of a step that touched the wave's own slot, by number."""
        ours = {self.tenant.ids[name] for name in self.tenant.ids if name.startswith(f"{WAVES[wave]} ")}
        found = self.tenant.writes(self.steps[step])
        return {write["n"]: write["path"] for write in found if ours & set(write["path"].split("/"))}

    def moments(self, step):
        """Return the last write before a step, and its own last one."""
        return self.steps[step].start - 1, self.steps[step][-1]

    def owned(self, content):
        """Return what the program exports of a set."""
        every = names(content, self.tenant.baseline.apps)
        own = {name: name if name.startswith(f"{content.key} ") else f"{content.key} {name}" for name in every}
        return {name: self.tenant.ids[resource] for name, resource in own.items()}

    def outcomes(self, user, *shown, holds=(), **question):
        """Say whether somebody who shows *shown*, and holds more, is let through; one word for each question."""
        held = [{"method": method} for method in (*shown, *holds)]
        asked = {"user": user, "with": list(shown), "holds": held, **question}
        return self.tenant.ask([asked])[0]["outcome"]

    def sign_ins(self, user, *shown, at=None):
        """Return app → whether somebody who shows *shown*, and holds nothing else, is let in."""
        return {app: self.outcomes(user, *shown, app=app, context=at or context) for app, context in APPS.items()}

    def binds(self, user, *shown, method="passkey_bound", context=AT_HOME, via="sign-in"):
        """Say whether somebody who shows *shown* may enrol *method*."""
        return self.outcomes(user, *shown, action="enrol", method=method, via=via, context=context)


@pytest.fixture(scope="module")
def walked():
    """One tenant for all; whoever joins a set leaves it again."""
    with a_tenant() as tenant:
        yield Walked(tenant)


@pytest.mark.parametrize("cohort", ["administrators", "contractors"])
def test_no_write_of_a_provision_changes_what_anybody_needs(walked, cohort):
    """Around empty groups: after each of its writes every path accepts exactly what it accepted before."""
    questions = every_path(walked.tenant.somebody(cohort))[::3]
    before = walked.tenant.accepted(questions, walked.provisioned.start - 1)

    assert [] == [number for number in walked.provisioned if walked.tenant.accepted(questions, number) != before]


def test_theirs_move_as_the_plan_foretold(walked):
    """Every priority that a provision moves is listed, and nothing else is."""
    baseline = walked.tenant.baseline
    before = {name: dict(standing) for name, standing in baseline.policies_standing.items()}
    before |= {app.policy_name: dict(app.standing) for app in baseline.apps}
    before[ACCOUNT] = dict(baseline.account_management.standing)
    moved = {
        Shift(name, key, priority, walked.standing[name][key])
        for name, standing in before.items()
        for key, priority in standing.items()
        if walked.standing[name][key] != priority
    }

    assert set(foreseen_shifts(baseline, walked.first)) == moved


def test_the_desks_rule_stands_directly_below_break_glass(walked):
    """Above homes and slots, which ask for a key, and above theirs."""
    rules = walked.tenant.rules(walked.tenant.baseline.account_management.policy_id)

    assert ["break-glass recover", "bootstrap enrol", "home-administrators no new phone"] == [
        rule["name"] for rule in rules[3:6]
    ]
    assert "joiners no new phone" == [rule["name"] for rule in rules if rule["id"] in walked.tenant.ids.values()][-1]


@pytest.mark.parametrize("place", range(12))
def test_every_set_is_read_back_as_it_was_decided(walked, place):
    """The adapter finds everything of ours by its name, whatever kind of set it is."""
    content = walked.last.sets[place]
    owned = walked.owned(content)
    found = walked.tenant.okta.statuses(owned, walked.tenant.baseline)

    assert set(owned) - {"group"} == set(found)
    assert expected(content.posture, found, canary=CANARY) == found


@pytest.mark.parametrize("step", range(1, len(STAGES)))
@pytest.mark.parametrize("wave", WAVES)
def test_no_write_of_a_step_is_worse_than_either_side(walked, wave, step):
    """For a member, for one who is excused, and for one at the desk: every path, after every write."""
    questions = [question for person in walked.members[wave] for question in every_path(person)]
    old, new = (walked.tenant.accepted(questions, moment) for moment in walked.moments(step))

    assert [] == [
        (moment, questions[index], worse)
        for moment in walked.writes(wave, step)
        for index, now in enumerate(walked.tenant.accepted(questions, moment))
        if (worse := never_worse(old[index], now, new[index]))
    ]
    assert old != new


@pytest.mark.parametrize("wave", WAVES)
def test_a_rehearsal_writes_one_rule_and_shows_at_one_app_alone(walked, wave):
    """There ENFORCE is applied already; everywhere else everything is as at ENROL."""
    paths = every_path(walked.members[wave][0])
    moments = (*walked.moments(REHEARSE), walked.moments(ENFORCE)[1])
    before, after, enforced = (walked.tenant.accepted(paths, moment) for moment in moments)
    rules = {walked.tenant.ids[f"{slot} sign-in {CANARY}"] for slot in WAVES.values()}
    canary = [question.get("app") for question in paths].index("Sign-in canary")

    written = {write["path"].split("/")[6] for write in walked.tenant.writes(walked.steps[REHEARSE])}
    assert rules == written
    assert [canary] == [index for index in range(len(paths)) if before[index] != after[index]]
    assert enforced[canary] == after[canary]


@pytest.mark.parametrize("wave", WAVES)
def test_whoever_is_excused_signs_in_everywhere_with_totp_and_password(walked, wave):
    """At every app; a member who is not excused does so nowhere, and the target lets both in."""
    member, excused, _ = walked.members[wave]

    assert dict.fromkeys(APPS, "allowed") == walked.sign_ins(excused, "password", "totp")
    assert "allowed" not in walked.sign_ins(member, "password", "totp").values()
    assert dict.fromkeys(APPS, "allowed") == walked.sign_ins(excused, "passkey_bound")
    assert "allowed" not in walked.sign_ins(excused, "password", "sms").values()
    assert "allowed" not in walked.sign_ins(excused, "password").values()
    assert "allowed" not in walked.sign_ins(excused, "totp").values()


@pytest.mark.parametrize("action", ["recover", "unlock"])
@pytest.mark.parametrize("wave", WAVES)
def test_an_exception_opens_no_recovery(walked, wave, action):
    """Not by TOTP, alone or with anything that is weaker than the target; what opens it is what opens it to others."""
    member, excused, _ = walked.members[wave]
    asked = [{"user": person, "action": action, "context": AT_HOME} for person in (member, excused)]
    accepted = walked.tenant.accepted(asked, walked.tenant.write_count)

    assert "allowed" != walked.outcomes(excused, "password", "totp", "email", "sms", action=action)
    assert accepted[0] == accepted[1]


@pytest.mark.parametrize("method", ["sms", "totp", "email", "fastpass", "passkey_synced", "passkey_bound"])
@pytest.mark.parametrize("wave", WAVES)
def test_an_exception_binds_nothing(walked, wave, method):
    """Whatever is enrolled, TOTP included, the target is asked for first: an exception is no way to a better one."""
    _, excused, _ = walked.members[wave]
    shown = [one for one in ("password", "totp", "sms", "email") if one != method]

    assert "allowed" not in {walked.binds(excused, *shown, method=method, via=via) for via in ("settings", "sign-in")}


@pytest.mark.parametrize("wave", WAVES)
def test_a_shared_key_signs_in_with_the_password_and_without_a_pin(walked, wave):
    """While somebody is excused, and not a moment longer; a code in its place is none."""
    cohort, (member, *_) = wave.rpartition("-")[0], walked.members[wave]
    key = f"exception-shared-workstation-key-{cohort}"
    touched = [{"method": "password"}, {"method": "security_key", "user_verified": False}]
    asked = {"user": member, "holds": touched, "with": ["password", "security_key"], "app": "Payroll"}
    asked["context"] = IN_OFFICE

    before = walked.tenant.ask([asked, {**asked, "with": ["security_key"]}])
    walked.tenant.join(key, member)
    during = walked.tenant.ask([asked, {**asked, "with": ["security_key"]}, {**asked, "with": ["password"]}])
    walked.tenant.leave(key, member)

    # A touch and the password are two factors of the target already, where it asks for no user verification.
    assert "allowed" == before[0]["outcome"] if cohort == "standard" else "allowed" != before[0]["outcome"]
    assert ["allowed", "must-step-up", "must-step-up"] == [answer["outcome"] for answer in during]
    assert "allowed" != before[1]["outcome"]


@pytest.mark.parametrize("wave", WAVES)
def test_at_the_desk_a_password_binds_a_passkey(walked, wave):
    """For whoever two people let in, though their slot asks for the target; in that zone, and for nothing else."""
    member, _, desk = walked.members[wave]

    assert "allowed" == walked.binds(desk, "password", context=AT_THE_DESK)
    assert "allowed" != walked.binds(desk, "password", context=AT_HOME)
    assert "allowed" != walked.binds(member, "password", context=AT_THE_DESK)
    assert "allowed" != walked.binds(desk, "password", "sms", method="totp", context=AT_THE_DESK)
    assert "allowed" == walked.binds(desk, "password", "passkey_bound", method="security_key")


@pytest.mark.parametrize("wave", WAVES)
def test_the_desk_opens_no_page_of_settings_and_no_app(walked, wave):
    """The password alone is asked for a key on the way in; it lets nobody past the way in."""
    desk = walked.members[wave][2]

    assert "allowed" != walked.binds(desk, "password", context=AT_THE_DESK, via="settings")
    assert "allowed" not in walked.sign_ins(desk, "password", "sms", at=AT_THE_DESK).values()


def test_an_emergency_account_is_bound_by_no_password_at_the_desk(walked):
    """Break-glass stands above the desk's rule, whoever joins both."""
    user = walked.tenant.somebody("break-glass")
    for key in ("break-glass", "bootstrap"):
        walked.tenant.join(key, user)

    alone, with_key = (
        walked.binds(user, *shown, method="security_key", context=AT_THE_DESK)
        for shown in (["password"], ["passkey_bound"])
    )
    for key in ("break-glass", "bootstrap"):
        walked.tenant.leave(key, user)

    assert ("denied", "allowed") == (alone, with_key)


def test_whoever_enrols_at_the_desk_alone_binds_nothing_elsewhere_from_enrol_on(walked):
    """Administrators: what they hold today binds nothing any more, and still signs them in."""
    member, _, desk = walked.members["administrators-01"]
    asked = {"user": member, "action": "enrol", "via": "settings", "context": AT_HOME, "method": "passkey_bound"}
    there = {**asked, "user": desk, "context": AT_THE_DESK}
    sign_in = {"user": member, "action": "sign-in", "app": "Okta Dashboard", "context": AT_HOME}
    at_enrol = walked.tenant.accepted([asked, there, sign_in], walked.moments(REHEARSE)[0])

    assert not any("sms" in methods or "totp" in methods for methods in at_enrol[0])
    assert frozenset({"password", "sms"}) in at_enrol[1]  # what opens the page of settings, and no more
    assert frozenset({"password", "sms"}) in at_enrol[2]


def test_joiners_add_no_phone_and_keep_everything_else(walked):
    """One path closes; every other accepts what it accepted."""
    user = walked.tenant.somebody("standard", number=9)
    before = walked.tenant.accepted(every_path(user), walked.tenant.write_count)
    walked.tenant.join("joiners", user)
    after = walked.tenant.accepted(every_path(user), walked.tenant.write_count)
    walked.tenant.leave("joiners", user)
    changed = [
        (question["action"], question.get("method"), sides[1])
        for question, *sides in zip(every_path(user), before, after, strict=True)
        if sides[0] != sides[1]
    ]

    assert {("enrol", "sms", frozenset())} == set(changed)
