import json
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from sandbox_desk import running

from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import Pace
from migration.adapters.okta_membership import sync
from migration.adapters.okta_sending import MANY, TRIES, Outcome
from migration.errors import IdpRefused
from sandbox.idp.options import Options

MOVED = 12
JOINING = """
import json, sys
from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
url, group, accounts = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
Okta(lambda: OktaClient(url, "sandbox-offramp"), url).join(group, accounts)
"""


class Tenant:
    """A running tenant with one empty group of ours, and the product's door to it."""

    def __init__(self, desk):
        self.desk = desk
        self.url = desk.endpoints["okta"]
        self.client = OktaClient(self.url, "sandbox-offramp")
        self.okta = Okta(lambda: self.client, self.url)
        self.group = self._new_group("slot-1")
        self.people = [row["id"] for row in desk.okta.get("/api/v1/users?limit=200").json()][:60]
        self.reads = []
        self.client._client.event_hooks = {"request": [self._asked]}
        self._since = len(desk.read("/writes"))

    def _new_group(self, name):
        answer = self.desk.okta.post("/api/v1/groups", json={"profile": {"name": name}})
        return answer.json()["id"]

    def _asked(self, request):
        if request.method == "GET":
            self.reads.append(request.url.path)

    def fault(self, kind, method="PUT", **more):
        """Let something go wrong on the way to memberships."""
        match = {"method": method, "path_regex": f"^/api/v1/groups/{self.group}/users"}
        return self.desk.ask("/faults", {"match": match, "kind": kind, **more})["id"]

    def writes(self):
        """Return (method, account, status) of every write to the group, in order."""
        rows = self.desk.read(f"/writes?since={self._since}")
        return [(row["method"], row["path"].rpartition("/")[2], row["status"]) for row in rows]

    def members(self):
        """Return who is in the group, asked without the code under test."""
        rows = self.desk.okta.get(f"/api/v1/groups/{self.group}/users").json()
        return {row["id"] for row in rows}


@pytest.fixture(scope="module")
def desk():
    """One tenant for all; each test has a group of its own."""
    with running(Options(people=80)) as made:
        yield made


@pytest.fixture
def tenant(desk):
    """A tenant without members in our group and without faults."""
    desk.ask("/reset", {})
    return Tenant(desk)


@pytest.mark.parametrize("count", [1, MANY - 1, MANY, 60])
def test_everybody_joins_and_leaves_by_one_call_each(tenant, count):
    """The vendor has no bulk call; few or many, nobody is asked for twice."""
    wanted = tenant.people[:count]
    tenant.okta.join(tenant.group, wanted)
    assert set(wanted) == tenant.members()
    tenant.okta.leave(tenant.group, wanted)

    assert set() == tenant.members()
    assert Counter((method, who, 204) for method in ("PUT", "DELETE") for who in wanted) == Counter(tenant.writes())


def test_few_are_moved_in_the_order_in_which_they_are_named(tenant):
    """Below eight nobody starts threads."""
    named = tenant.people[: MANY - 1][::-1]
    tenant.okta.join(tenant.group, named)

    assert named == [who for _, who, _ in tenant.writes()]


def test_many_do_not_wait_for_one(tenant):
    """A call that hangs holds one lane; all others go on."""
    held = tenant.fault("pause")
    moving = threading.Thread(target=tenant.okta.join, args=(tenant.group, tenant.people[:MOVED]))
    moving.start()
    until = time.monotonic() + 10
    while len(tenant.writes()) < MOVED - 1 and time.monotonic() < until:
        time.sleep(0.01)
    done = len(tenant.members())
    tenant.desk.ask(f"/faults/{held}/release", {})
    moving.join(10)

    assert MOVED - 1 == done
    assert set(tenant.people[:MOVED]) == tenant.members()


@pytest.mark.parametrize("count", [3, MOVED])
def test_who_is_where_they_shall_be_is_passed_over(tenant, count):
    """The second run writes what is missing, and nothing else; another's members stay."""
    wanted = tenant.people[:count]
    tenant.okta.join(tenant.group, wanted[:-1])
    tenant.okta.join(tenant.group, wanted)
    tenant.okta.leave(tenant.group, tenant.people[1 : count + 9])

    assert {wanted[0]} == tenant.members()
    assert {1} == set(Counter(tenant.writes()).values())
    assert 2 * count - 1 == len(tenant.writes())


def test_a_429_waits_for_the_limit_to_reset_and_goes_on(tenant):
    """Whoever was turned away goes again, and nobody else."""
    tenant.fault("429", nth=3, times=2)
    tenant.okta.join(tenant.group, tenant.people[:MOVED])

    statuses = Counter(status for _, _, status in tenant.writes())
    assert {204: MOVED, 429: 2} == statuses
    assert set(tenant.people[:MOVED]) == tenant.members()


