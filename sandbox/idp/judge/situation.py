"""Without this file each kind of question would look up everything itself: one person, one moment."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from sandbox.idp.judge.catalogue import EITHER, FOREIGN, KINDS, members, traits
from sandbox.idp.judge.clauses import now
from sandbox.idp.judge.expression import AccessRequest, Facts
from sandbox.idp.judge.question import ADDRESS, DASHBOARD, Question
from sandbox.idp.judge.refusals import BadQuestion
from sandbox.idp.judge.requirement import Shown
from sandbox.idp.judge.scene import PLATFORMS, Scene, address_of, device_of
from sandbox.idp.judge.tenant import Policy, Rule, tenant_of
from sandbox.idp.state import World

Json = dict[str, Any]
Chosen = tuple[Policy, Rule]
_ACTIVE: Final = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY"})
_LOGINS: dict[str, str] = {}


class Situation:
    """What a question is about, and everything that several parts of its answer look at."""

    def __init__(self, world: World, question: Question) -> None:
        self.world = world
        self.question = question
        self.tenant = tenant_of(world)
        self.user = _user(world, question.user)
        self.user_id = str(self.user["id"])
        self.context = question.context
        self._accounts: dict[tuple[str, str | None], Chosen | None] = {}

    @cached_property
    def scene(self) -> Scene:
        """Return where and on what the person is, as rules see it."""
        context, user = self.context, self.user
        registered, managed, platform = device_of(context, self.world.all("devices").get(self.user_id, ()))
        known = platform if platform in PLATFORMS else None
        provider = ((user.get("credentials") or {}).get("provider") or {}).get("type", "OKTA")
        return Scene(
            user_id=self.user_id,
            groups=frozenset(self.world.all("memberships").get(self.user_id, ())),
            type_id=(user.get("type") or {}).get("id"),
            provider=provider,
            profile=user.get("profile") or {},
            address=address_of(str(context.get("ip", ADDRESS))),
            zones=self.world.all("zones"),
            registered=registered,
            managed=managed,
            platform=context.get("platform") or known or "windows",
            risk=context.get("risk", "low"),
        )

    @property
    def alike(self) -> Any:
        """Return everything that an answer can hang on; who has it equal gets the same answer."""
        question, scene, context = self.question, self.scene, self.context
        return (
            *(question.action, question.app, question.shown, question.method, question.via),
            *(scene.groups, scene.type_id, scene.provider, scene.address),
            *(scene.registered, scene.managed, scene.platform, scene.risk),
            self.user.get("status"),
            self.held,
            self.world.at,
            tuple(ages.items()) if (ages := context.get("auth_ages")) else None,
            id(self.user) if self.tenant.personal else None,
        )

    def absent(self, *also: str) -> str | None:
        """Return why this account takes part in nothing, if so; *also* are further states that may."""
        status = str(self.user.get("status", "ACTIVE"))
        if status in _ACTIVE or status in also:
            return "the address is in a blocked network zone" if self.scene.is_blocked() else None
        return f"the account is {status}"

    @cached_property
    def session(self) -> Chosen | None:
        """Return the global session rule that decides."""
        return self.tenant.choose("OKTA_SIGN_ON", self.scene)

    @cached_property
    def enrolment(self) -> Chosen | None:
        """Return the enrolment policy and rule that decide."""
        return self.tenant.choose("MFA_ENROLL", self.scene)

    @cached_property
    def password(self) -> Chosen | None:
        """Return the password policy and rule that decide."""
        return self.tenant.choose("PASSWORD", self.scene)

    def account(self, operation: str, method: str | None = None) -> Chosen | None:
        """Return the account-management rule that decides *operation*, for the authenticator of *method*."""
        policy = self.tenant.account
        if policy is None:
            return None
        key = KINDS[method].key if method in KINDS else None
        if (operation, key) not in self._accounts:
            authenticator = self.tenant.authenticators.get(key or "") or {}
            facts = Facts(self.scene.profile, AccessRequest(operation, key, authenticator.get("id")))
            rule = next((one for one in self._account_rules if one.conditions.hold_for_request(facts)), None)
            self._accounts[operation, key] = (policy, rule) if rule else None
        return self._accounts[operation, key]

    @cached_property
    def _account_rules(self) -> "Tried":
        policy = self.tenant.account
        held = policy is not None and policy.conditions.hold(self.scene)
        return Tried(policy.rules if policy is not None and held else [], self.scene)

    def app(self, name: str | None) -> tuple[Json, Chosen | None]:
        """
        Return an app and the rule of its sign-on policy that decides.

        Args:
            name: Label or id; None is the vendor's own dashboard.

        Raises:
            BadQuestion: There is no such app.
        """
        app = self.tenant.app(name or DASHBOARD)
        if app is None:
            raise BadQuestion("app", f"there is no app {name or DASHBOARD!r}")
        policy = self.tenant.policies.get(app.get("_policy") or "")
        rule = policy.rule_for(self.scene) if policy is not None and policy.conditions.hold(self.scene) else None
        return app, (policy, rule) if policy is not None and rule is not None else None

    def lets(self, method: str) -> bool:
        """Tell whether the person's enrolment policy lets them enrol and use *method*."""
        key = KINDS[method].key
        return self.enrolment[0].allows(key) if self.enrolment else key == "okta_password"

    @cached_property
    def pool(self) -> int:
        """Return the bits, in either variant, of what may be used to sign in."""
        allowed = self.enrolment[0].allowed if self.enrolment else EITHER["password"]
        return self.tenant.usable("sign-in") & allowed

    @cached_property
    def holds(self) -> tuple[Json, ...]:
        """Return what the person has enrolled, or what the question says instead."""
        if self.question.holds is not None:
            return self.question.holds
        return tuple(self.world.all("held").get(self.user_id, ()))

    @cached_property
    def held(self) -> int:
        """Return the bits of what the person has enrolled; of two of a kind the one that verifies them."""
        best: dict[str, int] = {}
        for one in self.holds:
            if (method := one["method"]) not in FOREIGN:
                bit = self.tenant.as_here(method, one.get("user_verified"))
                best[method] = max(bit, best.get(method, 0))
        return sum(best.values())

    @cached_property
    def held_keys(self) -> frozenset[str]:
        """Return the authenticators of which the person has at least one method."""
        return frozenset(one.row.key for one in members(self.held))

    def presented(self, methods: tuple[str, ...], pool: int) -> tuple[Shown, ...]:
        """Return those of *methods* that the person holds and that *pool* lets count, with their ages."""
        ages, here = self.question.ages, self.held & pool
        return tuple(Shown(one, ages.get(one.method)) for one in members(here) if one.method in methods)

    def carried(self, method: str, age: float) -> Shown:
        """Return *method* as a session carries it, whether or not it is still enrolled."""
        held = members(self.held & EITHER[method])
        return Shown(held[0] if held else traits(method), age)

    def everything(self, pool: int) -> tuple[Shown, ...]:
        """Return all that the person holds within *pool*, as shown now."""
        return now(self.held & pool)


