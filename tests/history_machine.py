"""Without this file a history could not be lived through: a small town, its tenant, and a plug that can be pulled."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from approval_builders import HELP, LEAD, RISK
from builders import a_calendar, a_strategy
from desks import RULES, a_world, an_employee
from exception_desk import write_approvers
from export_builders import a_factor, a_membership, a_role, write_export
from fakes import FakeSignatures
from history_record import faults, listed
from history_watch import Watch, wanted_groups

from cohorts.errors import OfframpError
from cohorts.sealing import seal
from cohorts.segment import classify_export
from migration.errors import EngineFailed, IdpUnavailable, IntentOpen, NotCarriedOut, NotFound
from migration.gates import Outcome, Verdict
from migration.model import PlannedWave
from migration.operations import planning, stepping, turns
from migration.policy_exceptions import State
from migration.programme import Programme

KEY, SYNCED = "security_key", "passkey_synced"
PEOPLE = {
    "adm1": {"sms", KEY},
    "adm2": {"sms", "passkey_bound"},
    "adm3": {"sms", SYNCED},
    "std1": {"sms", KEY},
    "std2": {"sms", "totp"},
    "std3": {"sms", "voice", SYNCED},
    "std4": {"sms", SYNCED, KEY},
    "std5": {"sms", KEY, "totp"},
    "fin1": {"sms"},
    "bg1": {KEY},
    "bg2": {KEY},
}
EMERGENCY = frozenset({"bg1", "bg2"})
LONG_VALID = {"valid_until": date(2099, 12, 31)}
SIGNERS = tuple(replace(one, **LONG_VALID) for one in (LEAD, RISK, HELP))
# What a command may be told no by, without anything being wrong.
NO = (IdpUnavailable, EngineFailed, IntentOpen, NotCarriedOut, NotFound)
WRITES = {"documents": ("publish", "withdraw"), "engine": ("up",)}
MOVES = ("join", "leave", "remove_methods", "remove_factors", "end_sessions")
READS = ("members", "held", "phones", "statuses")


class Crash(BaseException):
    """Somebody pulled the plug: no handler hears of it."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls a command: its call number *nth* dies "before", "half"-way or "after", or the tenant is "away"."""

    how: str
    nth: int


