"""Without this file every test of the judge would spell out a whole tenant in the vendor's shapes."""

from datetime import UTC, datetime
from typing import Any

from sandbox.idp.judge.okta import answer
from sandbox.idp.state import World

Json = dict[str, Any]
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
CORPORATE, OUTSIDE, BLOCKED = "203.0.113.7", "192.0.2.10", "198.51.100.9"
DEFAULT_HELD = ("password", "sms")
KEYS = {
    "okta_password": ("password", ["password"]),
    "okta_email": ("email", ["email"]),
    "phone_number": ("phone", ["sms", "voice"]),
    "okta_verify": ("app", ["push", "totp", "signed_nonce"]),
    "webauthn": ("security_key", ["webauthn"]),
    "security_question": ("security_question", ["security_question"]),
    "google_otp": ("app", ["otp"]),
}
PHISHING_RESISTANT = {
    "possession": {"required": True, "phishingResistant": "REQUIRED", "userPresence": "REQUIRED"},
}
NO_PHONE = {
    "possession": {
        "required": False,
        "excludedAuthenticationMethods": [
            {"key": "phone_number", "method": "sms"},
            {"key": "phone_number", "method": "voice"},
        ],
    },
}


def assurance(factors: int = 2, *constraints: Json, **more: Any) -> Json:
    """Return the app sign-on action that allows with *factors* and one of *constraints*."""
    method = {"type": "ASSURANCE", "factorMode": f"{factors}FA", "reauthenticateIn": "PT12H", **more}
    if constraints:
        method["constraints"] = list(constraints)
    return {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}


def chain(*steps: str, **more: Any) -> Json:
    """Return the app sign-on action with one chain of `key/method` steps."""
    link: Json = {}
    for step in reversed(steps):
        key, _, method = step.partition("/")
        link = {
            "authenticationMethods": [{"key": key, "method": method}],
            **({"next": [link]} if link else {}),
        }
    verification = {"type": "AUTH_METHOD_CHAIN", "chains": [link], "reauthenticateIn": "PT12H", **more}
    return {"appSignOn": {"access": "ALLOW", "verificationMethod": verification}}


DENY = {"appSignOn": {"access": "DENY"}}


def session(**more: Any) -> Json:
    """Return the sign-on action of a global session rule."""
    minutes = {"maxSessionLifetimeMinutes": 720, "maxSessionIdleMinutes": 120, "usePersistentCookie": False}
    action = {"access": "ALLOW", "primaryFactor": "PASSWORD_IDP_ANY_FACTOR", "requireFactor": False}
    return {"signon": {**action, "session": minutes, **more}}


def legacy(*methods: str, step_up: Json | None = None, access: str = "ALLOW", unlock: str = "ALLOW") -> Json:
    """Return the actions of a password rule that decides by its own list."""
    requirement = {
        "accessControl": "LEGACY",
        "primary": {"methods": list(methods)},
        "stepUp": step_up or {"required": False},
    }
    return {
        "passwordChange": {"access": "ALLOW"},
        "selfServicePasswordReset": {"access": access, "requirement": requirement},
        "selfServiceUnlock": {"access": unlock},
    }


def by_policy() -> Json:
    """Return the actions of a password rule that leaves it to the account-management policy."""
    actions = legacy()
    actions["selfServicePasswordReset"]["requirement"]["accessControl"] = "AUTH_POLICY"
    return actions