class Tried:
    """
    Rules that match a scene but for what is requested, found as far as somebody looked.

    One answer may ask for seven authenticators; nothing behind the rule that decides is ever read.
    """

    def __init__(self, rules: list[Rule], scene: Scene) -> None:
        self.found: list[Rule] = []
        self.rest = iter(rules)
        self.scene = scene

    def __iter__(self) -> Iterator[Rule]:
        yield from self.found
        for rule in self.rest:
            if rule.conditions.may_hold(self.scene):
                self.found.append(rule)
                yield rule


def _user(world: World, name: str) -> Json:
    users = world.all("users")
    user = users.get(name)
    if user is None:
        # A hint, checked each time: logins move between people, and worlds have different ones.
        user = users.get(_LOGINS.get(name, ""))
        if user is None or user["profile"].get("login") != name:
            user = _search(users, name)
    if user is None:
        raise BadQuestion("user", "nobody has this login or id")
    return dict(user) if not isinstance(user, dict) else user


def _search(users: Any, name: str) -> Json | None:
    for user in users.values():
        if str(user["profile"].get("login", "")).lower() == name.lower():
            if len(_LOGINS) > 65536:  # noqa: PLR2004 - a bound, so that a long life does not fill the memory
                _LOGINS.clear()
            _LOGINS[name] = user["id"]
            return dict(user) if not isinstance(user, dict) else user
    return None
