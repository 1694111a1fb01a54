"""Without this file each path would be guarded by hand: what a rule lets begin, and what it demands."""

from dataclasses import dataclass
from typing import Final

from sandbox.idp.judge.catalogue import KINDS, PHONES
from sandbox.idp.judge.clauses import Clause
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.situation import Chosen, Situation

ALLOW: Final = "ALLOW"


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be met before an operation, and who says so; `because` is set where nothing would open it."""

    clauses: tuple[Clause, ...] = ()
    decided: tuple[Chosen, ...] = ()
    because: str | None = None

    def and_then(self, other: "Gate") -> "Gate":
        """Return both gates as one; the first refusal stands."""
        if self.because is not None:
            return self
        decided = (*self.decided, *other.decided)
        return Gate((*self.clauses, *other.clauses), decided, other.because)


def session_gate(situation: Situation) -> Gate:
    """Return what the global session policy demands."""
    chosen = situation.session
    if chosen is None:
        return Gate(because="no global session rule applies")
    action = chosen[1].action("signon")
    match action.get("access", ALLOW):
        case "ALLOW":
            return Gate((chosen[1].for_session,), (chosen,))
        case "DENY":
            return Gate((), (chosen,), f"rule {chosen[1].name!r} of {chosen[0].name!r} denies access")
        case other:
            raise NotModelled(f"actions.signon.access {other!r}")


def access_gate(chosen: Chosen | None, what: str) -> Gate:
    """Return what a rule of an app sign-on or account-management policy demands."""
    if chosen is None:
        return Gate(because=f"no rule applies to {what}")
    match chosen[1].action("appSignOn").get("access", ALLOW):
        case "ALLOW":
            return Gate((chosen[1].for_app,), (chosen,))
        case "DENY":
            return Gate((), (chosen,), f"rule {chosen[1].name!r} of {chosen[0].name!r} denies {what}")
        case other:
            raise NotModelled(f"actions.appSignOn.access {other!r}")


def operation_gate(situation: Situation, operation: str, method: str | None) -> Gate:
    """Return what the account-management policy demands; a tenant that has none demands nothing by it."""
    if situation.tenant.account is None:
        return Gate()
    return access_gate(situation.account(operation, method), operation or "a change of contact")


def app_gate(situation: Situation, name: str | None) -> Gate:
    """Return what an app's sign-on policy demands."""
    app, chosen = situation.app(name)
    if app.get("status", "ACTIVE") != "ACTIVE":
        return Gate(because=f"the app {app.get('label')!r} is not active")
    return access_gate(chosen, f"sign-in to {app.get('label')!r}")


def settings_gate(situation: Situation) -> Gate:
    """Return what signing in to the settings page demands: a session, and the dashboard's own policy."""
    return session_gate(situation).and_then(app_gate(situation, None))


def enrolment_gate(situation: Situation, method: str, via: str) -> Gate:
    """Return what must be met before *method* is enrolled by the way *via*."""
    if not situation.tenant.is_active(method):
        return Gate(because=f"the authenticator for {method} is not active")
    permit = _permitted(situation, method, via)
    if permit.because is not None:
        return permit
    # The end-user phone API is outside the account-management policy: the known hole.
    if via == "end-user-api" and method in PHONES:
        return settings_gate(situation)
    gate = operation_gate(situation, "enroll", method)
    return gate.and_then(session_gate(situation) if via == "sign-in" else settings_gate(situation))


def _permitted(situation: Situation, method: str, via: str) -> Gate:
    chosen, key = situation.enrolment, KINDS[method].key
    if via == "sign-in" and method in PHONES and _recovery_names_phone(situation):
        return Gate()
    if chosen is None:
        return Gate() if key == "okta_password" else Gate(because="no enrolment rule applies")
    policy, rule = chosen
    if not situation.lets(method):
        return Gate((), (chosen,), f"enrolment policy {policy.name!r} does not allow {key}")
    if ((rule.action("enroll") or {}).get("self")) == "NEVER":
        return Gate((), (chosen,), f"rule {rule.name!r} of {policy.name!r} denies enrolment")
    constraints = (policy.enrolment.get(key) or {}).get("constraints") or {}
    if constraints.get("aaguidGroups"):
        raise NotModelled(f"settings.authenticators[{key}].constraints.aaguidGroups")
    return Gate()


def _recovery_names_phone(situation: Situation) -> bool:
    """Tell whether a LEGACY password rule prompts for a phone, which no enrolment policy can forbid."""
    if situation.password is None:
        return False
    reset = situation.password[1].action("selfServicePasswordReset")
    requirement = reset.get("requirement") or {}
    named = (requirement.get("primary") or {}).get("methods") or ()
    return (
        reset.get("access") == ALLOW and requirement.get("accessControl") == "LEGACY" and not PHONES.isdisjoint(named)
    )
