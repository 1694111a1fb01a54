"""Without this file the demo would have no road: from an export to two waves moved, one of them back and again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo import furnish, vendor
from sandbox.demo.aside import Aside
from sandbox.demo.asked import SMS, Asked
from sandbox.demo.claims import Claims
from sandbox.demo.crowd import APPS, AT_HOME, OPEN_CONTEXT, is_refused
from sandbox.demo.door import Door
from sandbox.demo.records import Records
from sandbox.demo.rounds import Rounds
from sandbox.demo.safeguards import Safeguards
from sandbox.demo.signers import Signers
from sandbox.demo.stage import Stage

REPORT = "var/report.html"
ADMINS, STANDARD = "administrators-01", "standard-01"
EXPORT = "var/export"
LEFT_BEHIND = 10


@dataclass(slots=True)
class Story:
    """Every act in order; each types real commands and asks the provider what they did."""

    stage: Stage
    claims: Claims
    say: Callable[[str], None]
    aside: Aside
    theirs: vendor.Objects = field(default_factory=dict)
    shifts: list[dict[str, Any]] = field(default_factory=list)
    rounds: Rounds = field(init=False)
    asked: Asked = field(init=False)
    guards: Safeguards = field(init=False)
    behind: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.rounds = Rounds(self.stage, self.claims)
        self.asked = Asked(self.stage, self.claims, self.say)
        self.guards = Safeguards(self.stage, self.claims, self.asked, Signers(self.stage))

    def tell(self) -> None:
        """Walk the road, while commands die beside it."""
        self.aside.begin()
        self.before()
        self.provision()
        self.administrators()
        self.standard_enrol()
        self.standard_rehearse()
        self.standard_enforce()
        self.console_edit()
        self.standard_back_and_again()
        self.one_way()
        self.theirs_stayed()
        self.killed()
        self.same_calls()
        self.records()
        self.title("law 6, after every write of the whole road")
        self.rounds.settle()

    # The road.

    def before(self) -> None:
        """Export, classify, seal; and what is true today."""
        self.title("before: what is there today")
        furnish.clear_calendar(self.stage.project, self.stage.now().date())
        furnish.name_tickets(self.stage.project)
        self.guards.signers.set_up()
        furnish.count_tickets(self.stage.project, self.stage.now())
        self.stage.run("pulumi", "stack", "init", "okta-sandbox")
        self.asked.look_around()
        self.theirs = vendor.read_objects(self.stage)
        self.stage.run("offramp", "doctor")
        self.seal()
        self.stage.run("offramp", "baseline", "diff")
        somebody = self.asked.sms_holder("standard")
        answer = self.asked.sign_in(somebody, SMS, "Okta Dashboard")
        self.claims.prove("1", "a standard person signs in with SMS", expected="allowed", seen=answer["outcome"])

    def provision(self) -> None:
        """Plan the waves; create what is ours, empty."""
        self.title("plan and provision")
        proposal = self.stage.run("offramp", "plan", "propose", "--json").document
        self.shifts = proposal["shifts"]
        emergency = frozenset(person.id for person in self.asked.crowd.values() if person.cohort == "break-glass")

        def act() -> None:
            self.stage.run("offramp", "plan", "propose", "--execute", "--apply", "--expect", proposal["digest"][:16])

        self.rounds.around("provision", act, moving=emergency, provisions=True)
        self.stage.run("offramp", "wave", "list")

    def administrators(self) -> None:
        """Ten administrators: the desk, gates, ENFORCE, home."""
        self.title("ten administrators")
        people = self.asked.of("administrators")
        self.step("administrators ENROL", ["wave", "advance", ADMINS, "--lane", "okta"], people)
        self.guards.nobody_enrols_alone(people)
        self.guards.desk(ADMINS, people)
        self.seal()
        enforce = ["wave", "advance", ADMINS, "--lane", "okta", "--to", "ENFORCE"]
        self.guards.unknown_gate(ADMINS, enforce)
        self.guards.sign_in(people)
        self.guards.later(days=1)
        self.seal()
        self.step("administrators ENFORCE", enforce, people)
        self.asked.sms_is_refused("4", people)
        self.asked.held_to_target("4", people, "passkey_bound")
        holder = self.asked.holder("administrators", "totp")
        coder = self.asked.holder("administrators", "app_code")
        for person, method in ((holder, "totp"), (coder, "app_code")):
            refused = [
                is_refused(self.asked.sign_in(person, ["password", method], app), ["password", method]) for app in APPS
            ]
            self.claims.prove("4", f"an administrator's {method} is refused", expected=[True] * 3, seen=refused)
        self.settle_home("administrators", ADMINS, people)
        self.asked.held_to_target("administrators-01", people, "passkey_bound")

    def settle_home(self, cohort: str, wave: str, people: frozenset[str]) -> None:
        """Let a day pass on which everybody signs in and nobody calls, then bring them home."""
        self.guards.sign_in(people)
        self.guards.later(days=1)
        furnish.count_tickets(self.stage.project, self.stage.now())
        self.step(f"{cohort} settle", ["wave", "settle", wave, "--lane", "okta"], people)

    def standard_enrol(self) -> None:
        """Three hundred standard staff into ENROL, the pipeline's way: publish, pulumi up, confirm."""
        self.title("three hundred standard staff: ENROL")
        people = self.asked.of("standard")
        advance = ["wave", "advance", STANDARD, "--lane", "okta"]
        enforce = [*advance, "--to", "ENFORCE"]
        digest = self.stage.run("offramp", *advance, "--json").document["digest"]

        def act() -> None:
            self.stage.run("offramp", *advance, "--execute", "--expect", digest[:16])
            self.stage.run("pulumi", "up", "--yes")
            confirm = ["wave", "confirm", STANDARD]
            shown = self.stage.run("offramp", *confirm, "--json", quiet=True).document["digest"]
            self.stage.run("offramp", *confirm, "--execute", "--expect", shown[:16])

        self.rounds.around("standard ENROL", act, moving=people)
        somebody = self.asked.sms_holder("standard")
        self.claims.prove(
            "2",
            "SMS still signs in",
            expected="allowed",
            seen=self.asked.sign_in(somebody, SMS, "Okta Dashboard")["outcome"],
        )
        base = {"idp": "okta", "user": somebody.id, "action": "enrol", "with": SMS, "context": dict(AT_HOME)}
        passkey = self.stage.ask([{**base, "method": "passkey_synced"}])[0]
        self.claims.prove(
            "2", "a passkey is enrolled with the current factor", expected="allowed", seen=passkey["outcome"]
        )
        self.asked.no_new_phone("2", somebody)
        api = self.stage.ask([{**base, "method": "voice", "via": "end-user-api"}])[0]
        self.claims.prove(
            "2", "by the end-user API a phone is: guarded, not closed", expected="allowed", seen=api["outcome"]
        )
        self.seal()
        found = self.stage.run("offramp", "wave", "stuck", STANDARD, "--json").document
        self.asked.forecast = frozenset(person["account_id"] for person in found["people"])
        self.claims.prove("3", "at least 20 people are named", expected=True, seen=len(self.asked.forecast) >= 20)  # noqa: PLR2004
        refused = self.stage.run("offramp", *enforce, expect=(1,))
        named = str(len(self.asked.forecast)) in refused.err and "offramp" in refused.err
        self.claims.prove("3", "advance is refused, names how many and what to type", expected=True, seen=named)
        self.guards.failed_gate(STANDARD, enforce, gate="enrolled-share")

    def standard_rehearse(self) -> None:
        """All but ten enrol; one of them is excused; and what ENFORCE will do is seen before it does."""
        self.title("three hundred standard staff: REHEARSE")
        people = self.asked.of("standard")
        excused = self.asked.only_totp("standard")
        self.behind = self.asked.some_of("standard", LEFT_BEHIND, without={excused.id})
        self.asked.enrol(people - self.behind - {excused.id}, "passkey_synced")
        self.guards.sign_in(people)
        self.guards.later(days=1)
        self.seal()
        self.guards.excuse(excused)
        self.step("standard REHEARSE", ["wave", "advance", STANDARD, "--lane", "okta", "--to", "REHEARSE"], people)
        self.guards.rehearse(STANDARD, self.behind)
        self.guards.later(days=1)

    def standard_enforce(self) -> None:
        """ENFORCE; and what it refuses is what the forecast said."""
        self.title("three hundred standard staff: ENFORCE")
        everybody = self.asked.of("standard")
        people = everybody - self.behind
        session = self.asked.open_session(self.asked.sms_holder("standard"))
        self.seal()
        move = self.step(
            "standard ENFORCE", ["wave", "advance", STANDARD, "--lane", "okta", "--to", "ENFORCE"], everybody
        )
        self.guards.rehearsal_was_right(move, self.behind)
        self.guards.carried_over(STANDARD, move)
        self.guards.is_excused()
        self.asked.forecast_was_right(people - {self.guards.excused_id})
        self.asked.sms_is_refused("4", people)
        self.asked.held_to_target("4", people - {self.guards.excused_id}, "passkey_synced")
        again = self.stage.ask(
            [
                {
                    "idp": "okta",
                    "user": self.asked.sms_holder("standard").id,
                    "action": "reuse-session",
                    "session": session,
                    "app": app,
                    "context": dict(OPEN_CONTEXT[app]),
                }
                for app in APPS
            ]
        )
        self.claims.prove(
            "4",
            "a session opened with SMS must step up at its next app",
            expected=["must-step-up"] * 3,
            seen=[answer["outcome"] for answer in again],
        )
        self.asked.no_enrolment_by_sms("5", people)

    def console_edit(self) -> None:
        """Somebody edits a rule of ours in the console."""
        self.title("an edit in the console")
        self.rounds.wait_for_preview()
        outputs = json.loads(self.stage.run("pulumi", "stack", "output", "--json", quiet=True).out)
        rule_id = outputs["sets"]["slot-1"]["slot-1 sign-in payroll"]
        policy = next(
            found for key, found in self.theirs.items() if key.startswith("policy ") and found["name"] == "Payroll"
        )
        path = f"/api/v1/policies/{policy['id']}/rules/{rule_id}"
        ours = self.stage.console("GET", path)
        edited = json.loads(json.dumps(ours))
        edited["actions"]["appSignOn"]["verificationMethod"]["factorMode"] = "1FA"
        self.stage.console("PUT", path, edited)
        status = self.stage.run("offramp", "wave", "status", STANDARD, expect=(4,))
        named = "slot-1 sign-in payroll" in status.err and "factorMode" in status.err
        self.claims.prove("12", "wave status names rule and field", expected=True, seen=named)
        preview = self.stage.run("pulumi", "preview", "--refresh", "--diff", expect=(0,), quiet=True)
        named = "slot-1 sign-in payroll" in preview.out + preview.err and "factorMode" in preview.out + preview.err
        self.claims.prove("12", "pulumi preview --refresh names rule and field", expected=True, seen=named)
        self.stage.console("PUT", path, ours)

    def standard_back_and_again(self) -> None:
        """Back to RELAXED, forward again, and home."""
        self.title("back to RELAXED")
        people = self.asked.of("standard") - self.behind
        back = ["wave", "rollback", STANDARD, "--lane", "okta", "--approved-by", "m.ito"]
        self.step("standard RELAXED", back, people)
        somebody = self.asked.sms_holder("standard")
        again = [self.asked.sign_in(somebody, SMS, app)["outcome"] for app in APPS]
        self.claims.prove("8", "SMS signs in again at every app", expected=["allowed"] * 3, seen=again)
        self.asked.no_recovery_by_phone("8", people)
        self.asked.no_new_phone("8", somebody)
        self.asked.no_enrolment_by_sms("8", people)
        self.title("forward again, and home")
        self.step("standard ENFORCE again", ["wave", "advance", STANDARD, "--lane", "okta"], people)
        self.settle_home("standard", STANDARD, people)
        self.asked.sms_is_refused("14", people)
        self.asked.held_to_target("14", people - {self.guards.excused_id}, "passkey_synced")
        lanes = self.stage.run("offramp", "wave", "list", "--json", quiet=True).document["waves"]
        homes = {lane["key"]: lane["home"] for lane in lanes if lane["home"]}
        expected = {ADMINS: "home-administrators", STANDARD: "home-standard"}
        self.claims.prove("14", "both waves live in their homes", expected=expected, seen=homes)

    def killed(self) -> None:
        """What went on beside the road, on a tenant of its own."""
        self.title("a process that dies at every kind of moment (told meanwhile, on a second sandbox)")
        self.aside.wait(self.say, self.claims)

    def one_way(self) -> None:
        """The phones of the settled wave go; then the exception ends."""
        self.title("the one-way door, and the end of an exception")
        people = self.asked.of("standard") - self.behind
        self.seal()
        Door(self.stage, self.claims, self.guards.signers).retire(STANDARD, people)
        self.guards.its_end()

    def theirs_stayed(self) -> None:
        """Nothing of theirs changed but the priorities that the plan listed."""
        now = vendor.read_objects(self.stage)
        self.claims.prove_none(
            "13", "theirs, field by field", vendor.differences(self.theirs, now), of=len(self.theirs)
        )
        listed = {shift["object_id"]: (shift["before"], shift["after"]) for shift in self.shifts}
        self.claims.prove("13", "priorities", expected=listed, seen=vendor.shifted(self.theirs, now))

    def same_calls(self) -> None:
        """Both waves leased the same slot, so the same transition sent the same calls, for 10 people and for 300."""
        shapes = self.rounds.shapes
        ours, others = shapes["administrators settle"], shapes["standard settle"]
        self.claims.prove("11", f"settle: the same {len(ours)} calls for both waves", expected=ours, seen=others)
        many = vendor.named(shapes["standard ENROL"], vendor.names(vendor.read_objects(self.stage)))
        few = self.aside.enrolment
        self.claims.prove(
            "11", f"ENROL: the same {len(many)} calls for 300 people, and for fewer elsewhere", expected=many, seen=few
        )
        self.claims.prove("11", "and they are not empty", expected=True, seen=all((ours, many)))

    def records(self) -> None:
        """What is written down: the report's counts, and a ledger that shows who touched it."""
        self.title("report and record")
        self.seal()
        self.stage.run("offramp", "ledger", "verify")
        self.stage.run("offramp", "report", "show", "--html", REPORT, "--csv", "var/report.csv")
        records = Records(self.stage, self.claims)
        records.counts()
        records.tamper()

    # What is typed.

    def title(self, text: str) -> None:
        """Begin an act."""
        self.say(f"\n── {text} " + "─" * max(0, 76 - len(text)))

    def later(self, hours: int) -> None:
        """Let time pass."""
        self.stage.control("POST", "/clock", {"advance": hours * 3600})

    def step(self, name: str, words: list[str], people: frozenset[str]) -> dict[str, Any]:
        """Show a move, then do exactly what was shown, engine included; return what was shown."""
        shown = self.stage.run("offramp", *words, "--json").document
        digest = shown["digest"]

        def act() -> None:
            self.stage.run("offramp", *words, "--execute", "--apply", "--expect", digest[:16])

        self.rounds.around(name, act, moving=people)
        return shown

    def seal(self) -> None:
        """Export the tenant, an hour later, and keep what it says."""
        self.later(1)
        self.stage.run("offramp", "cohort", "pull", EXPORT, "--execute", quiet=True)
        self.stage.run("offramp", "cohort", "seal", EXPORT, "--execute")
