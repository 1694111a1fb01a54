"""Without this file the provider could not say where a rule's network zones lie."""

from collections.abc import Iterator

from sandbox.providers.fields import Field, Kind, Problem
from sandbox.providers.okta_client import NOT_FOUND, Okta, OktaError
from sandbox.providers.okta_shared import STATUS, sayings, switch, telling
from sandbox.providers.resource import ProviderError, Resource, unfinished
from sandbox.providers.values import Json

_BUILT_IN = ("DefaultExemptIpZone", "BlockedIpZone")


class Zone(Resource):
    """
    A network zone.

    Create is POST, POST lifecycle/(de)activate; read is GET; update is PUT and the life cycle again;
    delete is POST lifecycle/deactivate, DELETE. The life-cycle answer shows the zone: no read follows a write.
    """

    tok = "okta:network/zone:Zone"
    fields = {  # noqa: RUF012 - a table, never written to
        "name": Field(Kind.TEXT, required=True),
        "type": Field(Kind.TEXT, required=True, one_of=("IP", "DYNAMIC", "DYNAMIC_V2")),
        "status": STATUS,
        "usage": Field(Kind.TEXT, default="POLICY", one_of=("POLICY", "BLOCKLIST")),
        "gateways": Field(Kind.SET),
        "proxies": Field(Kind.SET),
        "asns": Field(Kind.SET),
        "dynamicLocations": Field(Kind.SET),
        "dynamicLocationsExcludes": Field(Kind.SET),
        "dynamicProxyType": Field(Kind.TEXT),
        "ipServiceCategoriesIncludes": Field(Kind.SET),
        "ipServiceCategoriesExcludes": Field(Kind.SET),
        "setUsageAsExemptList": Field(Kind.FLAG, not_modelled="only for the vendor's own exempt zone"),
    }
    computed = ("system",)

    def problems(self, news: Json) -> Iterator[Problem]:
        """Yield what the official provider refuses before it calls."""
        if news.get("usage") == "BLOCKLIST" and news.get("proxies"):
            yield Problem("proxies", "cannot be set where usage is BLOCKLIST")

    def create(self, client: Okta, news: Json) -> tuple[str, Json]:
        """POST, life cycle."""
        if news["name"] in _BUILT_IN:
            raise ProviderError(f"the {news['name']} is a built-in Okta network zone and cannot be created")
        with telling("failed to create network zone"):
            made = client.post("/api/v1/zones", _zone(news))
            with unfinished(made["id"]):
                return made["id"], _outputs(_switched(client, made["id"], news["status"]))

    def read(self, client: Okta, object_id: str, known: Json) -> tuple[str, Json] | None:
        """GET."""
        del known
        found = client.find(f"/api/v1/zones/{object_id}")
        return (object_id, _outputs(found)) if found else None

    def update(self, client: Okta, object_id: str, olds: Json, news: Json) -> Json:
        """PUT, life cycle."""
        del olds
        with telling("failed to update network zone"):
            answer = client.put(f"/api/v1/zones/{object_id}", _zone(news))
            return _outputs(answer if news["name"] in _BUILT_IN else _switched(client, object_id, news["status"]))

    def delete(self, client: Okta, object_id: str, olds: Json) -> None:
        """Deactivate, DELETE; a zone of the system stays."""
        if olds.get("system"):
            return
        with telling("failed to delete network zone"):
            try:
                _switched(client, object_id, "INACTIVE")
            except OktaError as error:
                if error.status != NOT_FOUND:
                    raise
            client.delete(f"/api/v1/zones/{object_id}")


def _switched(client: Okta, zone_id: str, status: str) -> Json:
    return switch(client, f"/api/v1/zones/{zone_id}", status)


def _zone(news: Json) -> Json:
    body: Json = {key: news[key] for key in ("type", "name", "status", "usage")}
    asns = sorted(news.get("asns") or [])
    included, excluded = _places(news, "dynamicLocations"), _places(news, "dynamicLocationsExcludes")
    match news["type"]:
        case "IP":
            gateways, proxies = _addresses(news, "gateways"), _addresses(news, "proxies")
            return {**body, **sayings(gateways=gateways, proxies=proxies)}
        case "DYNAMIC":
            proxy = news.get("dynamicProxyType", "")
            return {**body, "proxyType": proxy, **sayings(asns=asns, locations=included)}
        case _:
            services = sayings(
                include=sorted(news.get("ipServiceCategoriesIncludes") or []),
                exclude=sorted(news.get("ipServiceCategoriesExcludes") or []),
            )
            places = sayings(include=included, exclude=excluded)
            return {
                **body,
                "asns": sayings(include=asns),
                "locations": places,
                "ipServiceCategories": services,
            }


def _addresses(news: Json, name: str) -> list[Json]:
    given = sorted(news.get(name) or [])
    return [{"type": "CIDR" if "/" in value else "RANGE", "value": value} for value in given]


def _places(news: Json, name: str) -> list[Json]:
    given = sorted(news.get(name) or [])
    return [{"country": value.split("-")[0], **({"region": value} if "-" in value else {})} for value in given]


def _outputs(found: Json) -> Json:
    # The second kind of dynamic zone tells included from excluded, the first has one list.
    wide = found["type"] == "DYNAMIC_V2"
    asns, shown = found.get("asns") or [], found.get("locations")
    locations: Json = (shown or {}) if wide else {"include": shown}
    services = found.get("ipServiceCategories") or {}
    return {
        **{key: found[key] for key in ("name", "type", "status", "usage")},
        "system": found.get("system", False),
        "gateways": [_address(one["value"]) for one in found.get("gateways") or []],
        "proxies": [_address(one["value"]) for one in found.get("proxies") or []],
        "asns": (asns.get("include") or []) if isinstance(asns, dict) else asns,
        "dynamicProxyType": found.get("proxyType") or "",
        "dynamicLocations": _shown(locations.get("include")),
        "dynamicLocationsExcludes": _shown(locations.get("exclude")),
        "ipServiceCategoriesIncludes": services.get("include") or [],
        "ipServiceCategoriesExcludes": services.get("exclude") or [],
    }


def _address(value: str) -> str:
    first, _, last = value.partition("-")
    return first if first == last else value


def _shown(places: list[Json] | None) -> list[str]:
    return [one.get("region") or one["country"] for one in places or []]
