"""Without this file every test would spell out a whole programme: waves, manifests, baselines and histories."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from migration.baseline import AccountBaseline, AppBaseline, Baseline, OwnPolicy
from migration.calendar import Calendar, Freeze
from migration.events import (
    Event,
    PlanPublished,
    Provisioned,
    Settled,
    SettleRequested,
    StageEntered,
    StageRequested,
)
from migration.ledger import Entry, seal
from migration.lifecycle import Evidence
from migration.manifest import Manifest, SlotContent, free_slot, provision
from migration.model import Plan, PlannedWave
from migration.posture import AIMS, Stage, posture_at
from migration.programme import OKTA, Programme, fold, plan_document
from migration.waves import Strategy

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday
STACK = "okta-sandbox"
OPERATOR = "m.ito"
APPROVER = "r.lee"
EVERYONE = "00g-everyone"
WAVE = "standard-01"
Row = dict[str, Any]


def a_wave(key: str = WAVE, **changes: Any) -> PlannedWave:
    """Make one wave of ten people; cohort and number come from the key."""
    cohort, _, number = key.rpartition("-")
    values: dict[str, Any] = {
        "key": key,
        "cohort": cohort,
        "number": int(number),
        "member_count": 10,
        "enrol_on": date(2026, 11, 2),
        "enforce_on": date(2026, 11, 16),
        "settle_on": date(2026, 11, 23),
    }
    return PlannedWave(**{**values, **changes})


def a_plan(*waves: PlannedWave) -> Plan:
    """Make a plan of *waves*; none given is one wave."""
    return Plan("5" * 64, date(2027, 1, 29), waves or (a_wave(),))


def a_strategy(**changes: Any) -> Strategy:
    """Make a strategy: administrators first, at most 100 people a wave, two weeks to enrol."""
    values: dict[str, Any] = {
        "order": ("administrators", "standard"),
        "largest_wave": 100,
        "days_between_waves": 7,
        "enrol_days": 14,
        "enforce_days": 7,
    }
    return Strategy(**{**values, **changes})


def a_calendar(*freezes: Freeze, finish_on: date = date(2027, 1, 29)) -> Calendar:
    """Make a calendar with *freezes*."""
    return Calendar(finish_on, freezes)


def year_end() -> Freeze:
    """Make the freeze around the turn of the year."""
    return Freeze(date(2026, 12, 18), date(2027, 1, 3), "year-end freeze")


def evidence(ready: int = 10, *, at: datetime = NOON, **unready: int) -> Evidence:
    """Make a reading of a wave; reasons are written with underscores."""
    return Evidence("5" * 64, at, ready, {reason.replace("_", "-"): count for reason, count in unready.items()})


def an_app_rule(name: str = "Outside blocked networks", priority: int = 1, **changes: Any) -> Row:
    """Make one app sign-on rule of theirs: ALLOW, two factors, every twelve hours."""
    access = changes.pop("access", "ALLOW")
    return {
        "id": f"rul-{name.lower().replace(' ', '-')}",
        "name": name,
        "priority": priority,
        "status": "ACTIVE",
        "system": False,
        "type": "ACCESS_POLICY",
        "conditions": None,
        "actions": {
            "appSignOn": {
                "access": access,
                "verificationMethod": {"factorMode": "2FA", "type": "ASSURANCE", "reauthenticateIn": "PT12H"},
            }
        },
        **changes,
    }


def zone(*, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Row:
    """Make the conditions of a rule that names network zones."""
    named = {"include": list(include)} if include else {"exclude": list(exclude)}
    return {"network": {"connection": "ZONE", **named}}


def for_people(**lists: Sequence[str]) -> Row:
    """Make the conditions of a rule for some: `groups`, `without_groups`, `users`, `without_users`."""
    groups = {"include": list(lists.get("groups", ())), "exclude": list(lists.get("without_groups", ()))}
    users = {"include": list(lists.get("users", ())), "exclude": list(lists.get("without_users", ()))}
    return {"people": {"groups": groups, "users": users}}


def a_catch_all(access: str = "DENY") -> Row:
    """Make the vendor's last rule."""
    return an_app_rule("Catch-all Rule", 99, access=access, system=True)


