import httpx
import pytest
from sandbox_desk import running

from sandbox.idp.okta.limits import Limits, bucket
from sandbox.idp.options import Options


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/users", "/api/v1/users"),
        ("/api/v1/users/00u1", "/api/v1/users/{id}"),
        ("/api/v1/users/00u1/factors", "/api/v1/users"),
        ("/api/v1/groups/00g1/users", "/api/v1/groups"),
        ("/api/v1/groups/00g1/", "/api/v1/groups/{id}"),
        ("/api/v1/groups/rules", "/api/v1/groups"),
        ("/api/v1/iam/assignees/users", "/api/v1/iam"),
        ("/api/v1/devices", "/api/v1/devices"),
        ("/api/v1/logs", "/api/v1/logs"),
        ("/api/v1/policies/00p1/rules", "/api/v1"),
        ("/api/v1/usersets", "/api/v1"),
    ],
)
def test_a_call_counts_against_the_vendors_bucket(path, expected):
    """Single objects apart, and policies with everything else."""
    assert expected == bucket(path)


def test_a_window_lets_so_many_calls_through_and_says_what_is_left():
    """Then none until it ends, on a whole second; the next one is full again."""
    limits = Limits(2, 10)
    first = [limits.take("/api/v1/users", 1000.5 + tenths / 10) for tenths in range(3)]

    assert [True, True, False] == [let_through for let_through, _ in first]
    assert ["1", "0", "0"] == [told["X-Rate-Limit-Remaining"] for _, told in first]
    assert {"1010"} == {told["X-Rate-Limit-Reset"] for _, told in first}
    assert not limits.take("/api/v1/users/00u1/factors", 1009.9)[0]
    assert limits.take("/api/v1/groups", 1009.9)[0]
    assert (True, "1020") == (
        limits.take("/api/v1/users", 1010.0)[0],
        limits.take("/api/v1/users", 1010.1)[1]["X-Rate-Limit-Reset"],
    )
    assert (2, {"1010": 2, "1020": 2}) == (
        limits.refused,
        {str(reset): count for (name, reset), count in limits.taken.items() if name == "/api/v1/users"},
    )


def test_a_call_too_many_is_a_429_in_the_vendors_words():
    """With the headers that say when to come back, on every answer."""
    with running(Options(people=2, tenant="fresh", calls_per_window=3)) as desk:
        answers = [desk.okta.get("/api/v1/groups") for _ in range(4)]

    assert [200, 200, 200, 429] == [answer.status_code for answer in answers]
    assert "E0000047" == answers[-1].json()["errorCode"]
    assert ["2", "1", "0", "0"] == [answer.headers["X-Rate-Limit-Remaining"] for answer in answers]
    assert {"3"} == {answer.headers["X-Rate-Limit-Limit"] for answer in answers}


@pytest.fixture(scope="module")
def desk():
    """Serve a tenant in which two people share a device and a group holds a role."""
    with running(Options(people=3, tenant="fresh")) as desk:
        yield desk


def test_all_devices_are_listed_with_whose_they_are(desk):
    """A shared one once, with both; without the expansion nobody is named."""
    people = [row["login"] for row in desk.read("/truth")]
    device = {"platform": "ios", "os_version": "18.1", "registered": True, "managed": True, "compliant": True}
    for login in people:
        own = {**device, "id": f"guo{login}"}
        assert 200 == desk.control.put(f"/people/{login}/devices", json=[{**device, "id": "guo1"}, own]).status_code

    listed = desk.okta.get("/api/v1/devices?expand=userSummary").json()
    owners = {row["id"]: [one["user"]["profile"]["login"] for one in row["_embedded"]["users"]] for row in listed}
    assert {"guo1": people, **{f"guo{login}": [login] for login in people}} == owners
    assert people == [one["user"]["profile"]["login"] for one in desk.okta.get("/api/v1/devices/guo1/users").json()]
    assert not any("_embedded" in row for row in desk.okta.get("/api/v1/devices").json())
    assert 400 == desk.okta.get("/api/v1/devices?expand=owner").status_code
    assert 404 == desk.okta.get("/api/v1/devices/guo2/users").status_code


def test_a_group_may_hold_a_role(desk):
    """Its members show it, told apart from what they hold in person."""
    group = desk.okta.post("/api/v1/groups", json={"profile": {"name": "Night shift"}}).json()["id"]
    user = desk.read("/truth")[0]["id"]
    desk.okta.put(f"/api/v1/groups/{group}/users/{user}")
    path = f"/api/v1/groups/{group}/roles"

    assert [201, 400] == [desk.okta.post(path, json={"type": "ORG_ADMIN"}).status_code for _ in range(2)]
    assert [("ORG_ADMIN", "GROUP")] == [(row["type"], row["assignmentType"]) for row in desk.okta.get(path).json()]
    shown = desk.okta.get(f"/api/v1/users/{user}/roles").json()
    assert ("ORG_ADMIN", "GROUP") in [(row["type"], row["assignmentType"]) for row in shown]
    assert 404 == desk.okta.get("/api/v1/groups/00gNone/roles").status_code


def test_a_tenant_without_administrators_lists_none():
    """An empty list is an answer."""
    with running(Options(people=0, tenant="fresh")) as empty:
        answer: httpx.Response = empty.okta.get("/api/v1/iam/assignees/users")
    assert (200, []) == (answer.status_code, answer.json()["value"])
