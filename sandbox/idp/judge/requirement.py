"""Without this file nothing could be satisfied or refused: what rules demand of what is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sandbox.idp.judge.catalogue import Traits


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A method that was shown, and how many seconds ago; None is now."""

    traits: Traits
    age: float | None = None

    def within(self, limit: float | None) -> bool:
        """Tell whether it still counts where one must show it again after *limit* seconds (0: each time)."""
        return limit is None or not self.age or self.age < limit


class Demand(Protocol):
    """One demand; showing more never turns yes into no, and all minimal sets rest on that."""

    @property
    def size(self) -> int:
        """Return the most methods that a minimal answer to this demand can have."""

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* is enough."""

    def fresh(self, one: Shown) -> bool:
        """Tell whether *one* is recent enough to count here, if it counts at all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A method that a list names: each part that is not None must fit."""

    key: str | None
    vendor: str | None
    hardware: bool = False
    phishing_resistant: bool = False
    verified: bool = False

    def fits(self, one: Traits) -> bool:
        """Tell whether *one* is what the list means."""
        row = one.row
        return (
            self.key in {None, row.key}
            and self.vendor in {None, row.vendor}
            and (row.hardware or not self.hardware)
            and (row.phishing_resistant or not self.phishing_resistant)
            and (one.verified or not self.verified)
        )


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a rule says about one factor type: which methods of it count, and whether there must be one."""

    required: bool = False
    kinds: frozenset[str] = frozenset()
    vendors: frozenset[str] = frozenset()
    only: tuple[Wanted, ...] = ()
    never: tuple[Wanted, ...] = ()
    device_bound: bool = False
    hardware: bool = False
    phishing_resistant: bool = False
    verified: bool = False
    limit: float | None = None

    def lets(self, one: Traits) -> bool:
        """Tell whether *one*, being of this factor type, may count."""
        row = one.row
        return (
            (not self.kinds or row.kind in self.kinds)
            and (not self.vendors or row.vendor in self.vendors)
            and (not self.only or any(wanted.fits(one) for wanted in self.only))
            and not any(wanted.fits(one) for wanted in self.never)
            and (row.device_bound or not self.device_bound)
            and (row.hardware or not self.hardware)
            and (row.phishing_resistant or not self.phishing_resistant)
            and (one.verified or not self.verified)
        )


FREE = Constraint()


@dataclass(frozen=True, slots=True)
class Assurance:
    """One constraint object: within it every factor type's constraint must hold."""

    factors: int
    knowledge: Constraint = FREE
    possession: Constraint = FREE
    inherence: Constraint = FREE

    def counts(self, one: Shown) -> set[str]:
        """Return the factor types that *one* proves here."""
        what = one.traits
        if what.row.knowledge:
            ours = self.knowledge
            return {"knowledge"} if ours.lets(what) and one.within(ours.limit) else set()
        ours, inner = self.possession, self.inherence
        if not ours.lets(what):
            return set()
        proved = {"possession"} if one.within(ours.limit) else set()
        if what.verified and inner.lets(what) and one.within(inner.limit):
            proved.add("inherence")
        return proved

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* is enough for this object."""
        proved: set[str] = set()
        for one in shown:
            proved |= self.counts(one)
        return len(proved) >= self.factors and proved.issuperset(
            name for name in ("knowledge", "possession", "inherence") if getattr(self, name).required
        )


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The `ASSURANCE` verification method: one of its constraint objects must be met."""

    options: tuple[Assurance, ...]

    @property
    def size(self) -> int:
        """Return the most methods that a minimal answer can have."""
        return max(
            max(one.factors, one.knowledge.required + one.possession.required + one.inherence.required)
            for one in self.options
        )

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* is enough."""
        return any(option.met(shown) for option in self.options)

    def fresh(self, one: Shown) -> bool:
        """Tell whether *one* is recent enough for at least one of the objects."""
        return any(option.counts(one) for option in self.options) or not any(
            option.counts(Shown(one.traits)) for option in self.options
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an `AUTH_METHOD_CHAIN`, and what may follow it."""

    methods: tuple[Wanted, ...]
    limit: float | None
    following: tuple["Step", ...] = ()

    @property
    def size(self) -> int:
        """Return the length of the longest way on from here, this step included."""
        return 1 + max((step.size for step in self.following), default=0)

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* completes this step and one way on."""
        return any(self.takes(one) for one in shown) and (
            not self.following or any(step.met(shown) for step in self.following)
        )

    def takes(self, one: Shown) -> bool:
        """Tell whether *one* completes this step."""
        return one.within(self.limit) and any(wanted.fits(one.traits) for wanted in self.methods)

    def names(self, one: Shown) -> bool:
        """Tell whether *one* counts in this step or in a later one."""
        return self.takes(one) or any(step.names(one) for step in self.following)


@dataclass(frozen=True, slots=True)
class Chains:
    """The `AUTH_METHOD_CHAIN` verification method; the order of steps is no demand here."""

    chains: tuple[Step, ...]

    @property
    def size(self) -> int:
        """Return the length of the longest chain."""
        return max(chain.size for chain in self.chains)

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* completes one chain."""
        return any(chain.met(shown) for chain in self.chains)

    def fresh(self, one: Shown) -> bool:
        """Tell whether *one* is recent enough for a step, or named by none."""
        return any(chain.names(one) for chain in self.chains) or not any(
            chain.names(Shown(one.traits)) for chain in self.chains
        )


@dataclass(frozen=True, slots=True)
class Session:
    """What a global session rule demands before a session is opened."""

    password: bool
    second: bool

    @property
    def size(self) -> int:
        """Return the most methods that a minimal answer can have."""
        return 1 + self.second

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* opens a session."""
        proved = {name for one in shown for name in one.traits.classes}
        if self.password and not any(one.traits.method == "password" for one in shown):
            return False
        return len(proved) >= 1 + self.second

    def fresh(self, one: Shown) -> bool:
        """Tell that age is nothing to a session rule."""
        return True


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a LEGACY password rule demands: one of its methods, and a second where it says so."""

    primary: frozenset[str]
    step_up: bool = False
    second: frozenset[str] | None = None

    @property
    def size(self) -> int:
        """Return the most methods that a minimal answer can have."""
        return 1 + self.step_up

    def met(self, shown: Iterable[Shown]) -> bool:
        """Tell whether *shown* resets the password or unlocks the account."""
        rows = [one.traits for one in shown]
        first = [one for one in rows if one.method in self.primary]
        if not self.step_up:
            return bool(first)
        second = [one for one in rows if self.second is None or one.method in self.second]
        return any(one.row.key != other.row.key for one in first for other in second)

    def fresh(self, one: Shown) -> bool:
        """Tell that a password rule knows no age."""
        return True
