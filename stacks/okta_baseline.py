"""Without this file what decides today could not be said in the provider's arguments."""

from collections.abc import Mapping
from typing import Any

from migration.baseline import BaselineNotSupported, OwnPolicy, Vendor
from migration.posture import Limits
from stacks.okta_dialect import duration, minutes

# The authenticators of Identity Engine that `okta.policy.Mfa` has an argument for.
PROVIDER_KEYS = frozenset(
    {
        "duo",
        "google_otp",
        "okta_email",
        "okta_password",
        "okta_verify",
        "onprem_mfa",
        "phone_number",
        "rsa_token",
        "security_question",
        "smart_card_idp",
        "webauthn",
        "yubikey_token",
    }
)
_KNOWN = frozenset({"people", "network", "device", "platform", "riskScore", "userType", "elCondition"})


def rule_conditions(rule: Vendor) -> dict[str, Any]:
    """
    Return the conditions of an app sign-on rule of theirs, all but its people, as arguments.

    Raises:
        BaselineNotSupported: The rule has a condition that the provider cannot carry.
    """
    conditions: Mapping[str, Any] = {key: value for key, value in (rule.get("conditions") or {}).items() if value}
    unknown = sorted(set(conditions) - _KNOWN)
    if unknown:
        raise _not_carried(unknown[0], rule)
    network = conditions.get("network", {})
    device = conditions.get("device", {})
    lost = [f"device.{name}" for name in ("registered", "managed") if device.get(name) is False]
    lost += ["platform.exclude"] if conditions.get("platform", {}).get("exclude") else []
    if lost:
        raise _not_carried(lost[0], rule)
    user_types = conditions.get("userType", {})
    arguments = {
        "network_connection": network.get("connection", "ANYWHERE"),
        "network_includes": network.get("include"),
        "network_excludes": network.get("exclude"),
        "device_is_registered": device.get("registered"),
        "device_is_managed": device.get("managed"),
        "device_assurances_included": device.get("assurance", {}).get("include"),
        "platform_includes": [
            {
                "type": platform["type"],
                "os_type": platform.get("os", {}).get("type"),
                "os_expression": platform.get("os", {}).get("expression"),
            }
            for platform in conditions.get("platform", {}).get("include", [])
        ],
        "risk_score": conditions.get("riskScore", {}).get("level"),
        "user_types_included": user_types.get("include"),
        "user_types_excluded": user_types.get("exclude"),
        "custom_expression": conditions.get("elCondition", {}).get("condition"),
    }
    return {name: value for name, value in arguments.items() if value}


def _not_carried(condition: str, rule: Vendor) -> BaselineNotSupported:
    return BaselineNotSupported(
        f"The condition {condition} cannot be carried over",
        context=f"rule {rule['name']} ({rule['id']})",
        hint="take the condition out of the rule, or leave its app out of the waves",
    )


def reauthentication(rule: Vendor, limits: Limits) -> str:
    """Return how often a proof is asked for: what the tenant asks today, or sooner."""
    today = minutes(rule["actions"]["appSignOn"].get("verificationMethod", {}).get("reauthenticateIn"))
    return duration(limits.reauthenticate_minutes if today is None else min(today, limits.reauthenticate_minutes))


def enrolment_keys(baseline: OwnPolicy) -> dict[str, str]:
    """
    Return each authenticator key of theirs and whether people may enrol it today.

    Okta lists every authenticator of the org in its default policy; all of them are declared at every stage, because
    one left out would keep its old value unseen.

    Raises:
        BaselineNotSupported: People may use an authenticator that the provider has no argument for, so declaring
            the others would close it.
    """
    keys = {}
    for entry in baseline.policy["settings"]["authenticators"]:
        key, enrol = entry["key"], entry["enroll"]["self"]
        if key in PROVIDER_KEYS:
            keys[key] = enrol
        elif enrol != "NOT_ALLOWED":
            raise BaselineNotSupported(
                f"The provider cannot carry the authenticator {key}, which people may use today",
                context=f"policy {baseline.policy['name']} ({baseline.policy['id']})",
                hint="close it in that policy first, or wait for a provider that can carry it",
            )
    return keys


