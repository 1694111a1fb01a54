"""Without this file people would move and nothing would wait: gates, the desk, the carried-over, exceptions, phones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.demo.asked import STRONG, Asked
from sandbox.demo.claims import Claims
from sandbox.demo.crowd import APPS, AT_HOME, AT_THE_DESK, OPEN_CONTEXT, Person, accepted, is_refused
from sandbox.demo.signers import STRANGER, Signers
from sandbox.demo.stage import Stage

WEAKER = ("sms", "voice", "email", "question", "totp", "app_code", "push")
TOTP = ["password", "totp"]


@dataclass(slots=True)
class Safeguards:
    """What keeps a programme safe while people move; each act types commands and asks the provider."""

    stage: Stage
    claims: Claims
    asked: Asked
    signers: Signers
    excused: Person | None = None
    session: str = ""
    key: str = ""
    forecast: frozenset[str] = frozenset()

    @property
    def excused_id(self) -> str:
        """The account of the excused, or nobody's."""
        return self.excused.id if self.excused else ""

    def later(self, *, hours: float = 0, days: float = 0) -> None:
        """Let time pass, and the scheduler tick as it would have."""
        self.stage.control("POST", "/clock", {"advance": int((hours + 24 * days) * 3600)})
        self.stage.run("offramp", "tick", quiet=True)

    # The desk.

    def nobody_enrols_alone(self, people: frozenset[str]) -> None:
        """An administrator tries to bind a passkey: at home, and at the desk without having been let in."""
        asked = [
            {**self._enrolment(person, self._shown(person)), "context": context}
            for person in sorted(people)
            for context in (dict(AT_HOME), dict(AT_THE_DESK))
        ]
        answers = self.stage.ask(asked)
        wrong = [
            f"{question['user']} from {question['context']['ip']}"
            for question, answer in zip(asked, answers, strict=True)
            if answer["outcome"] == "allowed"
        ]
        self.claims.prove_none(
            "18", "no administrator binds a passkey without the desk's membership", wrong, of=len(asked)
        )

    def desk(self, wave: str, people: frozenset[str]) -> None:
        """Ask for the desk for a wave, let two people sign, bind a passkey there, and see it close."""
        until = (self.stage.now() + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%S")
        words = ["bootstrap", "request", "--wave", wave, "--until", until, "--owner", "k.brown"]
        key = self._requested(words)
        self.approve("bootstrap", key, "r.lee")
        half = self.stage.ask(
            [{**self._enrolment(person, ["password"]), "context": dict(AT_THE_DESK)} for person in sorted(people)]
        )
        self.claims.prove(
            "18", "one approval lets nobody in", expected=0, seen=sum(a["outcome"] == "allowed" for a in half)
        )
        self.approve("bootstrap", key, "m.ito")
        inside = set(self._shown_exception("bootstrap", key)["accounts"])
        away = self.stage.ask(
            [{**self._enrolment(person, ["password"]), "context": dict(AT_HOME)} for person in sorted(inside)]
        )
        self.claims.prove_none(
            "18",
            "from home the membership opens nothing",
            [a["because"] for a in away if a["outcome"] == "allowed"],
            of=len(away),
        )
        acts = [{**self._enrolment(person, ["password"]), "context": dict(AT_THE_DESK)} for person in sorted(inside)]
        bound = self.stage.control("POST", "/act/many", acts)
        failed = [answer["because"] for answer in bound if answer["outcome"] != "allowed"]
        self.claims.prove_none("18", "at the desk, inside its dates, a password binds a passkey", failed, of=len(bound))
        others = [
            {**self._enrolment(person, ["password"], method), "context": dict(AT_THE_DESK)}
            for person in sorted(inside)
            for method in ("sms", "totp", "push")
        ]
        weak = [
            q["method"] for q, a in zip(others, self.stage.ask(others), strict=True) if not is_refused(a, ["password"])
        ]
        self.claims.prove_none("18", "and nothing but a passkey", weak, of=len(others))
        self.later(hours=7)
        after = [{**self._enrolment(person, ["password"]), "context": dict(AT_THE_DESK)} for person in sorted(inside)]
        late = [q["user"] for q, a in zip(after, self.stage.ask(after), strict=True) if not is_refused(a, ["password"])]
        self.claims.prove_none("18", "after its dates the desk is closed", late, of=len(after))

    def _enrolment(self, person: str, shown: Sequence[str], method: str = "passkey_bound") -> dict[str, Any]:
        return {"idp": "okta", "user": person, "action": "enrol", "method": method, "with": list(shown)}

    def _shown(self, person: str) -> list[str]:
        return [method for method in self.asked.holds[person] if method not in STRONG]

    # Gates.

    def unknown_gate(self, wave: str, advance: Sequence[str]) -> None:
        """Nobody has signed in with a strong method yet: the gate does not know, and nothing moves."""
        checked = self.stage.run(
            "offramp", "gate", "check", wave, "--to", "ENFORCE", "--json", expect=(1,), quiet=True
        ).document
        verdicts = {verdict["gate"]: verdict["outcome"] for verdict in checked["verdicts"]}
        self.claims.prove(
            "15",
            "without an observed sign-in the gate is UNKNOWN",
            expected="UNKNOWN",
            seen=verdicts.get("strong-sign-ins"),
        )
        first = self.stage.last_write()
        refused = self.stage.run("offramp", *advance, "--execute", "--apply", expect=(1,))
        self.claims.prove("15", "the refusal says so", expected=True, seen="UNKNOWN" in refused.err)
        self.claims.prove("15", "and nothing moves", expected=0, seen=len(self.stage.writes(first)))

    def failed_gate(self, wave: str, advance: Sequence[str], *, gate: str) -> None:
        """A gate that fails holds the lane, with its reason, until it passes."""
        first = self.stage.last_write()
        self.stage.run("offramp", *advance, "--execute", "--apply", expect=(1,))
        lanes = self.stage.run("offramp", "wave", "list", "--json", quiet=True).document["waves"]
        because = next(lane["held_because"] for lane in lanes if lane["key"] == wave)
        self.claims.prove(
            "16",
            "the lane is held, and the reason names the gate",
            expected=True,
            seen=bool(because) and gate in because,
        )
        self.claims.prove("16", "and nothing moves", expected=0, seen=len(self.stage.writes(first)))

    def sign_in(self, people: frozenset[str], methods: Sequence[str] = STRONG) -> None:
        """Let everyone who holds a strong method sign in with it once."""
        held = {login: self._held(login) for login in sorted(people)}
        acts = []
        for person, holds in held.items():
            strong = next((method for method in methods if method in holds), None)
            if strong:
                acts.append(
                    {
                        "idp": "okta",
                        "user": person,
                        "action": "sign-in",
                        "app": APPS[0],
                        "with": ["password", strong],
                        "context": dict(OPEN_CONTEXT[APPS[0]]),
                    }
                )
        self.stage.control("POST", "/act/many", acts)

    def _held(self, person: str) -> set[str]:
        dialect = {"webauthn": "passkey", "signed_nonce": "fastpass"}
        factors = self.stage.console("GET", f"/api/v1/users/{person}/factors")
        names = {"iCloud Keychain": "passkey_synced", "Touch ID": "passkey_bound", "YubiKey 5 Series": "security_key"}
        found = set()
        for factor in factors:
            if factor["factorType"] == "webauthn":
                found.add(names.get(factor["profile"]["authenticatorName"], "security_key"))
            else:
                found.add(dialect.get(factor["factorType"], factor["factorType"]))
        return found

    # Who does not come along.

    def carried_over(self, wave: str, move: dict[str, Any]) -> None:
        """They can still sign in as before, are named with reason and date, and the next wave has them."""
        carried = move["carried"]
        self.claims.prove(
            "17",
            "somebody is carried over, each with a reason and a wave that has a date",
            expected=True,
            seen=bool(carried)
            and all(one["because"] and one["wave"] for one in carried)
            and bool(move["carry_wave"]["enrol_on"]),
        )
        wrong = []
        for app in APPS:
            asked = []
            for one in carried:
                person = one["account"]
                asked.append(
                    {
                        "idp": "okta",
                        "user": person,
                        "action": "sign-in",
                        "app": app,
                        "with": self.asked.holds[person],
                        "context": dict(OPEN_CONTEXT[app]),
                    }
                )
            wrong += [
                f"{q['user']} {app}"
                for q, a in zip(asked, self.stage.ask(asked), strict=True)
                if is_refused(a, q["with"])
            ]
        self.claims.prove_none(
            "17", f"the carried-over of {wave} sign in as before", wrong, of=len(carried) * len(APPS)
        )
        stuck = self.stage.run("offramp", "wave", "stuck", move["carry_wave"]["key"], "--json", quiet=True).document
        self.claims.prove(
            "17",
            "the next wave has exactly them",
            expected=sorted(one["account"] for one in carried),
            seen=sorted(one["account_id"] for one in stuck["people"]),
        )

    # Rehearsal.

    def rehearse(self, wave: str, behind: frozenset[str]) -> None:
        """Whom ENFORCE would refuse, from what people hold, how they signed in, and what the canary's policy says."""
        told = self.stage.run("offramp", "wave", "rehearsal", wave, "--json").document
        self.forecast = frozenset(one["account_id"] for one in told["refused"])
        self.claims.prove(
            "25",
            "the rehearsal names exactly those who enrolled nothing",
            expected=sorted(behind),
            seen=sorted(self.forecast),
        )

    def rehearsal_was_right(self, move: dict[str, Any], behind: frozenset[str]) -> None:
        """ENFORCE carries over whom the rehearsal named, and would have refused every one of them."""
        carried = {one["account"] for one in move["carried"]}
        self.claims.prove(
            "25",
            "ENFORCE carries over exactly whom the rehearsal named",
            expected=sorted(self.forecast),
            seen=sorted(carried),
        )
        outputs = json.loads(self.stage.run("pulumi", "stack", "output", "--json", quiet=True).out)
        group = outputs["sets"]["slot-1"]["group"]
        asked = [
            {
                "idp": "okta",
                "user": person,
                "action": "sign-in",
                "app": app,
                "with": self.asked.holds[person],
                "context": dict(OPEN_CONTEXT[app]),
                "assume": {f"/api/v1/groups/{group}/users/{person}": {}},
            }
            for person in sorted(behind)
            for app in APPS
        ]
        let_in = [
            str(q["user"]) for q, a in zip(asked, self.stage.ask(asked), strict=True) if not is_refused(a, q["with"])
        ]
        self.claims.prove_none("25", "each of them would have been refused at every app", let_in, of=len(asked))

    # Exceptions.

    def excuse(self, person: Person) -> None:
        """Ask for a dated TOTP; the requester's own yes and a forged one are refused; two signatures let them in."""
        self.excused = person
        until = (self.stage.now() + timedelta(days=9)).strftime("%Y-%m-%d")
        words = [
            "exception",
            "request",
            "--class",
            "dated-totp",
            "--person",
            person.id,
            "--reason",
            "a scanner takes no key",
        ]
        words += ["--control", "sign-ins are reviewed every day", "--owner", "k.brown", "--until", until]
        self.key = self._requested(words)
        text = self.stage.run("offramp", "exception", "show", self.key, "--request", quiet=True).out
        own = self.stage.run(
            "offramp",
            "exception",
            "approve",
            self.key,
            "--as",
            "platform-team",
            "--execute",
            "--expect",
            "0",
            expect=(1,),
        )
        self.claims.prove("19", "the requester's own approval is refused", expected=True, seen="refused" in own.err)
        forged = self.signers.sign(STRANGER, text)
        refused = self.stage.run(
            "offramp",
            "exception",
            "approve",
            self.key,
            "--as",
            "r.lee",
            "--signature",
            str(forged),
            "--execute",
            expect=(1,),
        )
        self.claims.prove("19", "a forged signature is refused", expected=True, seen="signature" in refused.err)
        self.approve("exception", self.key, "r.lee")
        self.approve("exception", self.key, "m.ito")

    def is_excused(self) -> None:
        """The excused person signs in with the class's method, and neither recovers nor enrols anything weaker."""
        person = self.excused
        if person is None:
            return
        seen = [self.asked.sign_in(person, TOTP, app)["outcome"] for app in APPS]
        self.claims.prove("19", "password and TOTP sign in at every app", expected=["allowed"] * len(APPS), seen=seen)
        sms = [is_refused(self.asked.sign_in(person, ["password", "sms"], app), ["password", "sms"]) for app in APPS]
        self.claims.prove("19", "SMS does not", expected=[True] * len(APPS), seen=sms)
        base = {"idp": "okta", "user": person.id, "context": dict(AT_HOME), "with": TOTP}
        recovering = [
            {**base, "action": action, "method": method}
            for action in ("recover", "unlock")
            for method in ("sms", "voice", "email")
        ]
        enrolling = [
            {**base, "action": "enrol", "method": method, "via": via}
            for method in WEAKER
            for via in ("sign-in", "settings")
        ]
        asked = [*recovering, *enrolling]
        wrong = [
            f"{q['action']} {q['method']}"
            for q, a in zip(asked, self.stage.ask(asked), strict=True)
            if not is_refused(a, TOTP) or any(not s & set(STRONG) for s in accepted(a))
        ]
        self.claims.prove_none("19", "nothing is recovered or enrolled with it", wrong, of=len(asked))
        body = {
            "idp": "okta",
            "user": person.id,
            "action": "sign-in",
            "app": APPS[0],
            "with": TOTP,
            "context": dict(AT_HOME),
        }
        self.session = str(self.stage.control("POST", "/act", body)["session"])

    def its_end(self) -> None:
        """The end comes, a tick carries it out: the method is refused and the live session is gone."""
        person = self.excused
        if person is None:
            return
        self.later(days=3)
        told = self._shown_exception("exception", self.key)
        self.claims.prove("20", "its end is announced ahead", expected=True, seen=bool(told["warned_at"]))
        self.later(days=7)
        seen = [is_refused(self.asked.sign_in(person, TOTP, app), TOTP) for app in APPS]
        self.claims.prove(
            "20", "after its end and a tick TOTP is refused at every app", expected=[True] * len(APPS), seen=seen
        )
        live = self.stage.pages(f"/api/v1/users/{person.id}/factors")
        self.claims.prove(
            "20", "the credential is gone", expected=[], seen=[f["id"] for f in live if f["provider"] == "GOOGLE"]
        )
        question = {
            "idp": "okta",
            "user": person.id,
            "action": "reuse-session",
            "session": self.session,
            "app": APPS[0],
            "context": dict(AT_HOME),
        }
        answer = self.stage.ask([question])[0]
        self.claims.prove("20", "the live session is gone", expected=False, seen=answer["outcome"] == "allowed")

    # What is typed.

    def _requested(self, words: Sequence[str]) -> str:
        digest = self.stage.run("offramp", *words, "--json", quiet=True).document["digest"]
        done = self.stage.run("offramp", *words, "--execute", "--expect", digest[:16], "--json").document
        return str(done["body"]["key"])

    def approve(self, noun: str, key: str, name: str) -> None:
        """Sign the exact request as somebody, and hand it in."""
        text = self.stage.run("offramp", noun, "show", key, "--request", quiet=True).out
        signature = self.signers.sign(name, text)
        self.stage.run("offramp", noun, "approve", key, "--as", name, "--signature", str(signature), "--execute")

    def _shown_exception(self, noun: str, key: str) -> dict[str, Any]:
        shown = self.stage.run("offramp", noun, "show", key, "--json", quiet=True).document
        found: dict[str, Any] = shown["exception"]
        return found
