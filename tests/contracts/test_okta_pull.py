import json
from datetime import UTC, datetime, timedelta
from threading import Event

import httpx
import pytest
from pull_desk import NoHurry, PulledTenant, pulled, rows

from migration.adapters import okta_export
from migration.adapters.okta_export_pace import Stopped
from migration.errors import IdpRefused, IdpUnavailable
from sandbox.idp.okta.logs import record, user_target

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def tenant():
    """Make a tenant with a few people, one of whom has left."""
    tenant = PulledTenant()
    left = list(tenant.state.all("users"))[3]
    tenant.org.ask("DELETE", f"/api/v1/users/{left}")
    tenant.left = left
    return tenant


def pull(tenant, folder, **terms):
    """Pull without hurry; return file name → lines, and what was said."""
    said = []
    given = {"at": AT, "pace": NoHurry(), "say": said.append, "progress": lambda *_: None, **terms}
    return okta_export.pull(tenant.client(), folder, **given), said


def test_everything_is_read_once(tenant, tmp_path):
    """Every account, membership, role, device and factor, over many pages, and none of them twice."""
    counts, said = pull(tenant, tmp_path / "export")

    expected = tenant.everything()
    assert expected == pulled(tmp_path / "export")
    assert {name: sum(lines.values()) for name, lines in expected.items()} == counts
    assert [] == said
    assert len(tenant.asked) == len(set(tenant.asked))


def test_people_who_have_left_are_read_too(tenant, tmp_path):
    """A plain list leaves them out, and what they still hold matters."""
    pull(tenant, tmp_path)

    status = {row["id"]: row["status"] for row in rows(tmp_path / "users.jsonl")}
    assert "DEPROVISIONED" == status[tenant.left]
    assert f"/api/v1/users/{tenant.left}/factors" in tenant.asked


def test_somebody_who_leaves_between_two_lists_counts_once(tenant, tmp_path):
    """First seen as active, then among those who have left: one account, one line."""
    somebody = next(iter(tenant.state.all("users")))

    def leaves(request):
        if "DEPROVISIONED" in request.url.params.get("filter", ""):
            tenant.state.put("users", somebody, {**tenant.state.all("users")[somebody], "status": "DEPROVISIONED"})

    tenant.troubles.append(leaves)
    pull(tenant, tmp_path)

    found = pulled(tmp_path)["users.jsonl"]
    lists = ["filter" in path for path in tenant.asked if path.startswith("/api/v1/users?")]
    assert sorted(lists) == lists  # the second list begins when the first is over
    assert (1, tenant.everything()["users.jsonl"]) == (found[somebody], found)


def test_administrators_over_several_pages_are_all_found(tmp_path):
    """That list names its next page in the body, not in a header."""
    tenant = PulledTenant(people=60, page=2)
    pull(tenant, tmp_path)

    held = [user for user, roles in tenant.state.all("roles").items() if roles]
    assert len(held) > 4
    assert set(held) == {row["userId"] for row in rows(tmp_path / "roles.jsonl")}


def test_a_role_that_a_group_holds_is_everybodys_in_it(tenant, tmp_path):
    """Each member is an administrator, however they came to it, and whoever holds it twice is told once a way."""
    group, people = tenant.org.group("Night shift"), list(tenant.state.all("users"))[:5]
    for user in people:
        tenant.org.ask("PUT", f"/api/v1/groups/{group}/users/{user}")
    tenant.org.ask("POST", f"/api/v1/groups/{group}/roles", {"type": "ORG_ADMIN"})
    tenant.org.ask("POST", f"/api/v1/users/{people[0]}/roles", {"type": "READ_ONLY_ADMIN"})
    pull(tenant, tmp_path)

    found = [row for row in rows(tmp_path / "roles.jsonl") if row.get("throughGroup") == group]
    assert sorted(people) == sorted(row["userId"] for row in found)
    assert {("ORG_ADMIN", "Organization Administrator")} == {(row["type"], row["label"]) for row in found}
    assert tenant.everything()["roles.jsonl"] == pulled(tmp_path)["roles.jsonl"]


