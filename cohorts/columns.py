"""Without this file every step would have its own opinion of what a column is called, holds and means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """What the values of a column are, and so how they are read, compared and kept."""

    TEXT = "text"  # many different values: ids, numbers of employees
    CODED = "coded"  # few different values: kept as codes
    FOLDED = "folded"  # a login or an e-mail address: NFKC, case folded
    PHONE = "phone"  # a telephone number: E.164
    TIME = "time"  # a moment: UTC
    YES_NO = "yes or no"
    NAMES = "names"  # a list of texts with few different values
    PRESENT = "present"  # only whether it is there matters, never what it is


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column of one subject."""

    form: Form
    meaning: str
    is_required: bool = False


def _(form: Form, meaning: str, *, required: bool = False) -> Column:
    return Column(form, meaning, required)


# How a row of a side file says whose it is: by the account's id, else by its login.
WHOSE = {
    "account_id": _(Form.TEXT, "the vendor's id of the account"),
    "login": _(Form.FOLDED, "the name that is typed at sign-in"),
}
PLACE = {
    "user_type": _(Form.CODED, "employee, contractor, service, guest, ..."),
    "department": _(Form.CODED, "where the person works"),
    "title": _(Form.CODED, "what the person does"),
    "country": _(Form.CODED, "where the person is"),
    "company": _(Form.CODED, "who employs the person"),
    "cost_center": _(Form.CODED, "who pays for the person"),
    "device_type": _(Form.CODED, "what the person works on, as a directory says it"),
    "manager": _(Form.TEXT, "id, login, e-mail or employee number of the manager"),
}
SUBJECTS: Mapping[str, Mapping[str, Column]] = {
    # One row an account of one identity provider.
    "users": {
        "account_id": _(Form.TEXT, "the vendor's id of the account", required=True),
        "login": _(Form.FOLDED, "the name that is typed at sign-in"),
        "email": _(Form.FOLDED, "the primary address"),
        "employee_number": _(Form.TEXT, "the number that HR gave"),
        "immutable_id": _(Form.TEXT, "the id that a directory carries from one system to the next"),
        "status": _(Form.CODED, "one of STATUSES", required=True),
        **PLACE,
        "provider": _(Form.CODED, "who checks the password"),
        "type_id": _(Form.CODED, "the vendor's user type"),
        "password": _(Form.PRESENT, "whether the vendor holds a password"),
        "phone": _(Form.PHONE, "a number in the profile"),
        "last_login": _(Form.TIME, "the last sign-in"),
        "created": _(Form.TIME, "when the account was made"),
        "disabled_at": _(Form.TIME, "when the account was disabled"),
        "groups": _(Form.NAMES, "names of the groups"),
        "roles": _(Form.NAMES, "administrator roles"),
        "methods": _(Form.NAMES, "names of what is enrolled, in the vendor's words"),
        "is_admin": _(Form.YES_NO, "whether the vendor says that it is an administrator"),
        "evidence_at": _(Form.TIME, "when the vendor last looked"),
    },
    # One row a method that is enrolled, or one row an account with the list of its methods.
    "methods": {
        **WHOSE,
        "method_id": _(Form.TEXT, "the vendor's id of this enrolment"),
        "factor_type": _(Form.CODED, "the vendor's word for the method"),
        "provider": _(Form.CODED, "who verifies it"),
        "authenticator": _(Form.CODED, "name or model of the authenticator"),
        "status": _(Form.CODED, "ACTIVE, or anything else"),
        "phone": _(Form.PHONE, "the number of a phone method"),
        "enrolled_at": _(Form.TIME, "when it was enrolled"),
        "last_used_at": _(Form.TIME, "when it was last used"),
        "methods": _(Form.NAMES, "all that is enrolled, where the vendor tells it as a list"),
        "is_admin": _(Form.YES_NO, "whether the vendor says that it is an administrator"),
        "evidence_at": _(Form.TIME, "when the vendor last looked"),
    },
    # One row a member of a group; a member may be a group itself.
    "memberships": {
        **WHOSE,
        "group_id": _(Form.CODED, "the vendor's id of the group", required=True),
        "group_name": _(Form.CODED, "what the group is called"),
        "member_kind": _(Form.CODED, "user or group; nothing is a user"),
    },
    # One row an administrator role that somebody, or a whole group, holds.
    "roles": {
        **WHOSE,
        "role": _(Form.CODED, "the vendor's word for the role; a row without one leaves its account unclear"),
        "role_label": _(Form.CODED, "the role as people call it"),
        "member_kind": _(Form.CODED, "user or group; nothing is a user"),
    },
    # One row a device and its user.
    "devices": {
        **WHOSE,
        "device_id": _(Form.TEXT, "the vendor's id of the device"),
        "platform": _(Form.CODED, "one of PLATFORMS", required=True),
        "os_version": _(Form.CODED, "version of the operating system"),
        "is_managed": _(Form.YES_NO, "whether the organisation manages it"),
        "is_registered": _(Form.YES_NO, "whether the identity provider knows it"),
        "is_compliant": _(Form.YES_NO, "whether it meets the organisation's rules"),
        "is_shared": _(Form.YES_NO, "whether several people work on it"),
        "last_seen": _(Form.TIME, "when it was last seen"),
    },
    # One row an event of a log: which method somebody used, and when.
    "activity": {
        **WHOSE,
        "event": _(Form.CODED, "the vendor's word for what happened", required=True),
        "factor": _(Form.CODED, "the vendor's word for the method"),
        "outcome": _(Form.CODED, "SUCCESS, or anything else"),
        "at": _(Form.TIME, "when it happened", required=True),
    },
    # One row a person, as HR knows people.
    "people": {
        "employee_number": _(Form.TEXT, "the number that HR gave", required=True),
        "immutable_id": _(Form.TEXT, "the id that a directory carries from one system to the next"),
        "login": _(Form.FOLDED, "the name that is typed at sign-in"),
        "email": _(Form.FOLDED, "the address at work"),
        **PLACE,
        "phone": _(Form.PHONE, "a number that HR holds"),
        "employment": _(Form.CODED, "active, leave or leaver"),
        "ends_at": _(Form.TIME, "the last day"),
    },
}

