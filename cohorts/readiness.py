"""Without this file "ready" would be a feeling, not what a person holds against what the cohort needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohorts.facts import Mask
from cohorts.methods import BIT, decode, encode
from cohorts.snapshot import COHORTS, METHODS

Bits = npt.NDArray[np.unsignedinteger]
Codes = npt.NDArray[np.uint8]

READINESS = ("ready", "one-prompt-away", "needs-key", "needs-supervision", "blocked", "unknown")
READY, ONE_PROMPT, NEEDS_KEY, NEEDS_SUPERVISION, BLOCKED, UNKNOWN = range(len(READINESS))
# Why → what it means; the order is that of the codes.
REASONS: Mapping[str, tuple[int, str]] = {
    "holds-target": (READY, "holds a method that the cohort's target accepts"),
    "device-able": (ONE_PROMPT, "a device of theirs can make a passkey that the target accepts"),
    "weaker-passkey": (NEEDS_KEY, "holds a phishing-resistant method, but none that is strong enough for this cohort"),
    "target-takes-no-device": (NEEDS_KEY, "the target accepts nothing that a device makes by itself; can bind a key"),
    "device-too-old": (NEEDS_KEY, "no device of theirs can make a passkey; can bind a key with what they hold"),
    "device-unclear": (NEEDS_KEY, "nobody can tell whether their device can make a passkey; can bind a key"),
    "no-device": (NEEDS_KEY, "the inventory has no device of theirs; can bind a key with what they hold"),
    "no-inventory": (NEEDS_KEY, "no device inventory was read; can bind a key with what they hold"),
    "supervised-cohort": (NEEDS_SUPERVISION, "this cohort binds a key at the supervised desk only"),
    "shared-device": (NEEDS_SUPERVISION, "works on a shared device, which must not keep a passkey"),
    "nothing-to-bind-with": (NEEDS_SUPERVISION, "holds nothing that may bind a key"),
    "cannot-sign-in": (BLOCKED, "the account cannot sign in at present"),
    "no-person": (BLOCKED, "no person uses this account, so nobody could hold a key"),
    "methods-unknown": (UNKNOWN, "no file says what is enrolled"),
    "evidence-stale": (UNKNOWN, "what is known of the methods is too old"),
}
WHY = tuple(REASONS)
CODE_OF_WHY = np.array([code for code, _ in REASONS.values()], np.uint8)
LONGEST_EVIDENCE_DAYS = 30

PHISHING_RESISTANT = encode(("fastpass", "passkey_synced", "passkey_bound", "security_key", "windows_hello"))
CODE_OR_PUSH = encode(("totp", "app_code", "push"))
PHONES = encode(("sms", "voice"))
WEAK = encode(("email", "question"))
# What today's sign-in accepts as a second step, and so what may bind the next method while ENROL lasts.
BINDS = PHISHING_RESISTANT | CODE_OR_PUSH | PHONES | BIT["tap"]
# These two bind a key at the supervised desk only, unless a strong method binds it.
DESK_ONLY = frozenset({"administrators", "finance"})
WITHOUT_PERSON = frozenset({"service"})
CANNOT_SIGN_IN = frozenset({"STAGED", "SUSPENDED", "DEPROVISIONED"})

# A synced passkey is as safe as the account it is synced through: not enough for these two.
DEVICE_BOUND = frozenset({"fastpass", "passkey_bound", "security_key", "windows_hello"})
TARGETS: Mapping[str, frozenset[str]] = {
    cohort: DEVICE_BOUND if cohort in {"administrators", "break-glass"} else DEVICE_BOUND | {"passkey_synced"}
    for cohort in COHORTS
}
# What every device that can make a passkey can make: in itself, or in an app of the identity provider. Not all of
# them keep a synced one, so a target that accepts no other asks for more than the device.
MADE_BY_DEVICE = encode(("passkey_bound", "windows_hello", "fastpass"))
# What the strongest method held is worth, towards the cohort's target; what a person costs the help desk depends on it.
HOLDS = ("target", "weaker-passkey", "code-or-push", "phone", "email-or-question", "nothing")
TARGET, WEAKER, CODES, PHONE, EMAIL, NOTHING = range(len(HOLDS))
MASK = np.uint32((1 << len(METHODS)) - 1)
# From the strongest to the weakest: how somebody would get in, or bind the next method.
STRONGEST_FIRST = (
    "security_key",
    "passkey_bound",
    "windows_hello",
    "fastpass",
    "passkey_synced",
    "tap",
    "push",
    "app_code",
    "totp",
    "sms",
    "voice",
    "email",
    "question",
    "password",
)


def targets_of(cohorts: Sequence[str], told: Mapping[str, frozenset[str]] | None) -> dict[str, frozenset[str]]:
    """Return the target of each cohort: as told, else ours, else what is strong enough for most."""
    fallback = DEVICE_BOUND | {"passkey_synced"}
    return {cohort: (told or TARGETS).get(cohort, TARGETS.get(cohort, fallback)) for cohort in cohorts}


def target_bits(cohorts: Sequence[str], told: Mapping[str, frozenset[str]] | None) -> npt.NDArray[np.uint32]:
    """Return the bits of the target of each cohort, in order."""
    return np.array([encode(methods) for methods in targets_of(cohorts, told).values()], np.uint32)


def holds(held: Bits, cohort: Codes, targets: npt.NDArray[np.uint32]) -> Codes:
    """Say of each account what it holds, as a place in HOLDS.

    Args:
        held: Shape (n,): bits of cohorts.methods.
        cohort: Shape (n,): places in *targets*.
        targets: Of each cohort, the bits of which one is enough.
    """
    different, which = np.unique(targets, return_inverse=True)
    return _looked_up(np.stack([_ladder(EVERY, target) for target in different]), which, cohort, held)


BLOCK = 1 << 16
# What can be held fits into a table, and cohorts share a few different rows of it.
EVERY = np.arange(1 << len(METHODS), dtype=np.uint32)


def _looked_up(tables: Codes, which: npt.NDArray[np.integer], cohort: Codes, held: Bits) -> Codes:
    """Return of each account what the table of its cohort says of all that it holds.

    Args:
        tables: Shape (t, 2 ** methods).
        which: Per cohort, its table.
        cohort: Shape (n,): places in *which*.
        held: Shape (n,): bits of cohorts.methods.
    """
    first = (np.asarray(which).ravel() * len(EVERY)).astype(np.uint32)
    flat, told = tables.ravel(), np.empty(len(held), tables.dtype)
    # Block by block: what is computed on the way stays in the processor's cache.
    for start in range(0, len(held), BLOCK):
        rows = slice(start, start + BLOCK)
        flat.take(first.take(cohort[rows]) + (held[rows] & MASK), out=told[rows])
    return told


def _ladder(held: npt.NDArray[np.uint32], target: np.uint32) -> Codes:
    return np.select(
        [
            held & target != 0,
            *(held & np.uint32(bits) != 0 for bits in (PHISHING_RESISTANT, CODE_OR_PUSH, PHONES, WEAK)),
        ],
        [TARGET, WEAKER, CODES, PHONE, EMAIL],
        default=NOTHING,
    ).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of n accounts beside their methods; every array has shape (n,).

    Attributes:
        is_known: Whether any file says what is enrolled.
        is_stale: Whether that is too old; None where it is never.
        can_sign_in: Whether the account can sign in at present.
        has_inventory: Whether a device inventory was read at all.
        has_device, is_able, is_unclear: Whether the inventory lists a device; one that can make a passkey; one of
            which nobody can tell.
        is_shared: Whether a device is shared.
    """

    is_known: Mask
    is_stale: Mask | None
    can_sign_in: Mask
    has_inventory: bool
    has_device: Mask
    is_able: Mask
    is_unclear: Mask
    is_shared: Mask