@pytest.mark.parametrize(("kind", "method"), [("lost-answer", "PUT"), ("lost-answer", "DELETE")])
@pytest.mark.parametrize("count", [3, MOVED])
def test_a_call_whose_answer_was_lost_is_read_back_and_not_made_again(tenant, kind, method, count):
    """It has taken effect: only that one membership is asked for."""
    wanted = tenant.people[:count]
    if method == "DELETE":
        tenant.okta.join(tenant.group, wanted)
    tenant.fault(kind, method, nth=2)
    moving = tenant.okta.join if method == "PUT" else tenant.okta.leave
    moving(tenant.group, wanted)

    ours = [row for row in tenant.writes() if row[0] == method]
    assert Counter((method, who, 204) for who in wanted) == Counter(ours)
    assert (set(wanted) if method == "PUT" else set()) == tenant.members()


@pytest.mark.parametrize(("kind", "status"), [("503", 503), ("500", 500), ("drop", 0)])
def test_a_call_that_came_to_nothing_is_made_again_once_that_is_read_back(tenant, kind, status):
    """A server error says nothing about what was done; the membership does."""
    tenant.fault(kind, nth=5)
    tenant.okta.join(tenant.group, tenant.people[:MOVED])

    (struck,) = [who for _, who, seen in tenant.writes() if seen == status]
    assert MOVED + 1 == len(tenant.writes())
    assert 1 == tenant.reads.count(f"/api/v1/users/{struck}/groups")
    assert set(tenant.people[:MOVED]) == tenant.members()


def test_somebody_for_whom_the_tenant_always_fails_is_left_out(tenant):
    """Three times, each read back; then it is somebody's to look at, and all others are where they shall be."""
    unlucky = tenant.people[0]
    match = {"method": "PUT", "path_regex": f"/users/{unlucky}$"}
    tenant.desk.ask("/faults", {"match": match, "kind": "500", "times": 99})

    with pytest.raises(IdpRefused, match=r"1 of 12 accounts could not be moved.*failed with 500"):
        tenant.okta.join(tenant.group, tenant.people[:MOVED])
    assert TRIES == sum(who == unlucky for _, who, _ in tenant.writes())
    assert set(tenant.people[1:MOVED]) == tenant.members()


@pytest.mark.parametrize("count", [3, MOVED])
def test_who_is_gone_does_not_stop_the_others(tenant, count):
    """One error at the end says how many and who; ids only."""
    with pytest.raises(
        IdpRefused, match=f"2 of {count + 2} accounts could not be moved.*404: E0000007 \\(2\\)"
    ) as told:
        tenant.okta.join(tenant.group, ["00ugone1", *tenant.people[:count], "00ugone2"])

    assert ["00ugone1", "00ugone2"] == sorted(told.value.context.partition("accounts ")[2].split(", "))
    assert set(tenant.people[:count]) == tenant.members()


def test_who_is_gone_has_left(tenant):
    """Nobody can be taken out of a group who is no more."""
    tenant.okta.leave(tenant.group, ["00ugone1", *tenant.people[:2]])

    assert [] == tenant.writes()


def test_a_killed_run_goes_on_where_it_was_killed(tenant):
    """Those who are in are not asked for again, not even those whose answer the dead process never read."""
    tenant.fault("slow", times=999, seconds=0.1)
    first = subprocess.Popen([sys.executable, "-c", JOINING, tenant.url, tenant.group, json.dumps(tenant.people)])
    until = time.monotonic() + 20
    while len(tenant.writes()) < len(tenant.people) / 3 and time.monotonic() < until:
        time.sleep(0.01)
    first.kill()
    first.wait()
    time.sleep(0.2)  # what it had sent is on its way
    before = tenant.members()
    tenant.okta.join(tenant.group, tenant.people)

    assert 0 < len(before) < len(tenant.people)
    assert Counter(("PUT", who, 204) for who in tenant.people) == Counter(tenant.writes())
    assert set(tenant.people) == tenant.members()


def test_a_group_of_many_pages_is_read_to_its_end(tenant):
    """Whoever stands on a later page is in as well."""
    tenant.okta.join(tenant.group, tenant.people[:MOVED])
    tenant.client._client.event_hooks = {"request": [shortened]}
    tenant.okta.join(tenant.group, tenant.people[: MOVED + 1])

    assert MOVED + 1 == len(tenant.writes())


def shortened(request):
    """Ask for pages of five."""
    if "limit" in request.url.params:
        request.url = request.url.copy_set_param("limit", "5")


def test_joins_are_asked_for_before_leaves(tenant):
    """One call may do both; nobody is then in neither for longer than need be."""
    tenant.okta.join(tenant.group, tenant.people[:3])
    done = sync(tenant.client, tenant.group, join=tenant.people[3:6], leave=tenant.people[:3], pace=Pace(1.0))

    assert Outcome(6) == done
    assert ["PUT"] * 6 + ["DELETE"] * 3 == [method for method, _, _ in tenant.writes()]


def test_after_an_interruption_the_same_door_still_works(tenant, monkeypatch):
    """Whoever waited was sent home; the next call is not."""
    monkeypatch.setattr(tenant.okta._pace, "leave", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tenant.okta.join(tenant.group, tenant.people[:MOVED])
    tenant.okta.join(tenant.group, tenant.people[:MOVED])

    assert set(tenant.people[:MOVED]) == tenant.members()


def interrupted(_request, _response):
    """Be Ctrl-C."""
    raise KeyboardInterrupt