def test_two_devices_are_two_lines_and_a_shared_one_is_a_line_for_each(tenant, tmp_path):
    """A line is a device and one of its users."""
    one, other, *_ = tenant.state.all("users")
    shared = {"id": "guoShared", "platform": "ios", "os_version": "18.1", "registered": True, "managed": False}
    own = {**shared, "id": "guoOwn", "platform": "windows", "managed": True}
    tenant.state.put("devices", one, (shared, own))
    tenant.state.put("devices", other, (shared,))
    pull(tenant, tmp_path)

    found = [row for row in rows(tmp_path / "devices.jsonl") if row["userId"] in {one, other}]
    assert [(one, "guoOwn", "WINDOWS", "MANAGED"), (one, "guoShared", "IOS", "NOT_MANAGED")] == sorted(
        (row["userId"], row["device"]["id"], row["device"]["profile"]["platform"], row["managementStatus"])
        for row in found
        if row["userId"] == one
    )
    assert ["guoShared"] == [row["device"]["id"] for row in found if row["userId"] == other]


def test_a_tenant_that_does_not_say_whose_the_devices_are_is_asked_for_each(tenant, tmp_path):
    """A list without owners must not read as devices of nobody."""

    def bare(request):
        if request.url.path == "/api/v1/devices":
            _, listed, headers = tenant.org.send("GET", request.url.raw_path.decode())
            shorn = [{name: value for name, value in row.items() if name != "_embedded"} for row in listed]
            return httpx.Response(200, json=shorn, headers=headers)
        return None

    tenant.troubles.append(bare)
    pull(tenant, tmp_path)

    assert tenant.everything()["devices.jsonl"] == pulled(tmp_path)["devices.jsonl"]


def test_a_kind_that_nobody_has_is_said_to_be_empty(tmp_path):
    """An empty file could be a cut-off one."""
    tenant = PulledTenant(people=0)
    counts, _ = pull(tenant, tmp_path, log_days=1)

    assert (0, 0) == (counts["devices.jsonl"], counts["logs.jsonl"])
    assert "[]\n" == (tmp_path / "devices.jsonl").read_text() == (tmp_path / "logs.jsonl").read_text()


def test_the_log_is_read_for_as_many_days_as_asked_and_about_methods_alone(tenant, tmp_path):
    """What happened before, after or to other things stays out, and every page is read."""
    state, user = tenant.state, next(iter(tenant.state.all("users").values()))
    state.log.clear()
    at = state.at
    for hours in (1, 2, 3, 4, 5, 47, 49, -1):
        state.at = at - timedelta(hours=hours)
        record(state, "user.authentication.auth_via_mfa", user_target(user), [user_target(user)])
        record(state, "user.session.start", user_target(user), [user_target(user)])
    state.at = at
    counts, _ = pull(tenant, tmp_path, at=at, log_days=2)

    found = rows(tmp_path / "logs.jsonl")
    assert (6, 6) == (counts["logs.jsonl"], len({row["uuid"] for row in found}))
    assert {"user.authentication.auth_via_mfa"} == {row["eventType"] for row in found}


def test_without_days_the_log_is_not_asked_for(tenant, tmp_path):
    """It is the longest list of all, and whoever reads it must have said so."""
    counts, _ = pull(tenant, tmp_path)

    assert "logs.jsonl" not in counts
    assert [] == [path for path in tenant.asked if path.startswith("/api/v1/logs")]


def test_a_log_of_an_earlier_pull_is_kept_and_that_is_said(tenant, tmp_path):
    """It is older than what lies beside it, and whoever reads both must know."""
    pull(tenant, tmp_path, log_days=1)
    _, said = pull(tenant, tmp_path)

    assert ["logs.jsonl stays as an earlier pull left it: this one reads no log"] == said
    assert (tmp_path / "logs.jsonl").exists()


