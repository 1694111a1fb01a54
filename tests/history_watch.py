"""Without this file nobody would look between two writes: who gets in, and who can still enrol, before and after."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from desks import World

from migration.exception_events import EndBegun
from migration.ledger import Entry
from migration.manifest import Manifest
from migration.operations import evidence
from migration.posture import ACCEPTED, AIMS, Decides, Method, Posture

Ways = Mapping[str, frozenset[Method]]  # path → what it accepts, each method alone

PATHS = ("sign_in", "canary", "recovery", "binding", "new_phones")
ANYTHING = frozenset(Method)  # where theirs decides
INTENTS = frozenset(
    {"StageRequested", "SettleRequested", "PlanPublished", "GrantBegun", "EndBegun", "MembershipRequested"}
)


def ways(world: World, account: str) -> Ways:
    """Say what each path accepts of somebody now: the first of our sets that decides it, or theirs."""
    return {path: _way(world, account, path) for path in PATHS}


def _way(world: World, account: str, path: str) -> frozenset[Method]:
    at_the_desk: frozenset[Method] = frozenset()
    for content in _around(world, account):
        if content.posture is None:
            at_the_desk = frozenset({Method.PASSWORD}) if path == "binding" else frozenset()
        elif getattr(content.posture, path) is Decides.OURS:
            return _accepted(content.posture, path) | at_the_desk
    return ANYTHING


def _around(world: World, account: str) -> Iterator[object]:
    carried: Manifest | None = world.engine.carried_out
    yield from (one for one in (carried.sets if carried else ()) if account in world.group(one.key))


def _accepted(posture: Posture, path: str) -> frozenset[Method]:
    if path == "new_phones":
        return frozenset()
    if path == "recovery":
        return ACCEPTED[posture.recovery_target]
    return ACCEPTED[posture.target] | (frozenset(posture.also) if path in {"sign_in", "canary"} else frozenset())


def never_worse(old: Ways, now: Ways, new: Ways) -> list[str]:
    """Name the paths on which *now* accepts what neither side does, or refuses what both do: law 6."""
    return [path for path in PATHS if not now[path] <= old[path] | new[path] or not old[path] & new[path] <= now[path]]


@dataclass
class Watch:
    """Sees every write in a tenant; what must not happen is kept in `violations`."""

    world: World
    violations: list[str] = field(default_factory=list)
    lost_meanwhile: set[str] = field(default_factory=set)  # who lost something while a step was under way
    _moved: dict[str, list[Ways]] = field(default_factory=dict)

    @contextmanager
    def write(self, name: str, moved: Iterable[str] = ()) -> Iterator[None]:
        """Look before and after one write, which moves some people and may change what every set holds."""
        everyone = sorted(self.world.idp.holdings)
        before = {account: ways(self.world, account) for account in everyone}
        could = {account: self._can(account, before[account]) for account in everyone}
        yield
        after = {account: ways(self.world, account) for account in everyone}
        for account in everyone:
            lost = could[account] - self._can(account, after[account])
            for what in sorted(lost):
                if not self._is_announced(account):
                    self.violations.append(f"{name} takes the last way to {what} from {account}")
        for account in moved:
            if account in before:
                self._moved.setdefault(account, [before[account]]).append(after[account])

    def _can(self, account: str, now: Ways) -> frozenset[str]:
        """Say whether somebody gets in, and can enrol: alone, or at the desk where that is how it is meant."""
        held = frozenset(map(Method, self.world.idp.holdings.get(account, ())))
        can = set()
        if held & now["sign_in"]:
            can.add("sign in")
        # Everybody has a password; where theirs decides, it is enough to enrol a first method.
        if (held | {Method.PASSWORD}) & now["binding"] or self._has_desk(account):
            can.add("enrol")
        return frozenset(can)

    def _has_desk(self, account: str) -> bool:
        carried = self.world.engine.carried_out
        if carried is None or carried.bootstrap is None:
            return False
        cohorts = {getattr(one, "cohort", None) for one in _around(self.world, account)}
        excepted = any("exception" in one.key for one in _around(self.world, account))
        return excepted or any(cohort in AIMS and AIMS[cohort].desk_only for cohort in cohorts)

    def _is_announced(self, account: str) -> bool:
        """Say whether it is the end of an exception, or their own doing."""
        state = self.world.state
        ending = [state.exceptions[one.key] for one in state.work_events.values() if isinstance(one, EndBegun)]
        return account in self.lost_meanwhile or any(account in one.asked.accounts for one in ending)

    def recorded(self, entry: Entry) -> None:
        """Look at an entry: where something begins or ends, everybody who was moved must have gone no worse way."""
        if entry.kind in INTENTS or "intent" in entry.body:
            self.close()

    def close(self) -> None:
        """Compare what each moved person met on the way with where they came from and where they are."""
        for account, seen in self._moved.items():
            old, new = seen[0], seen[-1]
            for now in seen[1:-1]:
                for path in never_worse(old, now, new):
                    self.violations.append(f"between two writes {account} is worse off on {path}")
        self._moved = {}


def wanted_groups(world: World) -> dict[str, set[str]]:
    """Return set key → who must be in its group, by the ledger alone."""
    state = world.state
    plan = state.plan
    found: dict[str, set[str]] = {key.split()[2]: set() for key in world.idp.groups if key.startswith("id of ")}
    if plan is None:
        return found
    found["break-glass"] = set(evidence.emergency_ids(world.desk, state))
    for wave in plan.waves:
        lane = state.lane(wave.key)
        for member in evidence.members(world.desk, state, wave):
            placed = state.placed.get(member.person_key)
            held_in = (placed.held_in if placed else None) or lane.home or lane.slot
            if held_in:
                found[held_in].add(member.account_id)
    for one in state.exceptions.values():
        if one.state == "active":
            found[one.set_key] |= one.asked.accounts
    return found
