"""Without this file the generator would have no words: what an organisation of any size calls its people and things."""

import re
from collections.abc import Mapping, Sequence

Weights = Sequence[float]

# Column → share of the rows in which it says nothing.
ABSENT: Mapping[str, float] = {
    "department": 0.01,
    "title": 0.02,
    "manager": 0.02,
    "lastLogin": 0.04,
    "phone": 0.3,
    "lastVerified": 0.1,
}
ADMINISTRATORS = 0.015  # who hold one to three roles
SAME_ADDRESS = 0.9  # whose address is their login

# Statuses, user types and devices: word → share.
STATUSES: Mapping[str, float] = {
    "ACTIVE": 0.86,
    "PROVISIONED": 0.035,
    "STAGED": 0.02,
    "SUSPENDED": 0.02,
    "DEPROVISIONED": 0.05,
    "PASSWORD_EXPIRED": 0.006,
    "LOCKED_OUT": 0.006,
    "RECOVERY": 0.003,
}
USER_TYPES: Mapping[str, float] = {
    "employee": 0.78,
    "contractor": 0.13,
    "partner": 0.05,
    "service": 0.015,
    "intern": 0.025,
}
DEVICES: Mapping[str, float] = {
    "managed_windows": 0.44,
    "managed_mac": 0.15,
    "byod_mobile": 0.12,
    "shared_kiosk": 0.08,
    "mobile_only": 0.08,
    "vdi": 0.06,
    "unknown": 0.05,
    "linux_workstation": 0.02,
}
ROLES: Mapping[str, float] = {
    "HELP_DESK_ADMIN": 0.30,
    "READ_ONLY_ADMIN": 0.18,
    "APP_ADMIN": 0.14,
    "USER_ADMIN": 0.14,
    "GROUP_MEMBERSHIP_ADMIN": 0.10,
    "ORG_ADMIN": 0.04,
    "REPORT_ADMIN": 0.04,
    "SUPER_ADMIN": 0.03,
    "API_ACCESS_MANAGEMENT_ADMIN": 0.03,
}

# Most people first; the size falls off with the place in the list.
DEPARTMENTS = tuple(
    name.strip()
    for name in """
    Retail Operations|Customer Support|Sales EMEA|Sales Americas|Warehouse|Logistics|Software Engineering|Field Service
    Manufacturing|Marketing|Finance|Human Resources|IT Operations|Information Security|Platform Engineering
    Data Engineering|Data Science|Product Management|Design|Quality Assurance|Legal|Treasury|Payroll|Tax|Internal Audit
    Investor Relations|Corporate Strategy|Executive Office|Facilities|Procurement|Supply Chain|Research|Laboratories
    Regulatory Affairs|Compliance|Risk Management|Trading|Claims|Underwriting|Actuarial|Training|Recruiting
    Communications|Public Affairs|Sales APAC|Partner Management|Business Development|Customer Success
    Professional Services|Network Engineering|Database Administration|Site Reliability|Identity and Access|Help Desk
    Call Centre|Store Management|Drivers|Maintenance|Safety|Catering
    """.strip()
    .replace("\n", "|")
    .split("|")
)