def session_arguments(baseline: OwnPolicy, limits: Limits) -> dict[str, Any]:
    """Return their session rule as arguments, with lifetime and idle time no longer than *limits*."""
    signon = baseline.rule["actions"]["signon"]
    session = signon.get("session") or {}
    # In Okta 0 minutes is no limit at all.
    lifetime = session.get("maxSessionLifetimeMinutes") or limits.session_minutes
    idle = session.get("maxSessionIdleMinutes") or limits.idle_minutes
    arguments: dict[str, Any] = {
        "access": signon.get("access", "ALLOW"),
        "primary_factor": signon.get("primaryFactor"),
        "mfa_required": bool(signon.get("requireFactor")),
        "session_lifetime": min(lifetime, limits.session_minutes),
        "session_idle": min(idle, limits.idle_minutes),
        "session_persistent": False,
    }
    if arguments["mfa_required"]:
        arguments["mfa_prompt"] = signon.get("factorPromptMode")
        arguments["mfa_lifetime"] = signon.get("factorLifetime")
        arguments["mfa_remember_device"] = bool(signon.get("rememberDeviceByDefault"))
    return {name: value for name, value in arguments.items() if value is not None}


def password_arguments(baseline: OwnPolicy) -> dict[str, Any]:
    """Return their password policy as arguments: complexity, age and lockout stay as they are today."""
    password = baseline.policy["settings"]["password"]
    complexity, age, lockout = password["complexity"], password["age"], password["lockout"]
    recovery = baseline.policy["settings"].get("recovery", {}).get("factors", {})
    email = recovery.get("okta_email", {}).get("properties", {}).get("recoveryToken", {})
    question = recovery.get("recovery_question", {}).get("properties", {}).get("complexity", {})
    excluded = complexity.get("excludeAttributes") or []
    arguments = {
        "auth_provider": (baseline.policy.get("conditions") or {}).get("authProvider", {}).get("provider", "OKTA"),
        "password_min_length": complexity.get("minLength"),
        "password_min_lowercase": complexity.get("minLowerCase"),
        "password_min_uppercase": complexity.get("minUpperCase"),
        "password_min_number": complexity.get("minNumber"),
        "password_min_symbol": complexity.get("minSymbol"),
        "password_exclude_username": complexity.get("excludeUsername"),
        "password_exclude_first_name": "firstName" in excluded,
        "password_exclude_last_name": "lastName" in excluded,
        "password_dictionary_lookup": complexity.get("dictionary", {}).get("common", {}).get("exclude"),
        "password_max_age_days": age.get("maxAgeDays"),
        "password_expire_warn_days": age.get("expireWarnDays"),
        "password_min_age_minutes": age.get("minAgeMinutes"),
        "password_history_count": age.get("historyCount"),
        "password_max_lockout_attempts": lockout.get("maxAttempts"),
        "password_auto_unlock_minutes": lockout.get("autoUnlockMinutes"),
        "password_show_lockout_failures": lockout.get("showLockoutFailures"),
        "password_lockout_notification_channels": lockout.get("userLockoutNotificationChannels"),
        "email_recovery": "ACTIVE",
        "recovery_email_token": email.get("tokenLifetimeMinutes"),
        "question_recovery": "ACTIVE",
        "question_min_length": question.get("minLength"),
        # The named change: a phone is no recovery method, whatever the rule says.
        "sms_recovery": "INACTIVE",
        "call_recovery": "INACTIVE",
        "skip_unlock": baseline.policy["settings"].get("delegation", {}).get("options", {}).get("skipUnlock"),
    }
    return {name: value for name, value in arguments.items() if value is not None}
