"""
Without this file the provider would know no enrolment and no session policy.

Calls, as the official provider makes them: create is POST, POST lifecycle/(de)activate, GET; update is PUT,
POST lifecycle/(de)activate, GET; delete is DELETE. The life-cycle call is always sent, whatever the status,
because a PUT does not change it. The enrolment policy reads `/authenticators` before each POST and PUT.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.providers.fields import Field, Fields, Kind, Problem, Unset
from sandbox.providers.okta_client import Okta
from sandbox.providers.okta_shared import (
    PRIORITY,
    STATUS,
    keep_priority,
    never_default,
    people_condition,
    people_outputs,
    sayings,
    switch,
    telling,
)
from sandbox.providers.resource import ProviderError, Resource, unfinished
from sandbox.providers.values import UNKNOWN, Json

POLICY: Fields = {
    "name": Field(Kind.TEXT, required=True),
    "description": Field(Kind.TEXT),
    "priority": PRIORITY,
    "status": STATUS,
    "groupsIncluded": Field(Kind.SET),
}


def _no_problems(_: Json) -> Iterator[Problem]:
    yield from ()


def _nothing_before(_client: Okta, _news: Json) -> None:
    return


@dataclass(frozen=True)
class Policy(Resource):
    """
    One policy type of `/api/v1/policies`.

    Attributes:
        noun: What messages call it.
        body: The program's properties → what the body adds to name, status, priority and conditions.
        settings: The server's answer and what the program or the state knows → further outputs.
        check: What no single property shows.
        before: Reads and checks before each POST and PUT.
    """

    tok: str
    noun: str
    fields: Fields
    body: Callable[[Json], Json]
    settings: Callable[[Json, Json], Json]
    check: Callable[[Json], Iterator[Problem]] = _no_problems
    before: Callable[[Okta, Json], None] = _nothing_before

    def problems(self, news: Json) -> Iterator[Problem]:
        """Yield what only this type minds."""
        return self.check(news)

    def create(self, client: Okta, news: Json) -> tuple[str, Json]:
        """POST, life cycle, GET; a priority that the server did not take ends it after the POST."""
        never_default(news, "Policy")
        with telling(f"failed to create {self.noun}"):
            self.before(client, news)
            made = client.post("/api/v1/policies", self._body(news))
            keep_priority(news.get("priority"), made)
            path = f"/api/v1/policies/{made['id']}"
            with unfinished(made["id"]):
                switch(client, path, news["status"])
                return made["id"], self._outputs(client.get(path), news)

    def read(self, client: Okta, object_id: str, known: Json) -> tuple[str, Json] | None:
        """GET."""
        found = client.find(f"/api/v1/policies/{object_id}")
        return (object_id, self._outputs(found, known)) if found else None

    def update(self, client: Okta, object_id: str, olds: Json, news: Json) -> Json:
        """PUT, life cycle, GET; a priority that the server did not take ends it after the PUT."""
        del olds
        never_default(news, "Policy")
        path = f"/api/v1/policies/{object_id}"
        with telling(f"failed to update {self.noun}"):
            self.before(client, news)
            keep_priority(news.get("priority"), client.put(path, self._body(news)))
            switch(client, path, news["status"])
            return self._outputs(client.get(path), news)

    def delete(self, client: Okta, object_id: str, olds: Json) -> None:
        """DELETE."""
        never_default(olds, "Policy")
        with telling(f"failed to delete {self.noun}"):
            client.delete(f"/api/v1/policies/{object_id}")

    def _body(self, news: Json) -> Json:
        says = sayings(description=news.get("description"), priority=news.get("priority"))
        people = sayings(people=people_condition(news))
        added = self.body(news)
        conditions = {**added.pop("conditions", {}), **people}
        return {"name": news["name"], "status": news["status"], **says, "conditions": conditions, **added}

    def _outputs(self, found: Json, known: Json) -> Json:
        return {
            "name": found["name"],
            "description": found.get("description") or "",
            "status": found["status"],
            "priority": found.get("priority"),
            **people_outputs(found.get("conditions") or {}, self.fields),
            **self.settings(found, known),
        }


# Property → authenticator key, in the order in which the official provider sends them.
AUTHENTICATORS = {
    "duo": "duo",
    "externalIdp": "external_idp",
    "googleOtp": "google_otp",
    "oktaEmail": "okta_email",
    "oktaPassword": "okta_password",
    "oktaVerify": "okta_verify",
    "onpremMfa": "onprem_mfa",
    "phoneNumber": "phone_number",
    "rsaToken": "rsa_token",
    "securityQuestion": "security_question",
    "webauthn": "webauthn",
    "yubikeyToken": "yubikey_token",
    "smartCardIdp": "smart_card_idp",
}
# These two may occur several times, told apart by id; only the ids that the program names are followed.
_BY_ID = {"externalIdps": "external_idp", "customApps": "custom_app"}
_CLASSIC = (
    *("fidoU2f", "fidoWebauthn", "hotp", "oktaCall", "oktaOtp", "oktaPush", "oktaQuestion", "oktaSms"),
    "symantecVip",
)
_ENROLL: Fields = {
    "enroll": Field(Kind.TEXT, one_of=("REQUIRED", "OPTIONAL", "NOT_ALLOWED"), required=True),
    "constraints": Field(Kind.TEXT),
}
_CLASSIC_ONLY = Field(Kind.MAP, not_modelled="a Classic Engine factor, which isOie makes the official provider ignore")
# A key that is dropped from the program keeps its value: the official provider sees no difference then.
_AUTHENTICATOR = Field(Kind.MAP, fields=_ENROLL, unset=Unset.KEPT)


def _mfa_problems(news: Json) -> Iterator[Problem]:
    if news.get("isOie") not in (True, UNKNOWN):
        yield Problem("isOie", "must be true: without it the official provider sends Classic Engine factors")
    if news.get("externalIdp") and news.get("externalIdps"):
        yield Problem("externalIdp", "conflicts with externalIdps")


def _mfa_before(client: Okta, news: Json) -> None:
    listed = client.get("/api/v1/authenticators")
    active = {one["key"] for one in listed if one["status"] == "ACTIVE"}
    wanted = [
        key
        for name, key in AUTHENTICATORS.items()
        if key not in (*active, "external_idp") and news.get(name, {}).get("enroll", "NOT_ALLOWED") != "NOT_ALLOWED"
    ]
    if wanted:
        raise ProviderError(
            "invalid authenticator configuration: the following authenticators are not enabled in your Okta "
            f"org: {' '.join(wanted)}; either enable them in Okta or set enroll = NOT_ALLOWED"
        )


def _mfa_body(news: Json) -> Json:
    authenticators = [_enrolment(key, news[name]) for name, key in AUTHENTICATORS.items() if news.get(name)]
    authenticators += [_enrolment(key, one) for name, key in _BY_ID.items() for one in news.get(name) or []]
    return {
        "type": "MFA_ENROLL",
        "settings": {"type": "AUTHENTICATORS", **sayings(authenticators=authenticators)},
    }


def _enrolment(key: str, one: Json) -> Json:
    groups = sorted(filter(None, str(one.get("constraints") or "").split(",")))
    constraints = {"aaguidGroups": groups} if groups else None
    return {
        "key": key,
        **sayings(id=one.get("id"), constraints=constraints),
        "enroll": {"self": one["enroll"]},
    }


def _mfa_settings(found: Json, known: Json) -> Json:
    settings = found.get("settings") or {}
    listed = settings.get("authenticators") or []
    outputs: Json = {"isOie": settings.get("type") == "AUTHENTICATORS"}
    for name, key in AUTHENTICATORS.items():
        shown = [_shown(one) for one in listed if one["key"] == key]
        if shown and (key != "external_idp" or known.get(name)):
            outputs[name] = shown[0]
    for name, key in _BY_ID.items():
        ids = [one.get("id") for one in known.get(name) or []]
        held = {one.get("id"): {**_shown(one), "id": one["id"]} for one in listed if one["key"] == key and "id" in one}
        outputs[name] = [held[identity] for identity in ids if identity in held]
    return outputs


def _shown(one: Json) -> Json:
    groups = sorted((one.get("constraints") or {}).get("aaguidGroups") or [])
    return {"enroll": one["enroll"]["self"], **sayings(constraints=",".join(groups))}


MFA = Policy(
    tok="okta:policy/mfa:Mfa",
    noun="MFA policy",
    fields={
        **POLICY,
        "isOie": Field(Kind.FLAG),
        **dict.fromkeys(AUTHENTICATORS, _AUTHENTICATOR),
        **dict.fromkeys(_BY_ID, Field(Kind.OBJECT_SET, fields={**_ENROLL, "id": Field(Kind.TEXT, required=True)})),
        **dict.fromkeys(_CLASSIC, _CLASSIC_ONLY),
    },
    body=_mfa_body,
    settings=_mfa_settings,
    check=_mfa_problems,
    before=_mfa_before,
)

SIGNON = Policy(
    tok="okta:policy/signon:Signon",
    noun="sign-on policy",
    fields=POLICY,
    body=lambda _: {"type": "OKTA_SIGN_ON"},
    settings=lambda *_: {},
)