def an_app(key: str = "payroll", *rules: Row, **changes: Any) -> AppBaseline:
    """Make the baseline of one app policy; no rule given is one that allows from the corporate network."""
    held = rules or (an_app_rule("From the corporate network", conditions=zone(include=["nzo-corporate"])),)
    values: dict[str, Any] = {
        "key": key,
        "policy_id": f"rst-{key}",
        "policy_name": key.title(),
        "apps": (key.title(),),
        "rules": held,
        "standing": tuple((rule["id"], rule["priority"]) for rule in held),
    }
    return AppBaseline(**{**values, **changes})


def an_enrolment(**keys: str) -> OwnPolicy:
    """Make their enrolment policy: a password, and everything else if one likes."""
    named = ("google_otp", "okta_email", "okta_verify", "phone_number", "security_question", "webauthn")
    enrol = {"okta_password": "REQUIRED", **dict.fromkeys(named, "OPTIONAL"), **keys}
    listed = [{"key": key, "enroll": {"self": wanted}} for key, wanted in enrol.items()]
    return OwnPolicy(
        policy={
            "id": "00p-default",
            "name": "Default Policy",
            "settings": {"type": "AUTHENTICATORS", "authenticators": listed},
        },
        rule={"name": "Default Rule", "actions": {"enroll": {"self": "CHALLENGE"}}},
    )


def a_session(**signon: Any) -> OwnPolicy:
    """Make their session policy: twelve hours, two of them idle."""
    usual = {
        "access": "ALLOW",
        "requireFactor": False,
        "primaryFactor": "PASSWORD_IDP_ANY_FACTOR",
        "session": {"maxSessionLifetimeMinutes": 720, "maxSessionIdleMinutes": 120, "usePersistentCookie": True},
    }
    rule = {"name": "Default Rule", "actions": {"signon": {**usual, **signon}}}
    return OwnPolicy(policy={"name": "Default Policy"}, rule=rule)


def a_password(**changes: Any) -> OwnPolicy:
    """Make their password policy: twelve signs, history of four, reset by phone."""
    actions = {
        "passwordChange": {"access": "ALLOW"},
        "selfServicePasswordReset": {"access": "ALLOW", "requirement": {"accessControl": "LEGACY"}},
        "selfServiceUnlock": {"access": "ALLOW"},
    }
    settings = {
        "password": {
            "complexity": {
                "minLength": 12,
                "minNumber": 1,
                "excludeUsername": True,
                "excludeAttributes": ["firstName"],
            },
            "age": {"maxAgeDays": 0, "historyCount": 4},
            "lockout": {"maxAttempts": 10},
        },
        "recovery": {"factors": {"okta_email": {"properties": {"recoveryToken": {"tokenLifetimeMinutes": 60}}}}},
        "delegation": {"options": {"skipUnlock": False}},
    }
    policy = {"name": "Default Policy", "conditions": {"authProvider": {"provider": "OKTA"}}, "settings": settings}
    return OwnPolicy(policy=policy, rule={"name": "Default Rule", "actions": {**actions, **changes}})


def a_baseline(**changes: Any) -> Baseline:
    """Make a baseline of one app, and the vendor's defaults."""
    values: dict[str, Any] = {
        "stack": STACK,
        "captured_at": NOON.isoformat(),
        "enrolment": an_enrolment(),
        "session": a_session(),
        "password": a_password(),
        "apps": (an_app(),),
        "account_management": AccountBaseline(
            policy_id="rst-account",
            policy_name="Okta Account Management Policy",
            standing=(("rul-first-key", 1),),
        ),
        "policies_standing": {"MFA_ENROLL": (("00p-contractors", 1), ("00p-default", 2))},
    }
    return Baseline(**{**values, **changes})


def a_provision(baseline: Baseline | None = None, *, zone_id: str | None = None, canary: str | None = None) -> Manifest:
    """Make the first manifest."""
    return provision(STACK, (baseline or a_baseline()).digest, AIMS, zone_id=zone_id, canary=canary)


def a_lease(stage: Stage, *, wave: str = WAVE, slot: str = "slot-1", before: Stage = Stage.PLANNED) -> SlotContent:
    """Make what a slot holds while *wave* is at *stage*."""
    cohort = wave.rpartition("-")[0]
    return SlotContent(
        key=slot,
        wave=wave,
        cohort=cohort,
        stage=stage.name,
        previous_stage=before.name,
        posture=posture_at(AIMS[cohort], stage),
    )