class Town:
    """People with methods, the tenant that they sign in to, and the desk that moves them."""

    def __init__(self, folder: Path) -> None:
        self.world = a_world(folder)
        self.folder = folder
        write_approvers(folder / "approvers.toml", *SIGNERS)
        self.world.desk = replace(
            self.world.desk,
            approvers=folder / "approvers.toml",
            signatures=FakeSignatures(),
            strategy=a_strategy(largest_wave=3),
            calendar=a_calendar(),
            around=replace(self.world.desk.around, desk_zone="desk", exception_share=0.5),
        )
        self.world.idp.zones["desk"] = "nzo-desk"
        self.world.idp.holdings = {name: set(held) for name, held in PEOPLE.items()}
        self.away: dict[str, set[str]] = {}
        self.admins = {name for name in PEOPLE if name.startswith("adm")}
        self.gate = Outcome.PASS
        self.kills = 0
        self.is_hurt = False  # whether the last command died, or was sent away
        self.last_sealed: frozenset[str] = frozenset()
        self.watch = Watch(self.world)
        self._sealed: tuple[datetime, object] | None = None
        self._deleted: set[tuple[str, str]] = set()  # phones, by account and factor id
        self._folded: Programme | None = None
        self._fate: Fate | None = None
        self._calls = 0
        self._wrap()
        self.seal()
        planning.publish(self.desk, planning.propose(self.desk), apply=True)

    @property
    def desk(self) -> Any:
        """What commands act on."""
        return self.world.desk

    @property
    def state(self) -> Programme:
        """The ledger, folded once for each of its lengths."""
        count = len(self.world.kinds)
        if self._folded is None or self._folded.entry_count != count:
            self._folded = self.world.state
        return self._folded

    @property
    def here(self) -> dict[str, set[str]]:
        """Account → what it holds, of everybody who can sign in."""
        return self.world.idp.holdings

    @property
    def people(self) -> Sequence[str]:
        """Everybody who lives here but the emergency accounts."""
        return sorted(set(self.here) - EMERGENCY)

    @property
    def on_leave(self) -> Sequence[str]:
        """Everybody who went and may come back: a deleted account does not."""
        return sorted(set(self.away) - self.world.idp.deleted)

    @property
    def waves(self) -> Sequence[PlannedWave]:
        """Every wave of the plan, those of joiners and the carried-over among them."""
        plan = self.state.plan
        return plan.waves if plan else ()

    @property
    def settled(self) -> Sequence[str]:
        """Keys of the waves that live in their home."""
        return [wave.key for wave in self.waves if self.state.lane(wave.key).home]

    def exceptions(self, *states: State) -> Sequence[str]:
        """Return the keys of the exceptions in one of these states."""
        return [key for key, one in self.state.exceptions.items() if one.state in states]

    def verdicts(self, *_: object) -> tuple[Verdict, ...]:
        """Say what the one gate of this town says."""
        said = {"reading": 1.0, "unit": "share", "count": 9, "age": timedelta(0), "because": "it says so"}
        return (Verdict("lockouts", self.gate, **said, source="the town", threshold=1.0),)

    # What people do.

    def seal(self) -> None:
        """Seal a snapshot of who lives here now, and what they hold, unless there is such a one of today."""
        so = (self.admins & set(self.here), {name: sorted(held) for name, held in self.here.items()})
        if self._sealed and so == self._sealed[1] and self.world.clock.at - self._sealed[0] < timedelta(hours=20):
            return
        self.world.clock.forward(minutes=1)
        self._sealed = (self.world.clock.at, so)
        everyone = sorted(self.here)
        export = self.folder / "export"
        shutil.rmtree(export, ignore_errors=True)
        write_export(
            export,
            users=[an_employee(name) for name in everyone],
            factors=[a_factor(name, method) for name in everyone for method in sorted(self.here[name])],
            groups=[a_membership(name) for name in everyone],
            roles=[a_role(name) for name in everyone if name in self.admins | EMERGENCY],
        )
        classified = classify_export(export, RULES, self.world.clock.at)
        kept = self.desk.snapshots / classified.header.digest
        seal(classified.header, classified.table, kept)
        self.last_sealed = frozenset(everyone)
        plan = self.state.plan
        for other in self.desk.snapshots.iterdir():
            if other != kept and (plan is None or other.name != plan.snapshot_digest):
                shutil.rmtree(other)

    def leave(self, name: str, *, is_deleted: bool) -> None:
        """Let somebody go: their account cannot sign in any more, or is gone altogether."""
        self.away[name] = self.here.pop(name)
        if is_deleted:
            self.world.idp.delete(name)

    def come_back(self, name: str) -> None:
        """Let somebody who went come back, with what they held."""
        self.here[name] = self.away.pop(name)

    def lose(self, name: str, method: str) -> None:
        """Let somebody lose something; where a step is under way already, it is their own doing if it meets them."""
        self.here[name].discard(method)
        if self.is_hurt or self.state.open_intent is not None:
            self.watch.lost_meanwhile.add(name)

    # What operators do.

    def command(self, act: Callable[[], object], fate: Fate | None = None) -> object:
        """
        Take the turn, as every command does, and act; return what that gave, or None where it did not come to an end.

        What a command says no with is fine, and so is what its fate did to it; all else is a failure.
        """
        self._fate, self._calls = fate, 0
        was_entered = False
        try:
            with turns.taken(self.desk):
                was_entered = True
                found = act()
        except Crash:
            self.is_hurt = True
            self.kills += 1
            return None
        except OfframpError as error:
            if fate is None and not (was_entered and isinstance(error, NO)):
                raise
            self.is_hurt = fate is not None
            return error
        finally:
            self._fate = None
        self.is_hurt = False
        self.watch.close()
        return found

    def pipeline(self) -> None:
        """Let whoever runs the engine by hand run it, where something is published."""
        self.world.engine.up()

    # The plug.

    def _wrap(self) -> None:
        world = self.world
        append = world.ledger.append

        def recorded(event: object, **terms: object) -> object:
            entry = self._call(lambda: append(event, **terms))
            self.watch.recorded(entry)
            return entry

        world.ledger.append = recorded
        for part, names in WRITES.items():
            for name in names:
                self._put(
                    getattr(world, part), name, lambda real: lambda *words, **more: self._write(real, words, more)
                )
        for name in MOVES:
            self._put(world.idp, name, lambda real: lambda *words: self._move(real, words))
        for name in READS:
            self._put(world.idp, name, lambda real: lambda *words: self._read(real, words))

    @staticmethod
    def _put(part: object, name: str, wrap: Callable[[Any], Any]) -> None:
        setattr(part, name, wrap(getattr(part, name)))

    def _write(self, real: Callable[..., object], words: tuple, more: dict) -> object:
        def act() -> object:
            with self.watch.write(real.__name__):
                return real(*words, **more)

        return self._call(act)

    def _move(self, real: Callable[..., object], words: tuple) -> object:
        moved = words[-1] if real.__name__ in {"join", "leave"} else ()

        def act(share: float = 1.0) -> object:
            place = 1 if real.__name__ in {"join", "leave"} else 0
            some = list(words[place])[: int(len(words[place]) * share)]
            if real.__name__ == "remove_factors":
                self._deleted.update(some)
            with self.watch.write(real.__name__, list(moved)[: int(len(moved) * share)]):
                return real(*words[:place], some, *words[place + 1 :])

        return self._call(act, partial(act, 0.5), is_remote=True)

    def _read(self, real: Callable[..., object], words: tuple) -> object:
        return self._call(lambda: real(*words), is_remote=True)

    def _call(self, act: Callable[[], Any], half: Callable[[], Any] = lambda: None, *, is_remote: bool = False) -> Any:
        fate = self._fate
        self._calls += 1
        if fate is None or self._calls < fate.nth:
            return act()
        if fate.how == "away":
            if is_remote:
                raise IdpUnavailable("The tenant throttles", context="for minutes", hint="later")
            return act()
        self._fate = None
        if fate.how == "after":
            act()
        elif fate.how == "half":
            half()
        raise Crash

    # What must be so.

    def overdue(self) -> list[str]:
        """Return the keys of exceptions that stand longer than they may."""
        standing = self.state.exceptions.values()
        return [one.key for one in standing if one.stands and one.ends_at <= self.world.clock.at]

    def left_behind(self) -> dict[str, set[str]]:
        """Return set key → who is in its group and was gone already when the newest snapshot was taken."""
        gone = set(self.away) - self.last_sealed
        return {key: gone & group for key, group in self.world.idp.groups.items() if gone & group}

    def amiss(self) -> list[str]:
        """Return everything that must not be, after whatever happened."""
        entries = self.world.ledger.entries()
        found = [*self.watch.violations, *faults(entries)]
        found += [f"{phone} was deleted, and nobody listed it" for phone in self._deleted - listed(entries)]
        again = {phone for phone in self._deleted if phone[1].split()[0] in self.here.get(phone[0], ())}
        found += [f"{phone} is there again" for phone in again]
        if self.is_hurt:
            return found  # somebody pulled the plug: the next command ends what was begun
        state = self.state
        found += [f"intent {number} is still open" for number in state.works]
        intent = state.open_intent
        if intent is not None:
            is_waiting = intent.run == stepping.PIPELINE or intent.failures
            return found if is_waiting else [*found, f"intent {intent.entry} is still open"]
        self.watch.lost_meanwhile.clear()
        return [*found, *self._misplaced()]

    def _misplaced(self) -> Iterator[str]:
        here = set(self.here) | set(self.on_leave)
        for key, names in wanted_groups(self.world).items():
            missing, extra = (names & here) - self.world.group(key), self.world.group(key) - names
            if missing or extra:
                yield f"{key} by the ledger: {sorted(missing)} missing, {sorted(extra)} too many"