# A title is a level and a function; both with their weights.
LEVELS: Mapping[str, float] = {
    "": 20,
    "Senior ": 14,
    "Junior ": 9,
    "Associate ": 9,
    "Analyst, ": 8,
    "Specialist, ": 9,
    "Coordinator, ": 7,
    "Manager, ": 6,
    "Lead ": 5,
    "Principal ": 3,
    "Staff ": 3,
    "Consultant, ": 3,
    "Intern, ": 3,
    "Senior Manager, ": 3,
    "Director, ": 1.5,
    "Senior Director, ": 0.7,
    "VP, ": 0.3,
    "Vice President, ": 0.1,
    "SVP, ": 0.15,
    "Chief Officer, ": 0.02,
}
FUNCTIONS: Mapping[str, float] = {
    "Store Associate": 17,
    "Warehouse Operative": 13,
    "Support Agent": 12,
    "Software Engineer": 9,
    "Machine Operator": 9,
    "Account Executive": 8,
    "Field Technician": 7,
    "Financial Analyst": 4,
    "Marketing Manager": 4,
    "Product Manager": 3,
    "Data Scientist": 2,
    "HR Business Partner": 2,
    "Procurement Buyer": 2,
    "Executive Assistant": 1.3,
    "Site Reliability Engineer": 1,
    "Network Administrator": 1,
    "Payroll Accountant": 1,
    "Legal Counsel": 1,
    "Security Engineer": 0.9,
    "Database Administrator": 0.8,
}
COUNTRIES = tuple(
    country
    for line in (
        "US GB DE IN FR CA BR JP AU MX PL ES IT NL SG CN IE SE ZA AE",
        "CH BE PT KR PH AR CL CO CZ RO DK NO FI AT NZ IL TR SA MY ID",
    )
    for country in line.split()
)

# Groups that a rule is likely to name are rare: name → memberships per membership of an ordinary group.
RARE_GROUPS: Mapping[str, float] = {
    "break-glass": 2e-6,
    "board": 4e-6,
    "exec-committee": 2e-5,
    "domain-admins": 4e-5,
    "okta-admins": 5e-5,
    "entra-admins": 5e-5,
    "m-and-a": 5e-5,
    "exec-assistants": 6e-5,
    "vault-operators": 1e-4,
    "dba-prod": 1.5e-4,
    "k8s-prod-admin": 2e-4,
    "wire-approvers": 3e-4,
    "svc-accounts": 4e-4,
    "passkey-champions": 6e-4,
    "pam-checkout": 8e-4,
    "sap-fi-approvers": 8e-4,
    "mfa-pilot": 2e-3,
    "pci-scope": 3e-3,
    "sox-scope": 3e-3,
    "hipaa-scope": 4e-3,
}
EVERYONE = "Everyone"
GROUP_COUNT = 500


def ordinary_groups() -> list[str]:
    """Name the groups that are neither rare nor everyone's, GROUP_COUNT in all with those."""
    names = [f"dept-{name.lower().replace(' ', '-')}" for name in DEPARTMENTS]
    names += [f"vpn-{country.lower()}" for country in COUNTRIES]
    names += [
        f"aws-{account}-{right}"
        for account in ("prod", "dev", "test", "data", "net")
        for right in ("admin", "poweruser", "readonly", "billing")
    ]
    names += [f"announce-{number:02d}" for number in range(60)]
    names += [f"repo-team-{number:02d}" for number in range(30)]
    missing = GROUP_COUNT - 1 - len(RARE_GROUPS) - len(names)
    return names + [f"app-{number:03d}-users" for number in range(missing)]


# Methods: word → (share, who verifies it).
FACTORS: Mapping[str, tuple[float, str]] = {
    "sms": (0.25, "OKTA"),
    "push": (0.22, "OKTA"),
    "email": (0.15, "OKTA"),
    "totp": (0.12, "GOOGLE"),
    "fastpass": (0.12, "OKTA"),
    "webauthn": (0.08, "FIDO"),
    "call": (0.06, "OKTA"),
}
FACTOR_STATUSES: Mapping[str, float] = {"ACTIVE": 0.95, "PENDING_ACTIVATION": 0.04, "INACTIVE": 0.01}
# How many different methods somebody has: 0, 1, 2, 3, 4.
FACTORS_EACH: Weights = (0.11, 0.29, 0.33, 0.19, 0.08)

SYLLABLES = tuple(re.findall("..", "anbecadoelfigahoisjukalomaniorparasatovi"))
GIVEN_NAMES = tuple(a + b + c for a in SYLLABLES for b in SYLLABLES[:5] for c in ("", "na", "r", "s", "n"))
FAMILY_NAMES = tuple(a + b + c for a in SYLLABLES for b in SYLLABLES for c in ("son", "ez", "ski", "ller", "man"))
