"""Without this file every test of an exception would provision sets, sign requests and name approvers by hand."""

from dataclasses import replace
from datetime import timedelta

from approval_builders import ASKING, HELP, LEAD, NOON, OWNER, RISK
from desks import ADMINS, STANDARD, a_world
from fakes import FakeSignatures

from migration.approvals import Refused
from migration.exception_classes import CLASSES, DESK, set_key
from migration.operations import asking
from migration.operations.asking import Asking

LEGACY = "std1"
TOTP_SET, DESK_SET = set_key("dated-totp", "standard"), set_key(DESK, "administrators")
UNTIL = NOON + timedelta(days=20)


class ProvisionedEngine:
    """An engine whose stack holds a set for each class and cohort, and the desk's."""

    def __init__(self, idp):
        keys = ["bootstrap"]
        keys += [set_key(one, cohort) for one in CLASSES if one != DESK for cohort in ("administrators", "standard")]
        self.sets = {key: {"group": f"group of {key}", f"{key} sign-in payroll": f"rule of {key}"} for key in keys}
        for key, owned in self.sets.items():
            idp.groups[owned["group"]] = set()
            idp.standing[f"rule of {key}"] = "ACTIVE"

    def outputs(self):
        """Return what the stack exports."""
        return {"sets": self.sets}


def an_excepting_world(tmp_path):
    """Make a tenant in which everybody holds a key, one person only a TOTP app, and everybody is signed in."""
    found = a_world(tmp_path)
    found.take_snapshot()
    found.idp.holdings = {account: {"security_key"} for account in (*ADMINS, *STANDARD)}
    found.idp.holdings[LEGACY] = {"totp", "sms"}
    found.idp.holdings["adm1"] = {"sms"}
    found.idp.sessions = {*ADMINS, *STANDARD}
    write_approvers(tmp_path / "approvers.toml", LEAD, RISK, HELP)
    found.desk = replace(
        found.desk,
        engine=ProvisionedEngine(found.idp),
        approvers=tmp_path / "approvers.toml",
        signatures=FakeSignatures(),
        actor=ASKING,
        around=replace(found.desk.around, exception_share=1.0),
    )
    return found


def write_approvers(path, *people):
    """Write the reviewed file."""
    path.write_text(
        "\n".join(
            f'[[approver]]\nname = "{one.name}"\nroles = {list(one.roles)}\nkey = "{one.key}"\n'
            f"valid_from = {one.valid_from}\nvalid_until = {one.valid_until}\n"
            for one in people
        ).replace("'", '"'),
        encoding="utf-8",
    )


def ask(world, account=LEGACY, **changes):
    """Ask for a dated TOTP app, and return its key."""
    values = {
        "exception_class": "dated-totp",
        "accounts": (account,),
        "reason": "a scanner that takes no key",
        "control": "sign-ins are reviewed daily",
        "owner": OWNER,
        "starts_at": None,
        "ends_at": UNTIL,
    }
    return propose(world, **{**values, **changes})


def ask_desk(world, *accounts, **changes):
    """Ask for a day at the desk."""
    values = {"exception_class": DESK, "accounts": accounts or ("adm1",), "ends_at": NOON + timedelta(hours=8)}
    return ask(world, **{**values, **changes})


def propose(world, **values):
    """Ask, and record it."""
    proposal = asking.propose_request(world.desk, Asking(**values))
    assert proposal.is_granted, proposal.decision
    asking.apply(world.desk, proposal)
    return proposal.one.key


def one(world, key):
    """Return an exception as the ledger has it."""
    return world.state.exceptions[key]


def sign(world, key, approver=LEAD, *, text=None):
    """Propose a signed yes."""
    signature = FakeSignatures.sign(approver.name, text or one(world, key).asked.text)
    return asking.propose_approve(world.desk, key, name=approver.name, signature=signature)


def approve(world, key, *people):
    """Let these people sign, or the two who are enough."""
    for person in people or (LEAD, RISK):
        proposal = sign(world, key, person)
        assert proposal.is_granted, proposal.decision
        asking.apply(world.desk, proposal)


def members(world, key=TOTP_SET):
    """Return who is in the group of a set."""
    return world.idp.groups[f"group of {key}"]


def why(proposal):
    """Return why something was refused."""
    assert isinstance(proposal.decision, Refused), proposal.decision
    return proposal.decision.because
