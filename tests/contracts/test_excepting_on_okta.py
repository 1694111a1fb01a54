from dataclasses import replace
from types import SimpleNamespace

import pytest
from approval_builders import LEAD, RISK, a_ground, a_request, a_wish, a_yes
from exception_desk import TOTP_SET, an_excepting_world
from sandbox_desk import running

from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from migration.operations import excepting
from migration.policy_exceptions import State
from sandbox.idp.options import Options

KEY = "exception-0001"
SIGN_IN = {"idp": "okta", "action": "sign-in", "with": ["password", "totp"]}


@pytest.fixture(scope="module")
def served():
    """Serve one tenant."""
    with running(Options(people=60, seed=7, tenant="lived-in")) as desk:
        yield desk


@pytest.fixture
def tenant(served):
    """Give each test the tenant as it was made."""
    served.ask("/reset", {})
    return served


@pytest.fixture
def login(tenant):
    """Give somebody a TOTP app and a phone, whatever the policies say."""
    found = tenant.one("standard", "sms")
    held = [{"method": method} for method in ("password", "sms", "totp")]
    tenant.control.put(f"/people/{found}/methods", json=held)
    return found


@pytest.fixture
def account(tenant, login):
    """Return the vendor's id of that person."""
    return tenant.okta.get(f"/api/v1/users/{login}").json()["id"]


@pytest.fixture
def world(tmp_path, tenant, account):
    """Make a desk that acts on the tenant, and an approved exception for that person."""
    found = an_excepting_world(tmp_path)
    group = tenant.okta.post("/api/v1/groups", json={"profile": {"name": "offramp exception"}}).json()["id"]
    policy = tenant.okta.get("/api/v1/policies", params={"type": "MFA_ENROLL"}).json()[0]["id"]
    sets = {TOTP_SET: {"group": group, "enrolment": policy}}
    url = tenant.endpoints["okta"]
    found.desk = replace(
        found.desk,
        idp=Okta(lambda: OktaClient(url, "sandbox-offramp"), url),
        engine=SimpleNamespace(outputs=lambda: {"sets": sets}),
    )
    ground = a_ground(held={account: frozenset({"totp"})})
    asked = a_request(a_wish(account), KEY, ground)
    for fact in (asked, a_yes(asked, LEAD), a_yes(asked, RISK)):
        found.ledger.append(fact, actor="m.ito", at=found.clock.at)
    return found


def members(tenant, world):
    """Return who is in the group, as the vendor says."""
    group = world.desk.engine.outputs()["sets"][TOTP_SET]["group"]
    return [row["id"] for row in tenant.okta.get(f"/api/v1/groups/{group}/users").json()]


def kinds(tenant, account):
    """Return the kinds of factors that somebody holds, as the vendor says."""
    return {row["factorType"] for row in tenant.okta.get(f"/api/v1/users/{account}/factors").json()}


def test_a_grant_joins_the_group_and_touches_nothing_else(tenant, world, account):
    """One write, and it is a membership."""
    before = len(tenant.read("/writes"))

    excepting.grant(world.desk, KEY)

    assert ([account], State.ACTIVE) == (members(tenant, world), world.state.exceptions[KEY].state)
    assert ["PUT"] == [row["method"] for row in tenant.read("/writes")[before:]]


def test_an_end_takes_the_method_the_membership_and_the_live_session(tenant, world, account, login):
    """In that order, and the person's other methods stay: the method is refused, the session asks anew."""
    excepting.grant(world.desk, KEY)
    session = tenant.ask("/act", {**SIGN_IN, "user": login})["session"]
    before = len(tenant.read("/writes"))

    excepting.end(world.desk, KEY)

    written = [row["path"] for row in tenant.read("/writes")[before:]]
    assert ["factors", "groups", "sessions"] == [
        next(word for word in ("factors", "groups", "sessions") if f"/{word}" in path) for path in written
    ]
    assert ([], {"sms"}) == (members(tenant, world), kinds(tenant, account))
    assert "allowed" != tenant.ask("/ask", {**SIGN_IN, "user": login})["outcome"]
    reuse = {"idp": "okta", "user": login, "action": "reuse-session", "session": session}
    assert "allowed" != tenant.ask("/ask", reuse)["outcome"]


def test_ending_again_after_a_crash_asks_for_no_factor_and_no_membership_twice(tenant, world):
    """What is gone is read, not deleted again; a session may be ended twice."""
    excepting.grant(world.desk, KEY)
    entry = excepting.end(world.desk, KEY)
    before = len(tenant.read("/writes"))

    excepting.finish_end(world.desk, entry.event.intent, KEY)

    assert ["DELETE"] == [row["method"] for row in tenant.read("/writes")[before:]]
    assert "/sessions" in tenant.read("/writes")[-1]["path"]


def test_the_end_of_somebody_who_was_deleted_ends(tenant, world, account):
    """An account that is gone holds nothing, and must not keep the exception open."""
    excepting.grant(world.desk, KEY)
    for _ in range(2):  # the first deactivates, as with the vendor
        tenant.okta.delete(f"/api/v1/users/{account}")

    excepting.end(world.desk, KEY)

    assert State.ENDED is world.state.exceptions[KEY].state
