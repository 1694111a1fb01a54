"""Without this file every question would sort every policy again: what is configured, arranged."""

from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from sandbox.idp.judge.catalogue import EITHER, KINDS, traits
from sandbox.idp.judge.clauses import Clause
from sandbox.idp.judge.conditions import Conditions
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.scene import Scene
from sandbox.idp.judge.verification import clause_for_app, clause_for_session
from sandbox.idp.state import World

Json = dict[str, Any]
ACCOUNT: Final = "END_USER_ACCOUNT_MANAGEMENT"
_ARRANGED: Final = ("policies", "rules", "authenticators", "authenticator_methods", "apps", "zones")
_PURPOSES: Final = {"sign-in": frozenset({"any", "sso"}), "recovery": frozenset({"any", "recovery"})}
_KEPT: Final = 64


class Rule:
    """One rule, read."""

    def __init__(self, rule: Json) -> None:
        self.json = rule
        self.conditions = Conditions(rule.get("conditions"))

    @property
    def name(self) -> str:
        """Return its name, for a sentence."""
        return str(self.json.get("name", self.json.get("id")))

    def action(self, name: str) -> Json:
        """Return one of its actions; a missing one is empty."""
        return (self.json.get("actions") or {}).get(name) or {}

    @cached_property
    def for_app(self) -> Clause:
        """Return what it demands as a rule of an app sign-on or account-management policy."""
        return clause_for_app(self.action("appSignOn").get("verificationMethod"))

    @cached_property
    def for_session(self) -> Clause:
        """Return what it demands as a rule of a global session policy."""
        return clause_for_session(self.action("signon"))


class Policy:
    """One policy with its rules in the order in which they are tried."""

    def __init__(self, policy: Json, rules: list[Json]) -> None:
        self.json = policy
        self.conditions = Conditions(policy.get("conditions"))
        self.rules = [_read(rule) for rule in sorted(rules, key=_order)]

    @property
    def name(self) -> str:
        """Return its name, for a sentence."""
        return str(self.json.get("name", self.json.get("id")))

    def rule_for(self, scene: Scene) -> Rule | None:
        """Return the first of its rules that matches."""
        for rule in self.rules:
            conditions = rule.conditions
            if conditions.only and conditions.only.isdisjoint(scene.groups):
                continue
            if conditions.hold(scene):
                return rule
        return None

    def looks_at_one(self) -> bool:
        """Tell whether any condition here looks at a single person rather than at groups."""
        return self.conditions.personal or any(rule.conditions.personal for rule in self.rules)

    @cached_property
    def enrolment(self) -> Mapping[str, Json]:
        """Return its authenticators by key, as an enrolment policy."""
        settings = self.json.get("settings") or {}
        if settings.get("factors") or settings.get("type") == "FACTORS":
            raise NotModelled(f"settings.factors of enrolment policy {self.name}")
        return {entry.get("key"): entry for entry in settings.get("authenticators") or ()}

    def allows(self, key: str) -> bool:
        """Tell whether, as an enrolment policy, it lets people enrol and use an authenticator."""
        entry = self.enrolment.get(key)
        if entry is None:
            return key == "okta_password"
        return bool((entry.get("enroll") or {}).get("self", "NOT_ALLOWED") != "NOT_ALLOWED")

    @cached_property
    def allowed(self) -> int:
        """Return the bits, in either variant, of every method that it allows."""
        return sum(EITHER[method] for method, row in KINDS.items() if self.allows(row.key))


def _order(item: Json) -> tuple[bool, int]:
    # A default policy and a catch-all rule are last whatever number they show.
    return bool(item.get("system")), int(item.get("priority") or 0)


def _active(item: Json) -> bool:
    return bool(item.get("status", "ACTIVE") == "ACTIVE")


_RULES: dict[int, Rule] = {}


def _read(rule: Json) -> Rule:
    known = _RULES.get(id(rule))
    if known is None or known.json is not rule:
        if len(_RULES) > 65536:  # noqa: PLR2004 - a bound, so that a long life does not fill the memory
            _RULES.clear()
        known = _RULES[id(rule)] = Rule(rule)
    return known


