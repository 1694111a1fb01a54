"""Without this file the invented people would be alike: who they are, what they hold and what they carry."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

# Kind of person → how many there are among 500; assistants are a kind of their own inside one cohort.
SHARES: dict[str, int] = {
    "administrators": 10,
    "finance": 25,
    "executives": 10,
    "assistants": 6,
    "support": 20,
    "contractors": 42,
    "frontline": 60,
    "service": 25,
    "break-glass": 2,
    "standard": 300,
}
EVERY_KIND_FROM = 12

# One name a line would be a page of nothing.
# fmt: off
FIRST = (
    "Ada", "Alma", "Amir", "Anouk", "Arjun", "Astrid", "Bea", "Bo", "Carlos", "Chidi", "Clara", "Dana",
    "Daria", "Diego", "Elif", "Emeka", "Emil", "Esme", "Farah", "Felix", "Freya", "Gita", "Greta",
    "Hana", "Hugo", "Ida", "Imani", "Inga", "Ivan", "Jada", "Jonas", "Kai", "Kira", "Lars", "Leila",
    "Linh", "Luca", "Maja", "Malik", "Mara", "Mateo", "Mei", "Mina", "Nadia", "Niko", "Nora", "Omar",
    "Oskar", "Pia", "Priya", "Rafa", "Rosa", "Ruben", "Sana", "Selma", "Tariq", "Tess", "Uma", "Vera",
    "Wei", "Yara", "Yusuf", "Zoe",
)
LAST = (
    "Abbott", "Adeyemi", "Ahmed", "Akin", "Andersen", "Bakker", "Banks", "Bauer", "Berg", "Brook",
    "Castro", "Chen", "Cole", "Costa", "Dahl", "Danso", "Diaz", "Duval", "Eriksen", "Evans", "Farrow",
    "Fischer", "Gallo", "Garcia", "Grant", "Haddad", "Hale", "Hansen", "Holm", "Ito", "Jansen", "Jha",
    "Kaur", "Keller", "Kim", "Kowal", "Lund", "Marsh", "Mensah", "Moreau", "Mori", "Nair", "Novak",
    "Okoro", "Olsen", "Park", "Patel", "Pereira", "Quinn", "Rao", "Reyes", "Rossi", "Sato", "Silva",
    "Singh", "Stone", "Tanaka", "Torres", "Vance", "Vega", "Weber", "Wood", "Yilmaz", "Young", "Zhou",
)
# fmt: on

STANDARD_TITLES = {
    "Engineering": ("Software Engineer", "Test Engineer", "Engineering Manager"),
    "Sales": ("Account Manager", "Sales Representative", "Partner Manager"),
    "Operations": ("Operations Analyst", "Logistics Planner", "Office Manager"),
    "Legal": ("Counsel", "Paralegal", "Contracts Manager"),
}
FINANCE_TITLES = ("Accountant", "Payroll Specialist", "Financial Analyst", "Treasury Analyst")
EXECUTIVE_TITLES = (
    "Chief Executive Officer",
    "Chief Financial Officer",
    "Chief Technology Officer",
    "Vice President, Sales",
    "Vice President, Operations",
)
# Beside the password, in turn.
MIXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "finance": (("sms",), ("sms", "push", "app_code"), ("sms",), ("sms", "totp"), ("push", "app_code")),
    "executives": (("sms", "push", "app_code"),),
    "assistants": (("sms",),),
    "support": (("sms",), ("sms", "push", "app_code"), ("sms", "totp"), ("push", "app_code")),
    "contractors": (("sms", "totp"), ("sms",), ("sms",), ("sms",)),
    "frontline": (("question",), (), ()),
    "service": ((),),
    "break-glass": (("sms", "security_key"),),
}
NAMES_OF_KEYS = {
    "security_key": ("YubiKey 5 NFC", "packed"),
    "passkey_bound": ("Windows Hello", "tpm"),
    "passkey_synced": ("iCloud Keychain", "none"),
}


@dataclass
class Person:
    """One invented account holder, before it is given an id."""

    kind: str
    first: str
    last: str
    login: str
    title: str
    department: str
    user_type: str
    groups: tuple[str, ...]
    methods: tuple[str, ...]
    phone: str | None
    role: str | None = None
    provider: str = "OKTA"
    devices: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def cohort(self) -> str:
        """Return the cohort that a careful reader would put this person into."""
        return "executives" if self.kind == "assistants" else self.kind


def head_counts(people: int) -> dict[str, int]:
    """Share *people* out over the kinds as 500 are; from a dozen on, no kind is empty."""
    whole = sum(SHARES.values())
    exact = {kind: Fraction(people * share, whole) for kind, share in SHARES.items()}
    counts = {kind: int(value) for kind, value in exact.items()}
    by_remainder = sorted(SHARES, key=lambda kind: (counts[kind] - exact[kind], -SHARES[kind]))
    for kind in by_remainder[: people - sum(counts.values())]:
        counts[kind] += 1
    if people >= EVERY_KIND_FROM:
        for kind, count in counts.items():
            if count == 0:
                counts[kind] = 1
                counts[max(counts, key=counts.__getitem__)] -= 1
    return counts


def invent(people: int, seed: int) -> list[Person]:
    """Make up *people* people; the same two numbers give the same people."""
    dice = random.Random(seed)
    names = _names(dice)
    invented: list[Person] = []
    for kind, count in head_counts(people).items():
        mixes = _methods(kind, count)
        dice.shuffle(mixes)
        invented += [_person(kind, n, next(names), mixes[n], dice) for n in range(count)]
    _share_numbers(invented)
    return invented


def _names(dice: random.Random) -> Iterator[tuple[str, str, str]]:
    pairs = [(first, last) for first in FIRST for last in LAST]
    dice.shuffle(pairs)
    turn = 1
    while True:
        suffix = "" if turn == 1 else str(turn)
        for first, last in pairs:
            yield first, last, f"{first}.{last}{suffix}@example.com".lower()
        turn += 1


def _methods(kind: str, count: int) -> list[tuple[str, ...]]:
    """Return what each of *count* people of one kind holds; the order is shuffled afterwards."""
    if kind == "standard":
        return _standard_methods(count)
    if kind == "administrators":
        return [_administrator_methods(n, keys=max(1, round(count / 5))) for n in range(count)]
    mixes = MIXES[kind]
    return [("password", *mixes[n % len(mixes)]) for n in range(count)]


def _administrator_methods(n: int, *, keys: int) -> tuple[str, ...]:
    texts = ("sms",) if n % 5 else ()
    second = (("totp",), ("push", "app_code"), ("app_code",))[n % 3]
    return ("password", *texts, *second, *(("security_key",) if n < keys else ()))


def _standard_methods(count: int) -> list[tuple[str, ...]]:
    def share(hundredths: int) -> int:
        return round(count * hundredths / 100)

    strong = ("fastpass", "passkey_synced", "fastpass", "passkey_bound", "passkey_synced", "fastpass")
    mixes: list[tuple[str, ...]] = [("password",)] * share(8)
    mixes += [("password", *(("sms",) if n % 2 else ()), "push", "app_code") for n in range(share(12))]
    mixes += [("password", *(("sms",) if n % 2 else ()), "totp") for n in range(share(8))]
    mixes += [("password", "sms", strong[n % len(strong)]) for n in range(share(12))]
    rest = count - len(mixes)
    mixes += [("password", "sms", *(("voice",) if n % 6 == 0 else ())) for n in range(rest)]
    return mixes


def _person(kind: str, n: int, named: tuple[str, str, str], methods: tuple[str, ...], dice: random.Random) -> Person:
    first, last, login = named
    phone = f"+1555{dice.randrange(10**7):07d}"
    made = Person(kind, first, last, login, "", "", "Employee", (), methods, phone)
    match kind:
        case "administrators":
            made.title, made.department, made.groups = "Systems Administrator", "IT", ("IT",)
            made.role = ("SUPER_ADMIN", "ORG_ADMIN", "APP_ADMIN", "APP_ADMIN")[n % 4]
            made.devices = [(("macos", "windows")[n % 2], True)]
        case "finance":
            made.title, made.department = FINANCE_TITLES[n % len(FINANCE_TITLES)], "Finance"
            made.groups = ("Finance", "Key pilot") if n % 8 == 0 else ("Finance",)
            made.devices = [("windows", True)]
        case "executives":
            made.title = EXECUTIVE_TITLES[n % len(EXECUTIVE_TITLES)]
            made.department, made.groups = "Executive Office", ("Executives",)
            made.devices = [("macos", True), ("ios", False)]
        case "assistants":
            made.title = f"Assistant to the {EXECUTIVE_TITLES[n % len(EXECUTIVE_TITLES)]}"
            made.department, made.groups = "Executive Office", ("Executive assistants",)
            made.devices = [("windows", True)]
        case "support":
            made.title, made.role = "Help Desk Analyst", "HELP_DESK_ADMIN"
            made.department = ("Customer Support", "Help desk")[n % 2]
            made.groups, made.devices = ("Help desk",), [("windows", True)]
        case "contractors":
            made.title, made.user_type = "Consultant", "Contractor"
            made.department, made.groups = ("Engineering", "Operations")[n % 2], ("Contractors",)
            made.provider = "ACTIVE_DIRECTORY" if n % 3 == 0 else "OKTA"
            made.devices = [("windows", False)] if n % 2 else []
        case "frontline":
            made.title = ("Store Associate", "Picker")[n % 2]
            made.department, made.groups = ("Retail", "Warehouse")[n % 2], ("Frontline",)
        case "service":
            made.first, made.last, made.login = "Service", f"Account {n + 1}", f"svc-{n + 1:03d}@example.com"
            made.title, made.department, made.user_type = "Service account", "IT", "Service"
            made.groups, made.phone = ("Service accounts",), None
        case "break-glass":
            made.first, made.last, made.login = (
                "Emergency",
                f"Access {n + 1}",
                f"breakglass-{n + 1}@example.com",
            )
            made.title, made.department, made.user_type = "Emergency access account", "IT", "Emergency"
            made.groups, made.role = ("Emergency access",), "SUPER_ADMIN"
        case _:
            made.department = ("Engineering", "Sales", "Engineering", "Operations", "Sales", "Legal")[n % 6]
            titles = STANDARD_TITLES[made.department]
            made.title, made.groups = titles[n % len(titles)], (made.department,)
            made.devices = _standard_devices(n, methods)
    return made


def _standard_devices(n: int, methods: tuple[str, ...]) -> list[tuple[str, bool]]:
    carried = [(("windows", "macos")[n % 2], True)] if n % 4 else []
    if n % 5 == 0 or ("fastpass" in methods and not carried):
        carried.append((("ios", "android")[n % 2], False))
    return carried


def _share_numbers(people: list[Person]) -> None:
    """Let a few people share a number, as families, desks and assistants do."""
    chiefs = [person for person in people if person.kind == "executives"]
    assistants = [person for person in people if person.kind == "assistants"]
    for n, assistant in enumerate(assistants):
        if chiefs:
            assistant.phone = chiefs[n % len(chiefs)].phone
    texting = [person for person in people if person.kind == "standard" and "sms" in person.methods]
    for first, second in list(zip(texting[::40], texting[1::40], strict=False)):
        second.phone = first.phone
