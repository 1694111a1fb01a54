"""Without this file what happened at Okta would stay there: its System Log, read in our words."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from migration.adapters.okta_client import OktaClient
from migration.errors import IdpRefused
from migration.log_events import (
    APP,
    DECISION,
    ENROLMENT,
    KINDS,
    LOCKOUT,
    METHOD,
    RECOVERY,
    REMOVAL,
    SESSION,
    SIGN_IN,
    LogEvent,
)
from migration.posture import Method

_PATH = "/api/v1/logs"
# The vendor's type of event → our kind, and of a sign-in the step.
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "user.session.start": (SIGN_IN, SESSION),
    "user.authentication.auth_via_mfa": (SIGN_IN, METHOD),
    "policy.evaluate_sign_on": (SIGN_IN, DECISION),
    "user.authentication.sso": (SIGN_IN, APP),
    "user.mfa.factor.activate": (ENROLMENT, ""),
    "user.mfa.factor.deactivate": (REMOVAL, ""),
    "user.mfa.factor.reset_all": (REMOVAL, ""),
    "user.account.lock": (LOCKOUT, ""),
    "user.account.lock.limit": (LOCKOUT, ""),
    "user.account.reset_password": (RECOVERY, ""),
    "user.account.unlock": (RECOVERY, ""),
    "user.account.unlock_by_admin": (RECOVERY, ""),
}
# `debugData.factor`, and what a person reads in `methodTypeUsed`, lower case; Okta promises neither.
_FACTORS: Final[Mapping[str, Method]] = {
    "password_as_factor": Method.PASSWORD,
    "password": Method.PASSWORD,
    "sms_factor": Method.SMS,
    "sms": Method.SMS,
    "call_factor": Method.VOICE,
    "call": Method.VOICE,
    "voice call": Method.VOICE,
    "email_factor": Method.EMAIL,
    "email": Method.EMAIL,
    "security_question": Method.QUESTION,
    "security question": Method.QUESTION,
    "question": Method.QUESTION,
    "okta_soft_token": Method.APP_CODE,
    "okta_verify_push": Method.PUSH,
    "get a push notification": Method.PUSH,
    "push": Method.PUSH,
    "signed_nonce": Method.FASTPASS,
    "use okta fastpass": Method.FASTPASS,
    "google_otp": Method.TOTP,
    "token:software:totp": Method.TOTP,
    "temporary_access_code": Method.TAP,
    "temporary access code": Method.TAP,
}
_PASSKEYS: Final = frozenset(
    {"fido_webauthn", "webauthn", "security key or biometric", "security key or biometric authenticator"}
)
_CODE = "enter a code"
_UNKNOWN = frozenset({None, "", "unknown"})


def events(client: OktaClient, since: datetime, until: datetime, kinds: frozenset[str] = KINDS) -> Iterator[LogEvent]:
    """
    Yield what happened between two moments, both included, oldest first.

    Args:
        client: The tenant; it keeps its log for 90 days.
        since: Aware.
        until: Aware; without an end the vendor's list never ends.
        kinds: Which of `log_events.KINDS`; none is no call.

    Yields:
        Each event once. A passkey's kind is only told by what it proved: one that says nothing is taken for
        synced, the weakest, and a security key looks like any bound one.

    Raises:
        IdpUnavailable: The tenant does not answer.
        IdpRefused: The token may not read the log, or an event has no time.
    """
    wanted = [event for event, (kind, _) in _TYPES.items() if kind in kinds]
    if not wanted:
        return
    query = {
        "since": _written(since),
        "until": _written(until),
        "limit": "1000",
        "sortOrder": "ASCENDING",
        "filter": " or ".join(f'eventType eq "{event}"' for event in wanted),
    }
    # The log's times are whole milliseconds.
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    path: str | None = f"{_PATH}?{urlencode(query, quote_via=quote)}"
    seen: frozenset[str] = frozenset()
    while path:
        page = client.page(path, named="uuid")
        for row in page.rows:
            # A page may begin with what ended the one before; the filter of an old tenant may let others pass.
            if row["uuid"] in seen or row.get("eventType") not in _TYPES:
                continue
            event = _event(row)
            if event.kind in kinds and since <= event.at <= until:
                yield event
        seen = frozenset(str(row["uuid"]) for row in page.rows)
        path = page.following if page.rows else None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(row: Mapping[str, Any]) -> LogEvent:
    kind, step = _TYPES[row["eventType"]]
    targets = [one for one in row.get("target") or () if isinstance(one, dict)]
    outcome = row.get("outcome") or {}
    enrolment = next(iter(_of(targets, "AuthenticatorEnrollment")), {})
    return LogEvent(
        at=_at(row),
        kind=kind,
        account_id=_account(row, targets),
        result=str(outcome.get("result") or "UNKNOWN"),
        method=_method(row, enrolment),
        app=next((str(one["id"]) for one in _of(targets, "AppInstance")), None) if step in {APP, DECISION} else None,
        # The session's rule is asked first, so the last one is the app's.
        rule_id=next((str(one["id"]) for one in reversed(_of(targets, "PolicyRule"))), None),
        reason=_reason(outcome.get("reason")),
        step=step,
        attempt=_attempt(row),
        factor_id=str(enrolment["id"]) if enrolment.get("id") else None,
    )


def _of(targets: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [one for one in targets if one.get("type") == kind]


def _at(row: Mapping[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(row["published"])
    except (KeyError, TypeError, ValueError) as error:
        raise IdpRefused(
            "The tenant's log has an event without a time",
            context=f"GET {_PATH}, event {row['uuid']}",
            hint="is the address that of an Okta tenant? offramp doctor",
        ) from error
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def _account(row: Mapping[str, Any], targets: Iterable[Mapping[str, Any]]) -> str | None:
    """Return whom it was done to: the first target is often not the person, and some events have none."""
    actor = row.get("actor") or {}
    whose = [*_of(targets, "User"), *_of([actor], "User")]
    return next((str(one["id"]) for one in whose if one.get("id") not in _UNKNOWN), None)


def _method(row: Mapping[str, Any], enrolment: Mapping[str, Any]) -> str | None:
    detail = enrolment.get("detailEntry") or {}
    debug = (row.get("debugContext") or {}).get("debugData") or {}
    for said in (debug.get("factor"), debug.get("factorType"), detail.get("methodTypeUsed")):
        word = str(said or "").lower()
        if word in _PASSKEYS:
            return _passkey(str(detail.get("methodUsedVerifiedProperties") or ""))
        if word == _CODE:
            return Method.APP_CODE if enrolment.get("displayName") == "Okta Verify" else Method.TOTP
        if word in _FACTORS:
            return _FACTORS[word]
    return None


def _passkey(proved: str) -> str:
    return Method.PASSKEY_BOUND if "DEVICE_BOUND" in proved else Method.PASSKEY_SYNCED


def _attempt(row: Mapping[str, Any]) -> str | None:
    context, transaction = row.get("authenticationContext") or {}, row.get("transaction") or {}
    named = (context.get("rootSessionId"), context.get("externalSessionId"), transaction.get("id"))
    return next((str(one) for one in named if one not in _UNKNOWN), None)


def _reason(said: Any) -> str | None:
    # Some sentences of the vendor's name the person.
    return str(said) if said and "@" not in str(said) else None