class Tenant:
    """What is configured, without the people; no value is changed in place, so a reading stays true."""

    def __init__(self, world: World) -> None:
        self.kept = [list(world.all(kind).values()) for kind in _ARRANGED]
        by_policy: dict[str, list[Json]] = {}
        for rule in world.all("rules").values():
            if _active(rule):
                by_policy.setdefault(rule["_policy"], []).append(rule)
        self.policies = {
            key: Policy(policy, by_policy.get(key, []))
            for key, policy in world.all("policies").items()
            if _active(policy)
        }
        self.by_type: dict[str, list[Policy]] = {}
        for policy in sorted(self.policies.values(), key=lambda one: _order(one.json)):
            self.by_type.setdefault(policy.json["type"], []).append(policy)
        self.account = next(
            (
                policy
                for policy in self.by_type.get("ACCESS_POLICY", [])
                if (policy.json.get("_embedded") or {}).get("resourceType") == ACCOUNT
            ),
            None,
        )
        # Whether any condition tells two people apart who are alike in groups, type and provider.
        self.personal = any(policy.looks_at_one() for policy in self.policies.values())
        self.answers: dict[Any, Any] = {}
        self.apps = list(world.all("apps").values())
        self.authenticators = {one["key"]: one for one in world.all("authenticators").values()}
        self.settings = dict(world.all("authenticator_methods"))

    def app(self, name: str) -> Json | None:
        """Return the app with this label or id."""
        return next((app for app in self.apps if name in {app.get("id"), app.get("label")}), None)

    def choose(self, kind: str, scene: Scene) -> tuple[Policy, Rule] | None:
        """Return the policy and rule that decide; a policy none of whose rules matches holds nobody."""
        for policy in self.by_type.get(kind, ()):
            if policy.rules and policy.conditions.hold(scene):
                rule = policy.rule_for(scene)
                if rule is not None:
                    return policy, rule
        return None

    def is_active(self, method: str) -> bool:
        """Tell whether the authenticator and its method are switched on for the whole tenant."""
        row = KINDS[method]
        authenticator = self.authenticators.get(row.key)
        if authenticator is None or not _active(authenticator):
            return False
        return _active(self.settings.get(f"{authenticator['id']}/{row.vendor}") or {})

    @cached_property
    def verifies_webauthn(self) -> bool:
        """Tell whether passkeys and keys are asked to verify the user."""
        authenticator = self.authenticators.get("webauthn") or {}
        settings = (self.settings.get(f"{authenticator.get('id')}/webauthn") or {}).get("settings") or {}
        return settings.get("userVerification") != "DISCOURAGED"

    def default(self, method: str) -> int:
        """Return the bit of *method* as the catalogue has it in this tenant."""
        return self.as_here(method, None)

    def as_here(self, method: str, verified: bool | None) -> int:  # noqa: FBT001 - a person's own word
        """Return the bit of *method* as a person uses it in this tenant."""
        if KINDS[method].key == "webauthn" and not self.verifies_webauthn:
            verified = False
        return traits(method, verified).bit

    @cached_property
    def defaults(self) -> int:
        """Return the bits of the whole catalogue in this tenant."""
        return sum(self.default(method) for method in KINDS)

    def usable(self, purpose: str) -> int:
        """Return the bits, in either variant, of what is switched on for `sign-in` or for `recovery`."""
        return self._usable[purpose]

    @cached_property
    def _usable(self) -> dict[str, int]:
        return {
            purpose: sum(
                EITHER[method]
                for method, row in KINDS.items()
                if self.is_active(method) and self._allowed_for(row.key) in words
            )
            for purpose, words in _PURPOSES.items()
        }

    def _allowed_for(self, key: str) -> str:
        settings = (self.authenticators.get(key) or {}).get("settings") or {}
        return str(settings.get("allowedFor") or "any").lower()


_TENANTS: OrderedDict[tuple[tuple[Any, ...], ...], Tenant] = OrderedDict()
_NEWEST: dict[str, tuple[World, Tenant]] = {}  # of the world that was asked about last


def tenant_of(world: World) -> Tenant:
    """
    Return the tenant as *world* has it, arranged.

    What is kept is found by the identity of every single object, and keeps those objects alive: after any
    change one of them is another object, so an arrangement is never stale.
    """
    newest = _NEWEST.get("")
    if newest is not None and newest[0] is world:
        return newest[1]
    key = (
        tuple(world.all("authenticator_methods")),
        *(tuple(map(id, world.all(kind).values())) for kind in _ARRANGED),
    )
    tenant = _TENANTS.get(key)
    if tenant is None:
        tenant = _TENANTS[key] = Tenant(world)
        if len(_TENANTS) > _KEPT:
            _TENANTS.popitem(last=False)
    else:
        _TENANTS.move_to_end(key)
    if world.is_past:
        _NEWEST[""] = (world, tenant)
    return tenant