# What is known beside the methods, one bit each, from the lowest.
CIRCUMSTANCES = ("can-sign-in", "known", "stale", "inventory", "device", "able", "unclear", "shared")
# What is held in which cohort, in bits: a place in HOLDS, and above it one bit each.
STANDING = ("binds", "desk-only", "takes-device", "no-person")
LADDER_BITS = 3


def _verdicts() -> Codes:
    """Return the truth table: of each standing and circumstances, a place in WHY; the first row that fits counts."""
    case = np.arange(1 << (len(CIRCUMSTANCES) + LADDER_BITS + len(STANDING)))
    standing = case >> len(CIRCUMSTANCES)
    ladder = standing & ((1 << LADDER_BITS) - 1)
    true = {name: case >> place & 1 == 1 for place, name in enumerate(CIRCUMSTANCES)}
    true |= {name: standing >> (LADDER_BITS + place) & 1 == 1 for place, name in enumerate(STANDING)}
    rows: tuple[tuple[Mask, str], ...] = (
        (true["no-person"], "no-person"),
        (~true["can-sign-in"], "cannot-sign-in"),
        # What is missing or old is unknown, never ready.
        (~true["known"], "methods-unknown"),
        (true["stale"], "evidence-stale"),
        (ladder == TARGET, "holds-target"),
        (true["shared"], "shared-device"),
        (true["desk-only"] & ~true["binds"], "supervised-cohort"),
        (~true["binds"], "nothing-to-bind-with"),
        (true["able"] & true["takes-device"], "device-able"),
        (ladder == WEAKER, "weaker-passkey"),
        (true["able"], "target-takes-no-device"),
        (true["unclear"], "device-unclear"),
        (true["device"], "device-too-old"),
        (true["inventory"], "no-device"),
    )
    return np.select(
        [mask for mask, _ in rows], [WHY.index(why) for _, why in rows], default=WHY.index("no-inventory")
    ).astype(np.uint8)


