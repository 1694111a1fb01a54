"""Without this file a set would decide nothing but sign-in: its own password, enrolment and session policies."""

from collections.abc import Callable, Mapping

import pulumi
import pulumi_okta as okta

from migration.posture import Posture, Target
from stacks.okta_baseline import enrolment_keys, password_arguments, session_arguments
from stacks.okta_dialect import closed
from stacks.okta_set import Ids, Place


def password(place: Place, posture: Posture, group: pulumi.Input[str]) -> Ids:
    """Declare who may reset a password and unlock: whoever the account rules let."""
    policy = place.chain.add(
        okta.policy.Password(
            f"{place.key} password",
            name=f"offramp {place.key} password",
            description="Recovery and unlock are decided by the account management policy.",
            priority=place.policy_priority("password"),
            status=place.status("password"),
            groups_included=[group],
            opts=place.chain.options(),
            **password_arguments(place.baseline.password),
        )
    )
    actions = place.baseline.password.rule["actions"]
    reset = "DENY" if posture.recovery_target is Target.NOTHING else "ALLOW"
    unlock = actions.get("selfServiceUnlock", {}).get("access", "DENY")
    rule = place.chain.add(
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
            opts=place.chain.options(),
        )
    )
    return {"password": policy.id, "password rule": rule.id}


def enrolment(place: Place, posture: Posture, group: pulumi.Input[str]) -> Ids:
    """Declare which authenticators may be enrolled and used: what may be today, without what the target closes."""
    shut = closed(posture.target, posture.also)
    today = enrolment_keys(place.baseline.enrolment)
    keys = {key: {"enroll": "NOT_ALLOWED" if key in shut else enrol} for key, enrol in today.items()}
    policy = place.chain.add(
        okta.policy.Mfa(
            f"{place.key} enrolment",
            name=f"offramp {place.key} enrolment",
            description="Which authenticators may be enrolled and used.",
            priority=place.policy_priority("enrolment"),
            status=place.status("enrolment"),
            groups_included=[group],
            is_oie=True,
            opts=place.chain.options(),
            **keys,
        )
    )
    rule = place.chain.add(
        okta.policy.RuleMfa(
            f"{place.key} enrolment rule",
            name=f"{place.key} enrolment",
            policy_id=policy.id,
            priority=1,
            status="ACTIVE",
            network_connection="ANYWHERE",
            enroll=place.baseline.enrolment.rule["actions"]["enroll"]["self"],
            opts=place.chain.options(),
        )
    )
    return {"enrolment": policy.id, "enrolment rule": rule.id}


def session(place: Place, posture: Posture, group: pulumi.Input[str]) -> Ids:
    """Declare how long a session lasts: as today, or shorter."""
    policy = place.chain.add(
        okta.policy.Signon(
            f"{place.key} session",
            name=f"offramp {place.key} session",
            description="How long a session lasts.",
            priority=place.policy_priority("session"),
            status=place.status("session"),
            groups_included=[group],
            opts=place.chain.options(),
        )
    )
    rule = place.chain.add(
        okta.policy.RuleSignon(
            f"{place.key} session rule",
            name=f"{place.key} session",
            policy_id=policy.id,
            priority=1,
            status="ACTIVE",
            network_connection="ANYWHERE",
            opts=place.chain.options(),
            **session_arguments(place.baseline.session, posture.limits),
        )
    )
    return {"session": policy.id, "session rule": rule.id}


# Our name of an own policy → what declares it, in the order in which a set writes them.
DECLARE: Mapping[str, Callable[[Place, Posture, pulumi.Input[str]], Ids]] = {
    "password": password,
    "enrolment": enrolment,
    "session": session,
}
