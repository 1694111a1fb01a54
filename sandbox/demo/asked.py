"""Without this file the demo would ask one person once: who is asked, what they hold, and claims about many."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo.claims import Claims
from sandbox.demo.crowd import APPS, AT_HOME, OPEN_CONTEXT, Person, Question, accepted, is_refused, read_crowd
from sandbox.demo.stage import Stage, StageFailed

SMS = ["password", "sms"]
ADMINS = "administrators-01"
STRONG = ("passkey_synced", "passkey_bound", "security_key", "fastpass")


@dataclass(slots=True)
class Asked:
    """The people of the sandbox, and questions about one or all of them."""

    stage: Stage
    claims: Claims
    say: Callable[[str], None]
    crowd: dict[str, Person] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)
    forecast: frozenset[str] = frozenset()

    def look_around(self) -> None:
        """Read who is there and what they were made with."""
        self.crowd = read_crowd(self.stage)
        self.holds = {person["id"]: person["methods"] for person in self.stage.control("GET", "/truth")}

    def of(self, cohort: str) -> frozenset[str]:
        """Return the ids of a cohort's people, as the population was made."""
        return frozenset(person.id for person in self.crowd.values() if person.cohort == cohort)

    def holder(self, cohort: str, method: str) -> Person:
        """Return somebody of a cohort who was made with a method."""
        for person in sorted(self.crowd.values(), key=lambda person: person.id):
            if person.cohort == cohort and method in self.holds[person.id]:
                return person
        raise StageFailed(f"nobody in {cohort} holds {method}")

    def only_totp(self, cohort: str) -> Person:
        """Return somebody whose only strong enough second factor today is TOTP, and who holds a phone too."""
        for person in sorted(self.crowd.values(), key=lambda person: person.id):
            held = set(self.holds[person.id])
            if person.cohort == cohort and "totp" in held and not held & set(STRONG):
                return person
        raise StageFailed(f"nobody in {cohort} has TOTP and nothing stronger")

    def some_of(self, cohort: str, count: int, *, without: set[str]) -> frozenset[str]:
        """Return the ids of some who hold a second factor that may bind a passkey, and none that is one."""
        able = [
            person.id
            for person in sorted(self.crowd.values(), key=lambda person: person.id, reverse=True)
            if person.cohort == cohort
            and person.id not in without
            and set(self.holds[person.id]) & {"totp", "app_code", "push", "sms", "voice"}
            and not set(self.holds[person.id]) & set(STRONG)
        ]
        return frozenset(able[:count])

    def sms_holder(self, cohort: str) -> Person:
        """Return somebody whose only second factor is SMS."""
        for person in sorted(self.crowd.values(), key=lambda person: person.id):
            if person.cohort == cohort and sorted(self.holds[person.id]) == SMS:
                return person
        raise StageFailed(f"nobody in {cohort} has SMS alone")

    def sign_in(self, person: Person, methods: list[str], app: str) -> Mapping[str, Any]:
        """Ask whether somebody gets into an app, from where that app lets people in."""
        question = {"idp": "okta", "user": person.id, "action": "sign-in", "app": app, "with": methods}
        return self.stage.ask([{**question, "context": dict(OPEN_CONTEXT[app])}])[0]

    def open_session(self, person: Person) -> str:
        """Sign somebody in with SMS and return the session."""
        body = {"idp": "okta", "user": person.id, "action": "sign-in", "with": SMS, "context": dict(AT_HOME)}
        return str(self.stage.control("POST", "/act", body)["session"])

    def enrol(self, people: frozenset[str], method: str) -> None:
        """Let everyone who may enrol do so; a supervised desk hands a key to those who hold nothing."""
        acts, desk = [], []
        for person in sorted(people):
            held = self.holds[person]
            if method in held:
                continue
            second = next(
                (found for found in ("totp", "app_code", "push", "sms", "voice", "fastpass") if found in held), None
            )
            if second is None:
                desk.append(person)
            else:
                shown = ["password", second]
                acts.append(
                    {
                        "idp": "okta",
                        "user": person,
                        "action": "enrol",
                        "method": method,
                        "with": shown,
                        "context": dict(AT_HOME),
                    }
                )
        answers = self.stage.control("POST", "/act/many", acts)
        failed = [answer for answer in answers if answer.get("outcome") != "allowed"]
        if failed:
            raise StageFailed(f"{len(failed)} of {len(acts)} could not enrol: {failed[0]}")
        for person in desk:
            kept = [{"method": held} for held in self.holds[person]]
            self.stage.control(
                "PUT", f"/people/{self.crowd[person].login}/methods", [*kept, {"method": "security_key"}]
            )
        self.say(
            f"   {len(acts)} people enrol a {method} with what they hold; {len(desk)} get a key at a supervised desk"
        )

    def forecast_was_right(self, people: frozenset[str]) -> None:
        """Ask everyone with what they held on the day of the forecast."""
        refused = set()
        for app in APPS:
            questions: list[Question] = [
                {
                    "idp": "okta",
                    "user": person,
                    "action": "sign-in",
                    "app": app,
                    "with": self.holds[person],
                    "holds": self.holds[person],
                    "context": dict(OPEN_CONTEXT[app]),
                }
                for person in sorted(people)
            ]
            for question, answer in zip(questions, self.stage.ask(questions), strict=True):
                if is_refused(answer, question["with"]):
                    refused.add(question["user"])
        named = self.forecast & people
        self.claims.prove(
            "3",
            f"ENFORCE refuses exactly the {len(named)} named, of {len(people)} asked at {len(APPS)} apps",
            expected=sorted(named),
            seen=sorted(refused),
        )

    def sms_is_refused(self, claim: str, people: frozenset[str]) -> None:
        """Ask everyone at every app with phone codes."""
        shown = [["password", "sms"], ["password", "voice"], ["password", "sms", "voice"]]
        wrong, count = [], 0
        for app in APPS:
            for methods in shown:
                base = {"idp": "okta", "action": "sign-in", "app": app, "with": methods, "holds": methods}
                questions = [{**base, "user": person, "context": dict(OPEN_CONTEXT[app])} for person in sorted(people)]
                answers = self.stage.ask(questions)
                count += len(answers)
                wrong += [
                    f"{q['user']} {app}" for q, a in zip(questions, answers, strict=True) if not is_refused(a, methods)
                ]
                wrong += [f"{app} accepts {sorted(s)}" for a in answers for s in accepted(a) if s & {"sms", "voice"}]
        self.claims.prove_none(claim, "SMS and voice are refused at every app", wrong, of=count)
        self.no_recovery_by_phone(claim, people)

    def no_recovery_by_phone(self, claim: str, people: frozenset[str]) -> None:
        """Ask everyone to recover and unlock by phone."""
        wrong, count = [], 0
        for action in ("recover", "unlock"):
            for method in ("sms", "voice"):
                base = {"idp": "okta", "action": action, "method": method, "with": [method], "context": dict(AT_HOME)}
                questions = [
                    {**base, "user": person, "holds": ["password", "sms", "voice"]} for person in sorted(people)
                ]
                answers = self.stage.ask(questions)
                count += len(answers)
                wrong += [
                    f"{q['user']} {action}"
                    for q, a in zip(questions, answers, strict=True)
                    if not is_refused(a, [method])
                ]
                wrong += [f"{action} accepts {sorted(s)}" for a in answers for s in accepted(a) if s & {"sms", "voice"}]
        self.claims.prove_none(claim, "no recovery or unlock by SMS or voice", wrong, of=count)

    def held_to_target(self, claim: str, people: frozenset[str], method: str) -> None:
        """Ask everyone at every app with the strong method that they hold now."""
        claim = "14" if claim == ADMINS else claim
        wrong, count = [], 0
        for app in APPS:
            base = {"idp": "okta", "action": "sign-in", "app": app, "context": dict(OPEN_CONTEXT[app])}
            questions = [{**base, "user": person, "with": ["password", *STRONG]} for person in sorted(people)]
            answers = self.stage.ask(questions)
            count += len(answers)
            wrong += [
                f"{q['user']} {app}: {a['outcome']}"
                for q, a in zip(questions, answers, strict=True)
                if a["outcome"] != "allowed"
            ]
        self.claims.prove_none(claim, f"a {method.replace('_', ' ')} or key is accepted at every app", wrong, of=count)

    def no_new_phone(self, claim: str, person: Person) -> None:
        """Ask to add a phone at sign-in and in settings."""
        base = {"idp": "okta", "user": person.id, "action": "enrol", "with": SMS, "context": dict(AT_HOME)}
        questions = [
            {**base, "method": method, "via": via} for method in ("sms", "voice") for via in ("sign-in", "settings")
        ]
        seen = [answer["accepted"] for answer in self.stage.ask(questions)]
        self.claims.prove(
            claim, "a new phone cannot be enrolled at sign-in or in settings", expected=[[]] * 4, seen=seen
        )

    def no_enrolment_by_sms(self, claim: str, people: frozenset[str]) -> None:
        """Ask everyone to add a passkey with a phone code."""
        wrong, count = [], 0
        for via in ("sign-in", "settings"):
            for method in STRONG:
                base = {
                    "idp": "okta",
                    "action": "enrol",
                    "method": method,
                    "via": via,
                    "with": SMS,
                    "context": dict(AT_HOME),
                }
                questions: list[Question] = [{**base, "user": person, "holds": SMS} for person in sorted(people)]
                answers = self.stage.ask(questions)
                count += len(answers)
                wrong += [str(q["user"]) for q, a in zip(questions, answers, strict=True) if not is_refused(a, SMS)]
        self.claims.prove_none(claim, "no passkey, key or FastPass can be enrolled with SMS", wrong, of=count)
