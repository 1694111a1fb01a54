"""Without this file nobody downstream of pandas could name the population that a plan was made from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

SCHEMA_VERSION = 2

COHORTS = (
    "administrators",
    "finance",
    "executives",
    "support",
    "contractors",
    "frontline",
    "service",
    "break-glass",
    "dormant",
    "standard",
)
METHODS = (
    "password",
    "sms",
    "voice",
    "email",
    "question",
    "totp",
    "app_code",
    "push",
    "fastpass",
    "passkey_synced",
    "passkey_bound",
    "security_key",
    "windows_hello",
    "tap",
)


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a snapshot, without anything that names its holder.

    Attributes:
        account_id: The vendor's id of the account.
        idp: Whose account it is: "okta" or "entra".
        person_key: Our key of the person, the same for all accounts of that person, and in every snapshot.
        cohort: One of the rule book's.
        because: Why that cohort, in plain words.
        readiness: A code of `cohorts.readiness.READINESS`.
        why: What the readiness rests on, in plain words.
        methods: Names out of METHODS, in that order; active ones only.
        group_class: The same for two accounts exactly if the vendor's policies cannot tell them apart by
            group, authentication provider or user type.
        status: The vendor's word for the state of the account, in Okta's vocabulary.
    """

    account_id: str
    idp: str
    person_key: str
    cohort: str
    because: str
    readiness: str
    why: str
    methods: tuple[str, ...]
    group_class: str
    status: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The classified population at one moment: counts and digests, named by its own digest.

    Attributes:
        schema_version: SCHEMA_VERSION when it was sealed.
        idps: Whose accounts it has, in order.
        taken_at: The moment that ages were counted from, UTC.
        rules_digest: sha-256 over what the rule book says, not how it is laid out.
        targets: Cohort → methods of which one makes a member ready.
        asked: The columns that the rule book asks about, in the order of the members' marks.
        counts: Cohort → readiness code → accounts; nothing is listed as 0.
        people_count: Accounts in all.
        persons_count: People in all: an account each, unless several were joined.
        rejects_count: Rows of the export that could not be used.
        conflicts_count: Contradictions that a person has to decide.
        leftover_phones_count: Accounts that are ready and still hold SMS or voice.
        shared_numbers_count: Accounts whose phone number another account holds too.
        members_digest: sha-256 over the members, ordered by provider and account id.
        digest: sha-256 over all of these: the same whatever the order of rows, the threads or the engine.
        sources: File → sha-256 over its bytes; beside the digest, because two files may say the same.
    """

    schema_version: int
    idps: tuple[str, ...]
    taken_at: datetime
    rules_digest: str
    targets: Mapping[str, tuple[str, ...]]
    asked: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]
    people_count: int
    persons_count: int
    rejects_count: int
    conflicts_count: int
    leftover_phones_count: int
    shared_numbers_count: int
    members_digest: str
    digest: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)


def canonical_json(value: Any) -> str:
    """Write *value* in the one form that digests are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(value: Any) -> str:
    """Return the sha-256 hex digest of the canonical JSON of *value*."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def to_document(snapshot: Snapshot) -> dict[str, Any]:
    """Turn the header into plain JSON values."""
    document = {one.name: getattr(snapshot, one.name) for one in fields(Snapshot)}
    return {
        **document,
        "idps": list(snapshot.idps),
        "asked": list(snapshot.asked),
        "taken_at": snapshot.taken_at.isoformat(),
        "targets": {cohort: list(methods) for cohort, methods in snapshot.targets.items()},
        "counts": {cohort: dict(codes) for cohort, codes in snapshot.counts.items()},
        "sources": dict(sorted(snapshot.sources.items())),
    }


def from_document(document: Mapping[str, Any]) -> Snapshot:
    """Turn what `to_document` wrote back into the header.

    Raises:
        KeyError: A field is missing.
        TypeError: A field is unknown or of another shape.
        ValueError: The time is no time.
    """
    unknown = sorted(set(document) - {one.name for one in fields(Snapshot)})
    if unknown:
        raise TypeError(f"unknown field {unknown[0]}")
    values = {one.name: document[one.name] for one in fields(Snapshot)}
    values["idps"] = tuple(document["idps"])
    values["asked"] = tuple(document["asked"])
    values["sources"] = dict(document["sources"])
    values["taken_at"] = datetime.fromisoformat(document["taken_at"])
    values["targets"] = {cohort: tuple(methods) for cohort, methods in document["targets"].items()}
    values["counts"] = {cohort: dict(codes) for cohort, codes in document["counts"].items()}
    return Snapshot(**values)


def sealed(snapshot: Snapshot) -> Snapshot:
    """Return the header with the digest that its other fields give."""
    document = to_document(snapshot)
    del document["digest"], document["sources"]
    return replace(snapshot, digest=digest_of(document))
