"""Without this file every test of an approval would spell out keys, approvers and requests."""

import base64
from datetime import UTC, date, datetime, timedelta

from migration.approvals import Asked
from migration.approvers import Approver, Approvers
from migration.exception_classes import DESK
from migration.exception_events import ApprovalGiven, ExceptionGranted, ExceptionRequested, GrantBegun
from migration.exception_requests import Ground, Wish, request
from migration.policy_exceptions import PolicyException, Subject, approval_policy, evolve

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=20)
ASKING, OWNER = "m.ito", "k.brown"


def wire(*texts: bytes) -> bytes:
    """Return strings as SSH writes them."""
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)


def a_key(number: int = 1, kind: str = "ssh-ed25519") -> str:
    """Make a public key that nobody has the other half of."""
    return f"{kind} {base64.b64encode(wire(kind.encode(), bytes([number]) * 32)).decode()}"


def a_signature(key: str) -> str:
    """Make the armour of a signature that says it was made with *key*."""
    blob = base64.b64decode(key.split()[1])
    body = base64.b64encode(b"SSHSIG" + (1).to_bytes(4, "big") + wire(blob, b"offramp-approval", b"", b"sha512", b"x"))
    return f"-----BEGIN SSH SIGNATURE-----\n{body.decode()}\n-----END SSH SIGNATURE-----\n"


def an_approver(name="r.lee", *roles, number=1, account=None, **days) -> Approver:
    """Make somebody who may approve in November; a security lead unless it is said otherwise."""
    first, last = days.get("valid_from", date(2026, 11, 1)), days.get("valid_until", date(2026, 11, 30))
    return Approver(name, roles or ("security-lead",), a_key(number), first, last, account)


LEAD = an_approver("r.lee", "security-lead", number=1)
RISK = an_approver("t.abe", "risk-owner", number=2)
HELP = an_approver("h.mori", "help-desk-lead", number=3)
EVERYONE = Approvers((LEAD, RISK, HELP))


def a_subject(account="std1", cohort="standard") -> Subject:
    """Make one person that something is for."""
    return Subject(account, f"person of {account}", cohort)


def a_wish(*accounts, cohort="standard", **changes) -> Wish:
    """Make a wish for a dated TOTP app, for 20 days."""
    values = {
        "exception_class": "dated-totp",
        "subjects": tuple(a_subject(account, cohort) for account in accounts or ("std1",)),
        "reason": "a scanner that takes no key",
        "control": "sign-ins are reviewed daily",
        "owner": OWNER,
        "requester": ASKING,
        "starts_at": None,
        "ends_at": LATER,
        "renews": None,
    }
    return Wish(**{**values, **changes})


def a_desk_wish(*accounts, cohort="administrators", **changes) -> Wish:
    """Make a wish for a day at the desk."""
    values = {"exception_class": DESK, "ends_at": NOON + timedelta(hours=20), **changes}
    return a_wish(*(accounts or ("adm1",)), cohort=cohort, **values)


def a_ground(*open_ones: PolicyException, at=NOON, **changes) -> Ground:
    """Make a tenant in which everybody asked about holds a TOTP app, and a cohort of 100."""
    values = {
        "stack": "okta-prod",
        "exceptions": {one.key: one for one in open_ones},
        "held": {f"{prefix}{number}": frozenset({"totp"}) for prefix in ("std", "adm") for number in range(10)},
        "cohort_count": 100,
        "largest_share": 0.02,
        "requester_account": None,
        "at": at,
    }
    return Ground(**{**values, **changes})


def a_request(wish=None, key="exception-0007", ground=None) -> ExceptionRequested:
    """Make the fact that somebody asked."""
    found = request(wish or a_wish(), ground or a_ground(), key=key)
    assert isinstance(found, ExceptionRequested), found
    return found


def a_yes(asked, approver=LEAD, *, proof="signature") -> ApprovalGiven:
    """Make the fact that somebody approved."""
    signature = a_signature(approver.key) if proof == "signature" else None
    return ApprovalGiven(asked.key, asked.request_digest, approver.name, approver.roles, proof, signature)


def told(*events, at=NOON) -> dict[str, PolicyException]:
    """Fold facts into exceptions."""
    held = {}
    for event in events:
        held = evolve(held, event, at=at.isoformat())
    return held


def an_active_one(key="exception-0007", wish=None, ground=None) -> PolicyException:
    """Make an exception that stands."""
    asked = a_request(wish, key, ground)
    facts = (asked, a_yes(asked), a_yes(asked, RISK), GrantBegun(key), ExceptionGranted(key, 1, 1))
    return told(*facts)[key]


def asked_of(cohort="standard", exception_class="dated-totp", **changes) -> Asked:
    """Make one exact request that waits."""
    values = {
        "subject": "exception-0007",
        "document": {"kind": "exception", "key": "exception-0007", "reason": "a scanner"},
        "requester": ASKING,
        "accounts": frozenset({"std1"}),
        "policy": approval_policy(exception_class, cohort),
    }
    return Asked(**{**values, **changes})