def test_an_account_that_is_gone_when_its_factors_are_asked_for_has_none(tenant, tmp_path):
    """People are deleted while a pull runs; that ends nothing."""
    gone = next(iter(tenant.state.all("users")))
    path = f"/api/v1/users/{gone}/factors"
    tenant.troubles.append(lambda request: httpx.Response(404, json={}) if request.url.path == path else None)
    pull(tenant, tmp_path)

    expected = tenant.everything()
    kept = {(user, factor) for user, factor in expected["factors.jsonl"] if user != gone}
    assert kept == set(pulled(tmp_path)["factors.jsonl"])
    assert expected["users.jsonl"] == pulled(tmp_path)["users.jsonl"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(403, json={"errorCode": "E0000006"}), IdpRefused),
        (httpx.Response(503), IdpUnavailable),
        (httpx.Response(200, json=[{"id": "guo1", "_embedded": {"users": [{"created": "now"}]}}]), IdpRefused),
    ],
)
def test_a_pull_that_fails_leaves_the_export_before_it_alone(tenant, tmp_path, answer, error):
    """All files change or none does, and the words say that the same command goes on."""
    pull(tenant, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    tenant.org.user("new@example.com")
    tenant.troubles.append(lambda request: answer if request.url.path == "/api/v1/devices" else None)

    with pytest.raises(error) as failed:
        pull(tenant, tmp_path)

    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert "goes on where this one stopped" in failed.value.hint
    assert "/api/v1/devices" in failed.value.context


def test_a_refusal_is_told_at_once_though_others_wait_for_their_minute(tenant, tmp_path):
    """Nobody who sits before the screen waits for calls that are of no use any more."""
    ended = Event()

    class Hurry(NoHurry):
        def enter(self, request):
            if request.url.path.endswith("/roles") and tenant.asked[-1].endswith("/roles"):
                assert ended.wait(20)
                raise Stopped

        def stop(self):
            ended.set()

    refusal = httpx.Response(403, json={"errorCode": "E0000006"})
    tenant.troubles.append(lambda request: refusal if request.url.path.endswith("/roles") else None)
    with pytest.raises(IdpRefused, match="E0000006"):
        pull(tenant, tmp_path, pace=Hurry())
    assert ended.is_set()


@pytest.mark.parametrize("trouble", ["dropped", "throttled", "broken"])
def test_a_page_that_is_lost_on_the_way_is_asked_for_again(tenant, tmp_path, trouble):
    """Once dropped, throttled or answered by a server error, each call in turn: nothing is lost or doubled."""
    struck = set()

    def strikes(request):
        target = request.url.raw_path
        if target in struck:
            return None
        struck.add(target)
        if trouble == "dropped":
            raise httpx.ReadError("connection lost", request=request)
        return httpx.Response(429 if trouble == "throttled" else 502, headers={"Retry-After": "1"}, json={})

    tenant.troubles.append(strikes)
    pull(tenant, tmp_path)

    assert tenant.everything() == pulled(tmp_path)
    assert 2 * len(struck) == len(tenant.asked)


def test_a_call_is_foreseen_without_asking_anybody(tmp_path):
    """What would be read, from where, and whether something lies there to go on with."""
    words = okta_export.foresee("https://acme.okta.com", tmp_path, log_days=3)

    assert f"https://acme.okta.com → {tmp_path}" == words[0]
    for name in ("users.jsonl", "factors.jsonl", "groups.jsonl", "roles.jsonl", "devices.jsonl", "logs.jsonl"):
        assert 1 == sum(line.strip().startswith(name) for line in words)
    assert not any("interrupted" in line for line in words)
    (tmp_path / ".pull").mkdir()
    assert "interrupted" in okta_export.foresee("https://acme.okta.com", tmp_path)[-1]


def test_progress_is_told_and_ends_where_the_whole_is(tenant, tmp_path):
    """For lists of calls the whole is known beforehand."""
    told = []
    pull(tenant, tmp_path, progress=lambda *what: told.append(what))

    people = len(tenant.state.all("users"))
    assert ("factors", people, people) == next(what for what in reversed(told) if what[0] == "factors")
    assert None is next(total for name, _, total in told if name == "users")


def test_half_a_character_in_a_name_is_kept_for_the_reader_to_judge(tenant, tmp_path):
    """It cannot be written but escaped, and nothing may end because of it."""
    user, held = next(iter(tenant.state.all("users").items()))
    tenant.state.put("users", user, {**held, "profile": {**held["profile"], "title": "\ud800"}})
    broken = json.dumps([tenant.state.all("users")[user]]).encode()
    tenant.troubles.append(
        lambda request: (
            httpx.Response(200, content=broken)
            if request.url.path == "/api/v1/users" and "filter" not in request.url.params
            else None
        )
    )
    pull(tenant, tmp_path)

    assert "\ud800" == rows(tmp_path / "users.jsonl")[0]["profile"]["title"]
