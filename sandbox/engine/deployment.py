"""Without this file nothing would hold together what one preview, update, refresh or destroy shares."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.engine.backend import ORGANISATION
from sandbox.engine.checkpoint import ROOT_TYPE
from sandbox.engine.children import Children
from sandbox.engine.policies import Policies
from sandbox.engine.providers import Providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sandbox.engine.backend import StackRef
    from sandbox.engine.checkpoint import State
    from sandbox.engine.events import Events, Step
    from sandbox.engine.project import Project
    from sandbox.engine.snapshot import Snapshot

DEFAULT_PARALLEL = 4 * (os.cpu_count() or 1)


class Stopped(Exception):
    """The operation has failed or was cancelled; nothing new may start."""


class Deployment:
    """One operation on one stack."""

    def __init__(
        self,
        project: Project,
        stack: StackRef,
        snapshot: Snapshot,
        events: Events,
        config: Mapping[str, str],
        secret_keys: Iterable[str],
        *,
        parallel: int | None,
        dry_run: bool,
    ) -> None:
        self.project, self.stack = project, stack
        self.snapshot, self.events = snapshot, events
        self.config, self.secret_keys = dict(config), frozenset(secret_keys)
        self.parallel = max(parallel or DEFAULT_PARALLEL, 1)
        self.dry_run = dry_run
        self.environment: dict[str, str] = dict(os.environ)
        self.children = Children()
        self.providers = Providers(self)
        self.policies = Policies(self)
        self.address = ""
        self.stopped = threading.Event()
        self.cancelled = False
        self.terminated = False
        self.errors: list[str] = []
        # What the program has registered, by URN; a preview's new resources have no id yet.
        self.registered: dict[str, State] = {}
        # The stack's own step; it is reported when everything else is done.
        self.root_step: Step | None = None
        self.lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.parallel)
        self._busy = 0
        self._idle = threading.Condition()

    @property
    def root_urn(self) -> str:
        """The URN of the stack's own resource."""
        name = f"{self.stack.project}-{self.stack.name}"
        return f"urn:pulumi:{self.stack.name}::{self.stack.project}::{ROOT_TYPE}::{name}"

    @property
    def plugin_environment(self) -> dict[str, str]:
        """What plugins and programs see besides the engine's own environment."""
        return {
            "PULUMI_PROJECT": self.stack.project,
            "PULUMI_STACK": self.stack.name,
            "PULUMI_ORGANIZATION": ORGANISATION,
            "PULUMI_DRY_RUN": "true" if self.dry_run else "false",
            "PULUMI_PARALLEL": str(self.parallel),
        }

    @property
    def pack_environment(self) -> dict[str, str]:
        """What policy packs see: less than plugins do, and configuration without a word on what is secret."""
        own = {key: value for key, value in self.plugin_environment.items() if key != "PULUMI_PARALLEL"}
        return {**own, "PULUMI_CONFIG": json.dumps(self.config)}

    def config_environment(self, values: Mapping[str, str]) -> dict[str, str]:
        """Give configuration the way programs and plugins read it; secrets are in clear there."""
        secrets = [key for key in values if key in self.secret_keys]
        return {"PULUMI_CONFIG": json.dumps(values), "PULUMI_CONFIG_SECRET_KEYS": json.dumps(secrets)}

    def stop(self) -> None:
        """Take no new work."""
        self.stopped.set()

    def cancel(self) -> None:
        """Stop because a person or a supervisor asked; what runs may finish, and plugins hear of it."""
        self.cancelled = True
        self.stop()
        # A plugin may be slow to answer: that must not keep a second signal from being heard.
        threading.Thread(target=self.providers.cancel, daemon=True).start()

    def terminate(self) -> None:
        """End at once: what is running stays on record as pending."""
        self.terminated = True
        self.snapshot.freeze()
        self.children.stop_all()

    def judge(self, state: State) -> None:
        """
        Let the policy packs judge a resource before its step; a preview goes on, to find every violation.

        Raises:
            Stopped: A mandatory policy is violated.
        """
        allowed = self.policies.allow(state, self.providers.state_of(state.get("provider") or ""))
        if not allowed and not self.dry_run:
            self.stop()
            raise Stopped

    def fail(self, message: str, urn: str = "") -> None:
        """Report an error once and take no new work."""
        self.errors.append(message)
        self.stop()
        self.events.diagnose("error", message, urn)

    @contextmanager
    def work(self, *, limited: bool = True) -> Iterator[None]:
        """
        Hold one of the `parallel` slots; operations that have begun are waited for before the end.

        Raises:
            Stopped: No new work is taken.
        """
        with self._idle:
            self._busy += 1
        try:
            if limited:
                with self._slots:
                    self._go_on()
                    yield
            else:
                self._go_on()
                yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _go_on(self) -> None:
        if self.stopped.is_set():
            raise Stopped

    def wait_until_idle(self) -> None:
        """Wait for operations that have begun, so that what they did reaches the checkpoint."""
        with self._idle:
            while self._busy and not self.terminated:
                self._idle.wait(0.2)

    def together(self, work: Callable[[State], None], states: list[State]) -> None:
        """Do the same to several resources that do not need each other."""
        if self.parallel == 1 or len(states) == 1:
            for state in states:
                work(state)
            return
        with ThreadPoolExecutor(max_workers=min(self.parallel, len(states))) as pool:
            for done in [pool.submit(work, state) for state in states]:
                done.result()
