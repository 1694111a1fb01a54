"""Without this file the provider would know no group, no network zone, no app policy and no look-up."""

import json
from typing import Any

from sandbox.providers.fields import Field, Kind, Unset, parsed
from sandbox.providers.okta_app_rules import APP_RULE
from sandbox.providers.okta_client import Okta
from sandbox.providers.okta_password import PASSWORD
from sandbox.providers.okta_password_rule import RULE_PASSWORD
from sandbox.providers.okta_policies import MFA, SIGNON
from sandbox.providers.okta_rules import RULE_MFA
from sandbox.providers.okta_session_rule import RULE_SIGNON
from sandbox.providers.okta_shared import telling
from sandbox.providers.okta_zones import Zone
from sandbox.providers.resource import Invoke, ProviderError, Resource, unfinished
from sandbox.providers.values import Json

_PAGE = 200


class Group(Resource):
    """A group: POST, GET until visible, GET; GET; PUT, GET; DELETE."""

    tok = "okta:group/group:Group"
    fields = {  # noqa: RUF012 - a table, never written to
        "name": Field(Kind.TEXT, required=True),
        "description": Field(Kind.TEXT),
        "customProfileAttributes": Field(Kind.JSON, unset=Unset.KEPT),
        "skipUsers": Field(Kind.FLAG, read_back=False),
    }

    def create(self, client: Okta, news: Json) -> tuple[str, Json]:
        """POST, GET until the vendor shows it (10 s), GET."""
        with telling("failed to create group"):
            made = client.post("/api/v1/groups", _group(news))
            path = f"/api/v1/groups/{made['id']}"
            with unfinished(made["id"]):
                client.until_visible(path)
                return made["id"], _group_outputs(client.get(path))

    def read(self, client: Okta, object_id: str, known: Json) -> tuple[str, Json] | None:
        """GET."""
        del known
        found = client.find(f"/api/v1/groups/{object_id}")
        return (object_id, _group_outputs(found)) if found else None

    def update(self, client: Okta, object_id: str, olds: Json, news: Json) -> Json:
        """PUT, GET."""
        del olds
        path = f"/api/v1/groups/{object_id}"
        with telling("failed to update group"):
            client.put(path, _group(news))
            return _group_outputs(client.get(path))

    def delete(self, client: Okta, object_id: str, olds: Json) -> None:
        """DELETE."""
        del olds
        with telling("failed to delete group"):
            client.delete(f"/api/v1/groups/{object_id}")


def _group(news: Json) -> Json:
    more = parsed(news.get("customProfileAttributes")) or {}
    own = {"name": news["name"], "description": news.get("description", "")}
    return {"profile": {**own, **{key: value for key, value in more.items() if value is not None}}}


def _group_outputs(found: Json) -> Json:
    profile = dict(found["profile"])
    outputs = {"name": profile.pop("name"), "description": profile.pop("description", None) or ""}
    more = {key: value for key, value in profile.items() if value is not None}
    return {**outputs, **({"customProfileAttributes": json.dumps(more, sort_keys=True)} if more else {})}


