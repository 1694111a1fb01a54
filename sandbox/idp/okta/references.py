"""Without this file a rule could name a group or a zone that is not there, and would then hold for nobody."""

from sandbox.idp.okta.errors import invalid
from sandbox.idp.state import Json, State


def check_people(state: State, conditions: Json) -> None:
    """
    Refuse groups and users that the tenant does not have.

    Raises:
        OktaError: 400, names the field and the id.
    """
    people: Json = conditions.get("people") or {}
    for name, kind in (("groups", "groups"), ("users", "users")):
        for side, keys in (people.get(name) or {}).items():
            _check(state, kind, keys, f"conditions.people.{name}.{side}")


def check_network(state: State, conditions: Json) -> None:
    """
    Refuse zones that the tenant does not have, and a zone condition without one.

    Raises:
        OktaError: 400, names the field and the id.
    """
    network: Json = conditions.get("network") or {}
    for side in ("include", "exclude"):
        _check(state, "zones", network.get(side), f"conditions.network.{side}")
    if network.get("connection") == "ZONE" and not (network.get("include") or network.get("exclude")):
        raise invalid("conditions.network", "At least one zone must be included or excluded.")


def _check(state: State, kind: str, keys: list[str] | None, field: str) -> None:
    for key in keys or []:
        if key not in state.all(kind) and key not in {"ALL_ZONES", "LEGACY_IP_ZONE"}:
            raise invalid(field, f"Invalid id: {key}")