STATUSES = frozenset(
    {
        "STAGED",
        "PROVISIONED",
        "ACTIVE",
        "RECOVERY",
        "PASSWORD_EXPIRED",
        "LOCKED_OUT",
        "SUSPENDED",
        "DEPROVISIONED",
    }
)
EMPLOYMENTS = frozenset({"active", "leave", "leaver"})
PLATFORMS = frozenset({"windows", "macos", "ios", "android", "chromeos", "linux"})
# Which words are right in a column that knows its words; any other is a reject.
WORDS: Mapping[tuple[str, str], frozenset[str]] = {
    ("users", "status"): STATUSES,
    ("people", "employment"): EMPLOYMENTS,
    ("devices", "platform"): PLATFORMS,
}
# Whose sign-in takes a password that the directory checks, though Okta holds none.
DIRECTORIES = frozenset({"ACTIVE_DIRECTORY", "LDAP"})
# This role alone opens no policy and no app; it is a reason to be support, not to be an administrator.
SUPPORT_ROLE = "HELP_DESK_ADMIN"

# What a rule may ask about → what it holds.
ASKABLE: Mapping[str, str] = {
    "idp": "text",
    "login": "text",
    "email": "text",
    "status": "text",
    "employment": "text",
    "user_type": "text",
    "department": "text",
    "title": "text",
    "country": "text",
    "company": "text",
    "cost_center": "text",
    "device_type": "text",
    "provider": "text",
    "groups": "names",
    "roles": "names",
    "methods": "names",
    "platforms": "names",
    "is_admin": "yes or no",
    "is_shared_device": "yes or no",
    "last_login_age_days": "number",
    "created_age_days": "number",
    "manager_depth": "number",
}
