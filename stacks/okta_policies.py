"""Without this file a posture would stay a wish: the group, the policies and the rules of one set."""

from typing import Any

import pulumi
import pulumi_okta as okta

from migration import set_names
from migration.baseline import AppBaseline
from migration.manifest import BootstrapContent
from migration.posture import Posture, Target
from stacks.okta_baseline import reauthentication, rule_conditions
from stacks.okta_dialect import access, constraints, password_alone
from stacks.okta_own import DECLARE
from stacks.okta_set import Ids, Place

ENROL = "accessRequest.operation == 'enroll'"
NEW_PHONE = f"{ENROL} && accessRequest.authenticator.key == 'phone_number'"
NEW_PASSKEY = f"{ENROL} && accessRequest.authenticator.key == 'webauthn'"
UNENROL = "accessRequest.operation == 'unenroll'"
RECOVER = "accessRequest.operation == 'recover' || accessRequest.operation == 'unlockAccount'"


def declare_set(place: Place) -> Ids:
    """
    Declare one set and return the ids of what it owns, by name.

    Account-management rules come before the password policy that starts to listen to them; the group comes first
    and has nobody in it when the set is created.
    """
    owned, posture = set_names.owned(place.content), place.content.posture
    group = place.chain.add(
        okta.group.Group(
            f"{place.key} group",
            name=f"offramp {place.key}",
            description="Members are moved by offramp; do not edit by hand.",
            opts=place.chain.options(),
        )
    )
    ids = {set_names.GROUP: group.id}
    ids |= _account_rules(place, group.id)
    if posture is None:
        return ids
    for name in owned.policies:
        ids |= DECLARE[name](place, posture, group.id)
    for app in place.baseline.apps if owned.has_sign_in else ():
        ids |= _sign_in_rules(place, posture, app, group.id)
    return ids


def _account_rules(place: Place, group: pulumi.Input[str]) -> Ids:
    """Declare the set's rules in the account-management policy: each for one group and for operations that it names."""
    content = place.content
    names = set_names.owned(content).account_rules
    ids = {}
    for index, name in enumerate(names):
        rule = place.chain.add(
            okta.AppSignonPolicyRule(
                f"{place.key} {name}",
                name=f"{place.key} {name}",
                policy_id=place.baseline.account_management.policy_id,
                priority=place.account_priority(index),
                status=place.status(name),
                groups_included=[group],
                re_authentication_frequency="PT0S",
                opts=place.chain.options(),
                **(_at_the_desk(content) if isinstance(content, BootstrapContent) else _for(name, content.posture)),
            )
        )
        ids[name] = rule.id
    return ids


def _for(name: str, posture: Posture) -> dict[str, Any]:
    expression, target = {
        "no new phone": (NEW_PHONE, Target.NOTHING),
        "enrol": (ENROL, posture.target),
        "unenrol": (UNENROL, posture.target),
        "recover": (RECOVER, posture.recovery_target),
    }[name]
    return {
        "custom_expression": expression,
        "network_connection": "ANYWHERE",
        "access": access(target),
        "factor_mode": "2FA",
        "constraints": constraints(target),
    }


def _at_the_desk(content: BootstrapContent) -> dict[str, Any]:
    """Let a password bind a passkey, where two people have seen who it is; outside the zone the next rule decides."""
    return {
        "custom_expression": NEW_PASSKEY,
        "network_connection": "ZONE",
        "network_includes": [content.zone_id],
        "access": "ALLOW",
        "factor_mode": "1FA",
        "constraints": password_alone(),
    }


def _sign_in_rules(place: Place, posture: Posture, app: AppBaseline, group: pulumi.Input[str]) -> Ids:
    """Declare a rule for each rule of theirs in one app's policy: same conditions, and what the set accepts."""
    ids = {}
    for index, theirs in enumerate(app.rules):
        refuses = theirs["actions"]["appSignOn"]["access"] == "DENY"
        target, also = (Target.NOTHING, ()) if refuses else (posture.target, posture.also)
        carried: dict[str, Any] = rule_conditions(theirs)
        name = set_names.sign_in_name(place.key, index, app.key)
        rule = place.chain.add(
            okta.AppSignonPolicyRule(
                name,
                name=set_names.rule_name(place.key, index),
                policy_id=app.policy_id,
                priority=place.app_priority(index, len(app.rules)),
                status=place.status(name),
                groups_included=[group],
                access=access(target),
                factor_mode="2FA",
                constraints=constraints(target, also),
                re_authentication_frequency=reauthentication(theirs, posture.limits),
                opts=place.chain.options(),
                **carried,
            )
        )
        ids[name] = rule.id
    return ids
