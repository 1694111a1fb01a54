"""Without this file each step would be checked by hand: what must hold around every step, whatever it does."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo import law, vendor
from sandbox.demo.claims import Claims
from sandbox.demo.crowd import (
    APPS,
    AT_HOME,
    OPEN_CONTEXT,
    Person,
    accepted,
    every_path,
    is_refused,
    one_of_each_class,
    read_crowd,
)
from sandbox.demo.stage import Outcome, Stage


@dataclass(slots=True)
class Rounds:
    """The claims that hold around every step: outsiders, break-glass, the law between writes, no drift."""

    stage: Stage
    claims: Claims
    shapes: dict[str, list[str]] = field(default_factory=dict)
    # What a past write left behind does not change any more, so it can be asked about while the next step runs.
    _asking: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    # A preview writes nothing: it may run beside questions and exports, until somebody writes.
    _typing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    _preview: tuple[str, Future[Outcome]] | None = None
    _pending: list[tuple[str, Future[tuple[list[str], int]]]] = field(default_factory=list)

    def around(self, name: str, act: Callable[[], None], *, moving: frozenset[str], provisions: bool = False) -> None:
        """
        Do *act* and prove what must hold around it.

        Args:
            name: What the step is called.
            act: The commands that carry it out.
            moving: Ids of the people whom the step is about.
            provisions: Whether it may create.
        """
        self.wait_for_preview()
        before = read_crowd(self.stage)
        outsiders = one_of_each_class(person for person in before.values() if person.id not in moving)
        first = self.stage.last_write()
        seen_before = self._ask_all(outsiders)
        act()
        last = self.stage.last_write()
        after = read_crowd(self.stage)
        self._outsiders(name, before, after, outsiders, seen_before, moving)
        self._law(name, before, after, first, last)
        self._writes(name, first, last, provisions=provisions)
        self._no_drift(name)
        self._break_glass(name, after)

    def quietly(self, name: str, act: Callable[[], None], *, about: frozenset[str]) -> None:
        """
        Do *act*, and ask about law 6 after every write of it; a step that was killed has no other claims.

        Asked of one person of every class among *about*, because the same step was asked of everybody before.
        """
        self.wait_for_preview()
        crowd = {person.id: person for person in read_crowd(self.stage).values() if person.id in about}
        first = self.stage.last_write()
        act()
        last = self.stage.last_write()
        after = {person.id: person for person in read_crowd(self.stage).values() if person.id in about}
        self._law(name, crowd, after, first, last)
        updates = [write for write in self.stage.writes(first) if write["actor"] == "pulumi" and write["n"] <= last]
        self.shapes[name] = vendor.shape(updates)

    def _ask_all(self, people: list[Person]) -> list[tuple[Any, Any]]:
        questions = [question for person in people for question in every_path(person.id)]
        return [(answer["outcome"], accepted(answer)) for answer in self.stage.ask(questions)]

    def _outsiders(
        self,
        name: str,
        before: dict[str, Person],
        after: dict[str, Person],
        outsiders: list[Person],
        seen: list[tuple[Any, Any]],
        moving: frozenset[str],
    ) -> None:
        now = self._ask_all(outsiders)
        questions = [question for person in outsiders for question in every_path(person.id)]
        changed = [
            f"{ask['user']} {ask['action']} {ask.get('app') or ask.get('method')}: {was[0]} → {is_[0]}"
            for ask, was, is_ in zip(questions, seen, now, strict=True)
            if was != is_
        ]
        self.claims.prove_none("6", f"{name}: people outside are untouched, one of every class", changed, of=len(now))
        moved = [
            person.login
            for person in before.values()
            if person.id not in moving and after[person.id].class_key != person.class_key
        ]
        self.claims.prove_none("6", f"{name}: nobody outside changed class", moved, of=len(before) - len(moving))

    def _law(self, name: str, before: dict[str, Person], after: dict[str, Person], first: int, last: int) -> None:
        written = [write for write in self.stage.writes(first) if write["n"] <= last]
        updates = [write["n"] for write in written if write["actor"] == "pulumi"]
        classes = {
            person.id: person for person in (*one_of_each_class(before.values()), *one_of_each_class(after.values()))
        }
        if updates:
            asked = self._asking.submit(
                law.check_update, self.stage, list(classes.values()), first=updates[0] - 1, last=updates[-1]
            )
            self._pending.append((f"{name}: after each of {len(updates)} writes of the update", asked))
        moved = law.memberships(written)
        if moved:
            asked = self._asking.submit(law.check_memberships, self.stage, before, first=first, last=last)
            self._pending.append((f"{name}: after each of {len(moved)} membership changes", asked))

    def settle(self) -> None:
        """Wait for the questions about the past, which were asked while the road went on."""
        self.wait_for_preview()
        for what, asked in self._pending:
            violations, count = asked.result()
            self.claims.prove_none("9", what, violations, of=count)
        self._pending.clear()
        self._asking.shutdown()
        self._typing.shutdown()

    def _writes(self, name: str, first: int, last: int, *, provisions: bool) -> None:
        updates = [write for write in self.stage.writes(first) if write["actor"] == "pulumi" and write["n"] <= last]
        self.shapes[name] = vendor.shape(updates)
        if not provisions:
            other = [
                f"{write['method']} {write['path']}"
                for write in updates
                if not (write["method"] == "PUT" or (write["method"] == "POST" and "/lifecycle/" in write["path"]))
            ]
            self.claims.prove_none("11", f"{name}: only PUT and life-cycle POST", other, of=len(updates))

    def _no_drift(self, name: str) -> None:
        words = ("pulumi", "preview", "--refresh", "--expect-no-changes")
        self._preview = name, self._typing.submit(self.stage.run, *words, expect=(0, 1, 255), quiet=True)

    def wait_for_preview(self) -> None:
        """Let the preview after the last step end before anybody writes again."""
        if self._preview is not None:
            name, preview = self._preview
            self._preview = None
            code = preview.result().code
            self.claims.prove("10", f"{name}: pulumi preview --refresh --expect-no-changes", expected=0, seen=code)

    def _break_glass(self, name: str, crowd: dict[str, Person]) -> None:
        wrong = []
        emergency = [person for person in crowd.values() if person.cohort == "break-glass"]
        for person in emergency:
            base = {"idp": "okta", "user": person.id}
            apps = [{**base, "action": "sign-in", "app": app, "context": dict(OPEN_CONTEXT[app])} for app in APPS]
            with_key = self.stage.ask([{**question, "with": ["password", "security_key"]} for question in apps])
            alone = self.stage.ask([{**question, "with": ["password"]} for question in apps])
            by_sms = self.stage.ask(
                [{**base, "action": "recover", "method": "sms", "with": ["sms"], "context": dict(AT_HOME)}]
            )
            wrong += [f"{person.id}: key {answer['outcome']}" for answer in with_key if answer["outcome"] != "allowed"]
            wrong += [f"{person.id}: password alone" for answer in alone if not is_refused(answer, ["password"])]
            wrong += [f"{person.id}: recovered by SMS" for answer in by_sms if not is_refused(answer, ["sms"])]
        what = f"{name}: break-glass has its key, not its password alone, no recovery by SMS"
        self.claims.prove_none("7", what, wrong, of=len(emergency) * 7)
