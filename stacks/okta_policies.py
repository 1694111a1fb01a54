"""Without this file a posture would stay a wish: one set of Okta policies and rules per slot, home and break-glass."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_okta as okta

from migration.baseline import AppBaseline, Baseline
from migration.posture import Posture, Target
from stacks.chain import Chain
from stacks.okta_baseline import (
    enrolment_keys,
    password_arguments,
    reauthentication,
    rule_conditions,
    session_arguments,
)
from stacks.okta_dialect import CLOSED, STATUS, access, constraints

RECOVER = "accessRequest.operation == 'recover' || accessRequest.operation == 'unlockAccount'"
NEW_PHONE = "accessRequest.operation == 'enroll' && accessRequest.authenticator.key == 'phone_number'"
ENROL = "accessRequest.operation == 'enroll'"
UNENROL = "accessRequest.operation == 'unenroll'"
ACCOUNT_RULES_PER_SET = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a set stands among ours: 0 decides first; its key begins the name of everything it owns."""

    key: str
    order: int

    @property
    def policy_priority(self) -> int:
        """Priority of the set's own policies; 1 is the highest."""
        return self.order + 1

    def account_priority(self, index: int) -> int:
        """Priority of the set's rule number *index* in the account-management policy."""
        return self.order * ACCOUNT_RULES_PER_SET + index + 1

    def app_priority(self, index: int, rules_per_set: int) -> int:
        """Priority of the set's rule number *index* in an app policy; 0 means unset to the provider, so never 0."""
        return self.order * rules_per_set + index + 1


def declare_set(place: Place, posture: Posture, baseline: Baseline, chain: Chain) -> dict[str, pulumi.Output[str]]:
    """
    Declare one set and return the ids of what it owns, by name.

    Account-management rules come before the password policy that starts to listen to them; the group comes first
    and has nobody in it when the set is created.
    """
    group = chain.add(
        okta.group.Group(
            f"{place.key} group",
            name=f"offramp {place.key}",
            description="Members are moved by offramp; do not edit by hand.",
            opts=chain.options(),
        )
    )
    ids = {"group": group.id}
    ids |= _account_rules(place, posture, baseline, group.id, chain)
    ids |= _password(place, posture, baseline, group.id, chain)
    ids |= _enrolment(place, posture, baseline, group.id, chain)
    ids |= _session(place, posture, baseline, group.id, chain)
    for app in baseline.apps:
        ids |= _app_rules(place, posture, app, group.id, chain)
    return ids


def _account_rules(
    place: Place, posture: Posture, baseline: Baseline, group: pulumi.Input[str], chain: Chain
) -> dict[str, pulumi.Output[str]]:
    entries = (
        ("no new phone", NEW_PHONE, Target.NOTHING, posture.new_phones),
        ("enrol", ENROL, posture.target, posture.binding),
        ("unenrol", UNENROL, posture.target, posture.binding),
        ("recover", RECOVER, posture.recovery_target, posture.recovery),
    )
    ids = {}
    for index, (name, expression, target, decides) in enumerate(entries):
        rule = chain.add(
            okta.AppSignonPolicyRule(
                f"{place.key} {name}",
                name=f"{place.key} {name}",
                policy_id=baseline.account_management.policy_id,
                priority=place.account_priority(index),
                status=STATUS[decides],
                groups_included=[group],
                custom_expression=expression,
                network_connection="ANYWHERE",
                access=access(target),
                factor_mode="2FA",
                constraints=constraints(target),
                re_authentication_frequency="PT0S",
                opts=chain.options(),
            )
        )
        ids[name] = rule.id
    return ids