VERDICTS = _verdicts()


def judge(
    held: Bits, cohort: Codes, cohorts: Sequence[str], targets: npt.NDArray[np.uint32], evidence: Evidence
) -> Codes:
    """Say of each account how far it is from ready, and why: a place in WHY; CODE_OF_WHY gives the readiness.

    Args:
        held: Shape (n,): bits of cohorts.methods.
        cohort: Shape (n,): places in *cohorts*.
        cohorts: The names of the cohorts.
        targets: Of each cohort, the bits of which one is enough.
        evidence: What else is known.
    """
    kinds = [
        (int(target), name in DESK_ONLY, name in WITHOUT_PERSON) for name, target in zip(cohorts, targets, strict=True)
    ]
    different = sorted(set(kinds))
    tables = np.stack([_standing(*kind) for kind in different])
    standing = _looked_up(tables, np.array([different.index(kind) for kind in kinds]), cohort, held)
    inventory = np.full(len(held), evidence.has_inventory)
    circumstances = np.zeros(len(held), np.uint8)
    for place, mask in enumerate(
        (
            evidence.can_sign_in,
            evidence.is_known,
            evidence.is_stale,
            inventory,
            evidence.has_device,
            evidence.is_able,
            evidence.is_unclear,
            evidence.is_shared,
        )
    ):
        if mask is not None:
            circumstances |= mask.view(np.uint8) << np.uint8(place)
    return VERDICTS.take(standing.astype(np.uint16) << np.uint16(len(CIRCUMSTANCES)) | circumstances)


def _standing(target: int, *bits: bool) -> Codes:
    """Return of everything that can be held what it is worth in a cohort with this *target*, as STANDING has it."""
    is_desk_only, is_without_person = bits
    binds = EVERY & np.uint32(PHISHING_RESISTANT if is_desk_only else BINDS) != 0
    known = (binds, is_desk_only, target & MADE_BY_DEVICE != 0, is_without_person)
    standing = _ladder(EVERY, np.uint32(target))
    for place, answer in enumerate(known):
        standing = standing | np.uint8(1 << (LADDER_BITS + place)) * np.asarray(answer, np.uint8)
    return standing


def has_leftover_phone(why: Codes, held: Bits) -> Mask:
    """Say of each account whether it is ready and still holds SMS or voice: a way around what it holds."""
    is_ready: Mask = CODE_OF_WHY.take(why) == READY
    return is_ready & ((held & np.uint32(PHONES)) != 0)


def last_way_in(held: int) -> str | None:
    """Return the strongest method by which somebody could still sign in; None where there is none."""
    methods = decode(held & int(MASK))
    return next((method for method in STRONGEST_FIRST if method in methods), None)


def last_way_to_enrol(held: int, cohort: str) -> str | None:
    """Return the strongest method held that may bind the next one; None where only the supervised desk is left."""
    return last_way_in(held & (PHISHING_RESISTANT if cohort in DESK_ONLY else BINDS))