class AppPolicy(Resource):
    """
    An app sign-on policy and its catch-all rule's default.

    Create is POST, GET rules and, where `catchAll` is false, GET rules and PUT of the catch-all rule; read is
    GET, GET rules, and a policy that is gone is an error there, as in the official provider; update is PUT,
    GET rules; delete first gives its apps the organisation's default policy.
    """

    tok = "okta:index/appSignonPolicy:AppSignonPolicy"
    fields = {  # noqa: RUF012 - a table, never written to
        "name": Field(Kind.TEXT, required=True),
        "description": Field(Kind.TEXT, required=True),
        "priority": Field(Kind.WHOLE, default=1),
        "catchAll": Field(Kind.FLAG, default=True, read_back=False),
    }
    computed = ("defaultRuleId",)

    def create(self, client: Okta, news: Json) -> tuple[str, Json]:
        """POST, GET rules, [GET rules, PUT catch-all]."""
        with telling("failed to create access policy"):
            made = client.post("/api/v1/policies", _app_policy(news))
            rules = f"/api/v1/policies/{made['id']}/rules"
            with unfinished(made["id"]):
                outputs = _app_policy_outputs(made, _system_rule(client, rules))
                if news.get("catchAll") is False:
                    rule = _system_rule(client, rules)
                    rule["actions"]["appSignOn"]["access"] = "DENY"
                    client.put(f"{rules}/{rule['id']}", rule)
                return made["id"], outputs

    def read(self, client: Okta, object_id: str, known: Json) -> tuple[str, Json] | None:
        """GET, GET rules."""
        del known
        with telling("failed to read access policy"):
            found = client.get(f"/api/v1/policies/{object_id}")
            return object_id, _app_policy_outputs(found, _system_rule(client, f"/api/v1/policies/{object_id}/rules"))

    def update(self, client: Okta, object_id: str, olds: Json, news: Json) -> Json:
        """PUT, GET rules; `catchAll` counts at creation only."""
        del olds
        path = f"/api/v1/policies/{object_id}"
        with telling("failed to update access policy"):
            answer = client.put(path, _app_policy(news))
            return _app_policy_outputs(answer, _system_rule(client, f"{path}/rules"))

    def delete(self, client: Okta, object_id: str, olds: Json) -> None:
        """GET policies, GET apps, PUT per app that uses it, DELETE."""
        del olds
        with telling("failed to delete access policy"):
            system = [one for one in client.all("/api/v1/policies?type=ACCESS_POLICY") if one.get("system")]
            if len(system) != 1:
                raise ProviderError("cannot find default ACCESS_POLICY policy")
            for app in client.all(f"/api/v1/apps?limit={_PAGE}"):
                used = app.get("_links", {}).get("accessPolicy", {}).get("href", "")
                if used.rsplit("/", 1)[-1] == object_id:
                    client.put(f"/api/v1/apps/{app['id']}/policies/{system[0]['id']}")
            client.delete(f"/api/v1/policies/{object_id}")


def _app_policy(news: Json) -> Json:
    return {"type": "ACCESS_POLICY", **{key: news[key] for key in ("name", "description", "priority")}}


def _app_policy_outputs(found: Json, rule: Json) -> Json:
    return {
        "name": found["name"],
        "description": found.get("description") or "",
        "priority": found.get("priority"),
        "defaultRuleId": rule["id"],
    }


def _system_rule(client: Okta, path: str) -> Json:
    for rule in client.all(path):
        if rule.get("system"):
            return rule
    raise ProviderError("policy does not have a default (system) access policy rule")


def _get_policy(client: Any, args: Json) -> Json:
    for policy in client.all(f"/api/v1/policies?type={args['type']}"):
        if policy["name"] == args["name"]:
            return {**{key: policy[key] for key in ("id", "name", "status")}, "type": args["type"]}
    raise ProviderError(f"no policies retrieved for policy type '{args['type']}' and name '{args['name']}'")


def _get_default_policy(client: Any, args: Json) -> Json:
    for policy in client.all(f"/api/v1/policies?type={args['type']}"):
        if policy.get("system"):
            return {"id": policy["id"], "type": args["type"]}
    raise ProviderError(f"cannot find default {args['type']} policy")


_TYPES: tuple[Resource, ...] = (
    *(Group(), Zone(), AppPolicy(), APP_RULE),
    *(MFA, RULE_MFA, SIGNON, RULE_SIGNON, PASSWORD, RULE_PASSWORD),
)
RESOURCES = {one.tok: one for one in _TYPES}
INVOKES: dict[str, Invoke] = {
    "okta:policy/getPolicy:getPolicy": _get_policy,
    "okta:policy/getDefaultPolicy:getDefaultPolicy": _get_default_policy,
}