def _password(
    place: Place, posture: Posture, baseline: Baseline, group: pulumi.Input[str], chain: Chain
) -> dict[str, pulumi.Output[str]]:
    policy = chain.add(
        okta.policy.Password(
            f"{place.key} password",
            name=f"offramp {place.key} password",
            description="Recovery and unlock are decided by the account management policy.",
            priority=place.policy_priority,
            status=STATUS[posture.recovery],
            groups_included=[group],
            opts=chain.options(),
            **password_arguments(baseline.password),
        )
    )
    actions = baseline.password.rule["actions"]
    reset = "DENY" if posture.recovery_target is Target.NOTHING else "ALLOW"
    unlock = actions.get("selfServiceUnlock", {}).get("access", "DENY")
    rule = chain.add(
        okta.policy.RulePassword(
            f"{place.key} password rule",
            name=f"{place.key} password",
            policy_id=policy.id,
            priority=1,
            status="ACTIVE",
            network_connection="ANYWHERE",
            password_change=actions.get("passwordChange", {}).get("access", "ALLOW"),
            password_reset=reset,
            password_unlock="DENY" if reset == "DENY" else unlock,
            password_reset_access_control="AUTH_POLICY",  # noqa: S106 - the name of a setting
            opts=chain.options(),
        )
    )
    return {"password": policy.id, "password rule": rule.id}


def _enrolment(
    place: Place, posture: Posture, baseline: Baseline, group: pulumi.Input[str], chain: Chain
) -> dict[str, pulumi.Output[str]]:
    closed = CLOSED[posture.target]
    today = enrolment_keys(baseline.enrolment)
    keys = {key: {"enroll": "NOT_ALLOWED" if key in closed else enrol} for key, enrol in today.items()}
    policy = chain.add(
        okta.policy.Mfa(
            f"{place.key} enrolment",
            name=f"offramp {place.key} enrolment",
            description="Which authenticators may be enrolled and used.",
            priority=place.policy_priority,
            status=STATUS[posture.sign_in],
            groups_included=[group],
            is_oie=True,
            opts=chain.options(),
            **keys,
        )
    )
    rule = chain.add(
        okta.policy.RuleMfa(
            f"{place.key} enrolment rule",
            name=f"{place.key} enrolment",
            policy_id=policy.id,
            priority=1,
            status="ACTIVE",
            network_connection="ANYWHERE",
            enroll=baseline.enrolment.rule["actions"]["enroll"]["self"],
            opts=chain.options(),
        )
    )
    return {"enrolment": policy.id, "enrolment rule": rule.id}


def _session(
    place: Place, posture: Posture, baseline: Baseline, group: pulumi.Input[str], chain: Chain
) -> dict[str, pulumi.Output[str]]:
    policy = chain.add(
        okta.policy.Signon(
            f"{place.key} session",
            name=f"offramp {place.key} session",
            description="How long a session lasts.",
            priority=place.policy_priority,
            status=STATUS[posture.session],
            groups_included=[group],
            opts=chain.options(),
        )
    )
    rule = chain.add(
        okta.policy.RuleSignon(
            f"{place.key} session rule",
            name=f"{place.key} session",
            policy_id=policy.id,
            priority=1,
            status="ACTIVE",
            network_connection="ANYWHERE",
            opts=chain.options(),
            **session_arguments(baseline.session, posture.limits),
        )
    )
    return {"session": policy.id, "session rule": rule.id}


def _app_rules(
    place: Place, posture: Posture, app: AppBaseline, group: pulumi.Input[str], chain: Chain
) -> dict[str, pulumi.Output[str]]:
    ids = {}
    for index, theirs in enumerate(app.rules):
        name = f"{place.key} sign-in" if index == 0 else f"{place.key} sign-in {index + 1}"
        refuses = theirs["actions"]["appSignOn"]["access"] == "DENY"
        target = Target.NOTHING if refuses else posture.target
        carried: dict[str, Any] = rule_conditions(theirs)
        rule = chain.add(
            okta.AppSignonPolicyRule(
                f"{name} {app.key}",
                name=name,
                policy_id=app.policy_id,
                priority=place.app_priority(index, len(app.rules)),
                status=STATUS[posture.sign_in],
                groups_included=[group],
                access=access(target),
                factor_mode="2FA",
                constraints=constraints(target),
                re_authentication_frequency=reauthentication(theirs, posture.limits),
                opts=chain.options(),
                **carried,
            )
        )
        ids[f"{name} {app.key}"] = rule.id
    return ids