class Tenant:
    """A tenant being described; every object has the vendor's shape."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, Any]] = {}
        self.count = 0
        for key, (kind, methods) in KEYS.items():
            recovery = key in {"okta_email", "security_question"}
            settings = {"allowedFor": "recovery" if recovery else "any"}
            self.put("authenticators", key, key=key, type=kind, status="ACTIVE", name=key, settings=settings)
            for method in methods:
                self.method(key, method)
        self.zone("corporate", "203.0.113.0/24")
        self.zone("blocked", "198.51.100.0/24")
        self.enrolment("Default Policy", {}, system=True)
        self.policy("OKTA_SIGN_ON", "Default Session", system=True)
        self.rule("Default Session", "Session Rule", session(), system=True)
        self.policy("PASSWORD", "Default Password", system=True)
        self.rule("Default Password", "Password Rule", legacy("sms", "voice", "email"), system=True)
        for app in ("Okta Dashboard", "Payroll"):
            self.policy("ACCESS_POLICY", app)
            self.rule(app, f"{app} Catch-all", assurance(2), priority=99, system=True)
            self.put("apps", f"app-{app}", label=app, status="ACTIVE", _policy=app)
        self.policy("ACCESS_POLICY", "Account", _embedded={"resourceType": "END_USER_ACCOUNT_MANAGEMENT"})
        self.rule("Account", "Account Catch-all", assurance(2), priority=99, system=True)
        self.person("ada")

    def put(self, kind: str, key: str, /, **value: Any) -> Json:
        """Add or replace one object whose id is *key*."""
        self.collections.setdefault(kind, {})[key] = {"id": key, **value}
        return self.collections[kind][key]

    def method(self, key: str, method: str, status: str = "ACTIVE", **settings: Any) -> None:
        """Set one method of an authenticator."""
        value = {"type": method, "status": status, "settings": settings}
        self.collections.setdefault("authenticator_methods", {})[f"{key}/{method}"] = value

    def authenticator(self, key: str, status: str = "ACTIVE", **settings: Any) -> None:
        """Replace an authenticator's status and settings."""
        old = self.collections["authenticators"].get(key, {"key": key, "type": key, "name": key})
        self.put("authenticators", key, **{**old, "status": status, "settings": settings})

    def zone(self, name: str, *networks: str, **more: Any) -> None:
        """Add an IP zone."""
        gateways = [{"type": "CIDR", "value": network} for network in networks]
        zone = {"type": "IP", "name": name, "status": "ACTIVE", "usage": "POLICY", "gateways": gateways}
        self.put("zones", name, **{**zone, **more})

    def policy(self, kind: str, name: str, *groups: str, priority: int | None = None, **more: Any) -> None:
        """Add a policy; its name is its id."""
        self.count += 1
        people = {"people": {"groups": {"include": list(groups)}}} if groups else None
        value = {"type": kind, "name": name, "status": "ACTIVE", "system": False, "conditions": people}
        self.put("policies", name, **{**value, "priority": priority or self.count, **more})

    def rule(self, policy: str, name: str, actions: Json, **more: Any) -> None:
        """Add a rule; its name is its id."""
        self.count += 1
        value = {"name": name, "status": "ACTIVE", "system": False, "conditions": None, "_policy": policy}
        self.put("rules", name, **{**value, "priority": self.count, "actions": actions, **more})

    def enrolment(self, name: str, selves: Json, *groups: str, enrol: str = "CHALLENGE", **more: Any) -> None:
        """Add an enrolment policy with one rule; unnamed keys are OPTIONAL, the password REQUIRED."""
        wanted = {**dict.fromkeys(KEYS, "OPTIONAL"), "okta_password": "REQUIRED", **selves}
        grace = {"gracePeriod": more.pop("grace")} if "grace" in more else {}
        entries = [{"key": key, "enroll": {"self": word, **grace}} for key, word in wanted.items() if word != "ABSENT"]
        self.policy(
            "MFA_ENROLL",
            name,
            *groups,
            settings={"type": "AUTHENTICATORS", "authenticators": entries},
            **more,
        )
        self.rule(name, f"{name} Rule", {"enroll": {"self": enrol}})

    def person(self, name: str, *groups: str, held: Any = DEFAULT_HELD, **more: Any) -> None:
        """Add somebody who is in Everyone and in *groups*."""
        profile = {"login": f"{name}@example.com", "email": f"{name}@example.com", **more.pop("profile", {})}
        user = {"status": "ACTIVE", "profile": profile, "type": {"id": "default"}}
        user["credentials"] = {"provider": {"type": more.pop("provider", "OKTA"), "name": "OKTA"}}
        self.put("users", f"id-{name}", **{**user, **more})
        self.collections.setdefault("memberships", {})[f"id-{name}"] = ("everyone", *groups)
        methods = [{"method": one} if isinstance(one, str) else one for one in held]
        self.collections.setdefault("held", {})[f"id-{name}"] = tuple(methods)

    def world(self, at: datetime = AT) -> World:
        """Return the world as it stands, in dicts of its own."""
        return World({kind: dict(objects) for kind, objects in self.collections.items()}, at)

    def ask(self, action: str = "sign-in", *shown: str, **question: Any) -> Json:
        """Ask about ada, or whoever *question* names."""
        return answer(self.world(), {"user": "ada@example.com", "action": action, "with": list(shown), **question})

    def outcome(self, action: str = "sign-in", *shown: str, **question: Any) -> str:
        """Ask, and return the outcome alone."""
        return str(self.ask(action, *shown, **question)["outcome"])
