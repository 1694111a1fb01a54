"""Without this file the program could be judged only behind an engine: it, the plugin and a tenant, and no more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from declared import KINDS, Program, run
from okta_plugin_desk import Desk as Plugin
from okta_plugin_desk import Vendor
from sandbox_desk import Desk, running

from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from migration.baseline import Baseline
from migration.manifest import Manifest
from sandbox.idp.options import Options

Json = dict[str, Any]
STACK = "okta-sandbox"
SHORT = {word: token.rpartition(":")[2] for token, word in KINDS.items()}


class Tenant:
    """A tenant in which programs are carried out, one resource after another, and that can be asked."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        url = desk.endpoints["okta"]
        self.okta = Okta(lambda: OktaClient(url, "sandbox-offramp"), url)
        self.people: list[Json] = desk.read("/truth")
        cohorts = {
            cohort: frozenset(row["id"] for row in self.people if row["cohort"] == cohort)
            for cohort in ("administrators", "standard")
        }
        self.baseline: Baseline = self.okta.capture(STACK, cohorts=cohorts, ours=frozenset(), at=datetime.now(UTC))
        self.plugin = Plugin(Vendor(), httpProxy=url, orgName="trial", baseUrl="okta.com", apiToken="sandbox-pulumi")
        self.held: dict[str, tuple[str, Json, Json]] = {}  # name → id, outputs, inputs
        self._said: dict[str, Json] = {}  # name → what the program said last

    @property
    def ids(self) -> Mapping[str, str]:
        """Id of everything of ours by its name in the program."""
        return {name: object_id for name, (object_id, _, _) in self.held.items()}

    @property
    def write_count(self) -> int:
        """Number of the newest write."""
        return len(self.desk.read("/writes"))

    def carry_out(self, manifest: Manifest) -> range:
        """Create or change what the program declares, in its order; return the numbers of the writes."""
        before = self.write_count
        account = self.baseline.account_management.policy_id
        program: Program = run(manifest, self.baseline, account_policy_id=account)
        for one in program.resources:
            kind, inputs = SHORT[one.kind], self._known(one.inputs)
            if self._said.get(one.name) != inputs:
                self.held[one.name] = self._written(kind, inputs, self.held.get(one.name))
                self._said[one.name] = inputs
        return range(before + 1, self.write_count + 1)

    def _written(self, kind: str, inputs: Json, held: tuple[str, Json, Json] | None) -> tuple[str, Json, Json]:
        if held is None:
            return self.plugin.create(kind, inputs)
        object_id, outputs, kept = held
        assert [] == list(self.plugin.diff(kind, outputs, kept, inputs).replaces)
        kept = self.plugin.checked(kind, inputs)
        return object_id, self.plugin.update(kind, object_id, outputs, inputs), kept

    def _known(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._known(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._known(inner) for inner in value]
        if isinstance(value, str) and value.startswith("id of "):
            return self.ids[value.removeprefix("id of ")]
        return value

    def join(self, key: str, user: str) -> int:
        """Put somebody into a set; return the number of the write."""
        answer = self.desk.okta.put(f"/api/v1/groups/{self.ids[f'{key} group']}/users/{user}")
        assert 204 == answer.status_code, answer.text
        return self.write_count

    def leave(self, key: str, user: str) -> int:
        """Take somebody out of a set; return the number of the write."""
        answer = self.desk.okta.delete(f"/api/v1/groups/{self.ids[f'{key} group']}/users/{user}")
        assert 204 == answer.status_code, answer.text
        return self.write_count

    def somebody(self, cohort: str, *, number: int = 0) -> str:
        """Return the id of somebody of a cohort."""
        return str([row["id"] for row in self.people if row["cohort"] == cohort][number])

    def ask(self, questions: Sequence[Json]) -> list[Json]:
        """Ask the judge; a question names user, action and what is shown."""
        answers: list[Json] = self.desk.ask("/ask/many", [{"idp": "okta", **question} for question in questions])
        return answers

    def accepted(self, questions: Sequence[Json], after_write: int) -> list[frozenset[frozenset[str]]]:
        """Return the minimal method sets that each path accepted after a write."""
        answers = self.ask([{**question, "after_write": after_write} for question in questions])
        return [frozenset(map(frozenset, answer["accepted"])) for answer in answers]

    def writes(self, numbers: range) -> list[Json]:
        """Return the writes of these numbers."""
        every: list[Json] = self.desk.read("/writes")
        return [write for write in every if write["n"] in numbers]

    def rules(self, policy_id: str) -> list[Json]:
        """Return the rules of a policy as they stand, the first to decide first."""
        found: list[Json] = self.desk.okta.get(f"/api/v1/policies/{policy_id}/rules").json()
        return sorted(found, key=lambda rule: rule["priority"])


@contextmanager
def a_tenant(people: int = 40) -> Iterator[Tenant]:
    """Serve a tenant with somebody else's policies in it."""
    with running(Options(people=people, tenant="lived-in")) as desk:
        yield Tenant(desk)