def history(*events: Event, at: datetime = NOON, after: Sequence[Entry] = ()) -> list[Entry]:
    """Seal *events* one minute apart, behind *after*."""
    entries = list(after)
    for event in events:
        moment = at + timedelta(minutes=len(entries))
        entries.append(seal(event, after=entries[-1] if entries else None, actor=OPERATOR, at=moment))
    return entries


def published(plan: Plan | None = None, manifest: Manifest | None = None) -> PlanPublished:
    """Make the intent of the first manifest."""
    first = manifest or a_provision()
    return PlanPublished(
        plan=plan_document(plan or a_plan()),
        manifest=first.model_dump(mode="json"),
        content_digest=first.content_digest,
        shifts=({"container": "MFA_ENROLL", "object_id": "00p-default", "before": 2, "after": 8},),
    )


def provisioned(intent: int = 1) -> Provisioned:
    """Make the outcome of the first manifest."""
    return Provisioned(intent=intent, manifest_digest="d" * 64, break_glass_count=2)


def requested(
    to: Stage, *, manifest: Manifest, source: Stage = Stage.PLANNED, wave: str = WAVE, **changes: Any
) -> StageRequested:
    """Make the intent of a step; *manifest* is the one before it."""
    slot = changes.pop("slot", "slot-1")
    stepped = manifest.with_slot(a_lease(to, wave=wave, slot=slot, before=source))
    values: dict[str, Any] = {
        "wave": wave,
        "lane": OKTA,
        "source": source,
        "to": to,
        "slot": slot,
        "manifest": stepped.model_dump(mode="json"),
        "content_digest": stepped.content_digest,
        "snapshot_digest": "5" * 64,
        "approved_by": None,
        "approval": None,
    }
    return StageRequested(**{**values, **changes})


def entered(stage: Stage, *, intent: int, wave: str = WAVE, slot: str = "slot-1") -> StageEntered:
    """Make the outcome of a step."""
    return StageEntered(
        intent=intent, wave=wave, lane=OKTA, stage=stage, slot=slot, manifest_digest="e" * 64, member_count=10
    )


def settling(manifest: Manifest, wave: str = WAVE) -> SettleRequested:
    """Make the intent of a settlement out of slot-1; *manifest* is the one before it."""
    freed = manifest.with_slot(free_slot("slot-1", "ENFORCE"))
    return SettleRequested(
        wave=wave,
        lane=OKTA,
        slot="slot-1",
        home=f"home-{wave.rpartition('-')[0]}",
        manifest=freed.model_dump(mode="json"),
        content_digest=freed.content_digest,
    )


def settled(*, intent: int, wave: str = WAVE) -> Settled:
    """Make the outcome of a settlement."""
    home = f"home-{wave.rpartition('-')[0]}"
    return Settled(
        intent=intent, wave=wave, lane=OKTA, home=home, slot="slot-1", manifest_digest="f" * 64, member_count=10
    )


ROAD: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.PLANNED: (),
    Stage.ENROL: (Stage.ENROL,),
    Stage.ENFORCE: (Stage.ENROL, Stage.ENFORCE),
    Stage.RELAXED: (Stage.ENROL, Stage.ENFORCE, Stage.RELAXED),
}


def the_road_to(stage: Stage, *, wave: str = WAVE, slot: str = "slot-1", after: Iterable[Entry] = ()) -> list[Entry]:
    """Return a provisioned history that ends with *wave* at *stage*."""
    entries = list(after) or history(published(a_plan(a_wave(wave))), provisioned())
    source = Stage.PLANNED
    for to in ROAD[stage]:
        manifest = fold(entries).confirmed or a_provision()
        entries = history(requested(to, source=source, manifest=manifest, wave=wave, slot=slot), after=entries)
        entries = history(entered(to, intent=len(entries), wave=wave, slot=slot), after=entries)
        source = to
    return entries


def a_programme(stage: Stage = Stage.PLANNED, *, wave: str = WAVE) -> Programme:
    """Make a provisioned programme with *wave* at *stage*."""
    return fold(the_road_to(stage, wave=wave))
