"""Without this file every policy and rule would repeat the official provider's habits, each differently."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.providers.fields import Field, Fields, Kind, Problem, Unset
from sandbox.providers.okta_client import Okta
from sandbox.providers.resource import MadeButUnfinishedError, ProviderError
from sandbox.providers.values import Json

STATUS = Field(Kind.TEXT, default="ACTIVE", one_of=("ACTIVE", "INACTIVE"))
# Silence about the priority keeps what the server chose; an update sends that again.
PRIORITY = Field(Kind.WHOLE, unset=Unset.KEPT)
NETWORK: Fields = {
    "networkConnection": Field(Kind.TEXT, default="ANYWHERE", one_of=("ANYWHERE", "ZONE", "ON_NETWORK", "OFF_NETWORK")),
    "networkIncludes": Field(Kind.LIST),
    "networkExcludes": Field(Kind.LIST),
}


def sayings(**values: Any) -> Json:
    """Keep what says something; None, empty texts, empty lists, empty objects and 0 go, False stays."""
    return {key: value for key, value in values.items() if value is False or value not in (None, "", [], {}, 0)}


def keep_priority(wanted: Any, answer: Json) -> None:
    """
    Refuse a priority that the server did not take, in the official provider's words.

    Raises:
        ProviderError: The server shows another priority; the write took effect all the same.
    """
    got = answer.get("priority")
    if wanted and got is not None and wanted != got:
        raise ProviderError(f"provided priority was not valid, got: {wanted}, API responded with: {got}")


def never_default(values: Json, what: str) -> None:
    """
    Refuse to touch what the vendor calls default, as the official provider does.

    Raises:
        ProviderError: *values* carries that name.
    """
    if values.get("name") == f"Default {what}":
        raise ProviderError(f"Default {what} is immutable")


def switch(client: Okta, path: str, status: str) -> Json:
    """Send the life-cycle call that leads to *status*; return its answer, empty for policies and rules."""
    return client.post(f"{path}/lifecycle/{'deactivate' if status == 'INACTIVE' else 'activate'}")


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Put *what* before any failure inside, so that one line says which step of which object failed."""
    try:
        yield
    except MadeButUnfinishedError as error:
        raise MadeButUnfinishedError(error.object_id, f"{what}: {error}") from error
    except ProviderError as error:
        raise ProviderError(f"{what}: {error}") from error


def network_problems(news: Json) -> Iterator[Problem]:
    """Yield the one combination of zones that the official provider refuses."""
    if news.get("networkIncludes") and news.get("networkExcludes"):
        yield Problem("networkIncludes", "conflicts with networkExcludes: a rule names zones in one way only")


def network_condition(news: Json) -> Json:
    """Build `conditions.network`."""
    return sayings(
        connection=news.get("networkConnection"),
        include=news.get("networkIncludes"),
        exclude=news.get("networkExcludes"),
    )


def network_outputs(conditions: Json) -> Json:
    """Read `conditions.network`; zones that the connection does not use are no part of the rule."""
    network = conditions.get("network") or {}
    connection = network.get("connection", "ANYWHERE")
    used = network if connection == "ZONE" else {}
    return {
        "networkConnection": connection,
        "networkIncludes": used.get("include") or [],
        "networkExcludes": used.get("exclude") or [],
    }


def people_condition(news: Json) -> Json:
    """Build `conditions.people` from whichever of users and groups the type has; sets go out sorted."""
    users = sayings(include=_sorted(news, "usersIncluded"), exclude=_sorted(news, "usersExcluded"))
    groups = sayings(include=_sorted(news, "groupsIncluded"), exclude=_sorted(news, "groupsExcluded"))
    return sayings(users=users, groups=groups)


def _sorted(news: Json, name: str) -> list[str]:
    return sorted(news.get(name) or [])


def people_outputs(conditions: Json, fields: Fields) -> Json:
    """Read `conditions.people` into those of the four sets that *fields* has."""
    people = conditions.get("people") or {}
    users, groups = people.get("users") or {}, people.get("groups") or {}
    found = {
        "usersIncluded": users.get("include") or [],
        "usersExcluded": users.get("exclude") or [],
        "groupsIncluded": groups.get("include") or [],
        "groupsExcluded": groups.get("exclude") or [],
    }
    return {name: value for name, value in found.items() if name in fields}
