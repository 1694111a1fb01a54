"""
Without this file the provider would know no rule of any policy.

Calls, as the official provider makes them: create is POST, then POST lifecycle/deactivate where the program
wants it INACTIVE (the vendor makes rules ACTIVE), then the reads; update is PUT, POST lifecycle/(de)activate,
then the reads; delete is DELETE. Enrolment and session rules read GET policy and GET rule, and do so before a
DELETE too; password and app sign-on rules read GET rule only. The life-cycle call of an update is always sent
except for app sign-on rules, which send it only when the program's status is not the one that the state holds
from the last answer.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from sandbox.providers.fields import Field, Fields, Kind, Problem
from sandbox.providers.okta_client import Okta
from sandbox.providers.okta_shared import (
    NETWORK,
    PRIORITY,
    STATUS,
    keep_priority,
    network_condition,
    network_outputs,
    network_problems,
    never_default,
    people_condition,
    people_outputs,
    sayings,
    switch,
    telling,
)
from sandbox.providers.resource import ProviderError, Resource, unfinished
from sandbox.providers.values import Json

RULE: Fields = {
    "policyId": Field(Kind.TEXT, required=True, replaces=True),
    "name": Field(Kind.TEXT, required=True, replaces=True),
    "priority": PRIORITY,
    "status": STATUS,
    **NETWORK,
    "usersExcluded": Field(Kind.SET),
}
ACCESS = Field(Kind.TEXT, default="ALLOW", one_of=("ALLOW", "DENY"))
CATCH_ALL = "Catch-all Rule"


def _none(_: Json) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Rule(Resource):
    """
    One rule type of `/api/v1/policies/{id}/rules`.

    Attributes:
        noun: What messages call it.
        body: The program's properties → the whole body.
        outputs: The server's answer and what the program or the state knows → outputs beside the common ones.
        check: What no single property shows.
        unseen: The program's properties → those that are not sent beside the others.
        reads_policy: Every read of the rule reads its policy first, and a delete reads both.
        is_app_rule: The life cycle follows changes only, no priority is checked, the catch-all rule stays.
        turns: Held around every write, where the vendor mixes up concurrent ones.
    """

    tok: str
    noun: str
    fields: Fields
    body: Callable[[Json], Json]
    outputs: Callable[[Json, Json], Json]
    check: Callable[[Json], Iterator[Problem]] = network_problems
    unseen: Callable[[Json], tuple[str, ...]] = _none
    reads_policy: bool = False
    is_app_rule: bool = False
    turns: AbstractContextManager[object] = field(default_factory=nullcontext)
    computed: tuple[str, ...] = ()

    def problems(self, news: Json) -> Iterator[Problem]:
        """Yield what only this type minds."""
        return self.check(news)

    def without_effect(self, news: Json) -> tuple[str, ...]:
        """Name what other properties of *news* make the provider leave out."""
        return self.unseen(news)

    def create(self, client: Okta, news: Json) -> tuple[str, Json]:
        """POST, [POST lifecycle/deactivate], reads."""
        never_default(news, "Rule")
        with self.turns, telling(f"failed to create {self.noun}"):
            made = client.post(f"/api/v1/policies/{news['policyId']}/rules", self.body(news))
            with unfinished(made["id"]):
                if news["status"] == "INACTIVE":
                    switch(client, _path(news, made["id"]), "INACTIVE")
            if not self.is_app_rule:
                keep_priority(news.get("priority"), made)
            with unfinished(made["id"]):
                return made["id"], self._settled(client, made["id"], news)

    def read(self, client: Okta, object_id: str, known: Json) -> tuple[str, Json] | None:
        """[GET policy], GET rule; an import names both as `policyId/ruleId`."""
        policy_id, _, rule_id = object_id.rpartition("/")
        policy_id = known.get("policyId") or policy_id
        if not policy_id:
            raise ProviderError("invalid policy rule specifier. Expecting {policyID}/{ruleID}")
        known = {**known, "policyId": policy_id}
        if self.reads_policy and client.find(f"/api/v1/policies/{policy_id}") is None:
            return None
        found = client.find(_path(known, rule_id))
        return (rule_id, self._outputs(found, known)) if found else None

    def update(self, client: Okta, object_id: str, olds: Json, news: Json) -> Json:
        """PUT, POST lifecycle/(de)activate, reads."""
        never_default(news, "Rule")
        path = _path(news, object_id)
        body = self.body(news)
        if self.is_app_rule and olds.get("system"):
            body.pop("conditions", None)
            body["system"] = True
        with self.turns, telling(f"failed to update {self.noun}"):
            answer = client.put(path, body)
            if not self.is_app_rule:
                keep_priority(news.get("priority"), answer)
            if not self.is_app_rule or news["status"] != olds.get("status"):
                switch(client, path, news["status"])
            return self._settled(client, object_id, news)

    def delete(self, client: Okta, object_id: str, olds: Json) -> None:
        """[GET policy, GET rule], DELETE; a rule of the system stays where it is."""
        if self.is_app_rule and olds.get("name") == CATCH_ALL:
            return
        never_default(olds, "Rule")
        with self.turns, telling(f"failed to delete {self.noun}"):
            if self.reads_policy:
                if client.find(f"/api/v1/policies/{olds['policyId']}") is None:
                    return
                found = client.find(_path(olds, object_id))
                if found is None or found.get("system"):
                    return
            client.delete(_path(olds, object_id))

    def _settled(self, client: Okta, rule_id: str, news: Json) -> Json:
        found = self.read(client, rule_id, news)
        if found is None:
            raise ProviderError(f"rule {rule_id} was written and then not found")
        return found[1]

    def _outputs(self, found: Json, known: Json) -> Json:
        conditions = found.get("conditions") or {}
        return {
            "policyId": known["policyId"],
            "name": found["name"],
            "status": found["status"],
            "priority": found.get("priority"),
            **network_outputs(conditions),
            **people_outputs(conditions, self.fields),
            **self.outputs(found, known),
        }


def _path(known: Json, rule_id: str) -> str:
    return f"/api/v1/policies/{known['policyId']}/rules/{rule_id}"


def base_body(news: Json) -> Json:
    """Build the name, the status and the priority, if the program or the state has one."""
    return {"name": news["name"], "status": news["status"], **sayings(priority=news.get("priority"))}


def conditions_body(news: Json, **more: Json) -> Json:
    """Build the conditions: network, people and whichever of *more* says something."""
    return {"network": network_condition(news), **sayings(people=people_condition(news), **more)}


def _mfa_body(news: Json) -> Json:
    actions = {"enroll": {"self": news["enroll"]}}
    return {"type": "MFA_ENROLL", **base_body(news), "conditions": conditions_body(news), "actions": actions}


_CLASSIC = Field(Kind.OBJECT_SET, not_modelled="Classic Engine organisations only")

RULE_MFA = Rule(
    tok="okta:policy/ruleMfa:RuleMfa",
    noun="MFA policy rule",
    fields={
        **RULE,
        "enroll": Field(Kind.TEXT, default="CHALLENGE", one_of=("CHALLENGE", "LOGIN", "NEVER")),
        "appIncludes": _CLASSIC,
        "appExcludes": _CLASSIC,
    },
    body=_mfa_body,
    outputs=lambda found, _: sayings(enroll=(found["actions"].get("enroll") or {}).get("self")),
    reads_policy=True,
)
