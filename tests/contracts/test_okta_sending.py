import threading
import time

import httpx
import pytest
from pull_desk import NoHurry

from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import Pace, Stopped
from migration.adapters.okta_sending import HOPELESS, MANY, Call, Outcome, send_all
from migration.adapters.retrying import send
from migration.errors import IdpRefused, IdpUnavailable


class Answering:
    """A tenant that answers each write by a function of its number, 1 for the first."""

    def __init__(self, answer):
        self.count = 0
        self.client = OktaClient("http://localhost:1", "x")
        self._answer = answer
        self._turn = threading.Lock()
        self.client._client = httpx.Client(base_url="http://localhost:1", transport=httpx.MockTransport(self._one))

    def _one(self, _request):
        with self._turn:
            self.count += 1
            return self._answer(self.count)


def calls(count, is_done=None):
    """Make so many deletions."""
    return [Call("DELETE", f"/api/v1/users/00u{number}/factors/sms1", is_done) for number in range(count)]


def test_what_is_gone_already_need_not_be_deleted():
    """A second run of deletions ends as the first."""
    gone = Answering(lambda _: httpx.Response(404))

    assert Outcome(20) == send_all(gone.client, calls(20), NoHurry())


def test_calls_are_taken_as_lanes_are_free():
    """The calls of a large tenant need not be in memory at once."""
    taken = []
    answered = []

    def lazily():
        for call in calls(100):
            taken.append(len(taken) - len(answered))
            yield call

    fine = Answering(lambda _: httpx.Response(204))
    outcome = send_all(fine.client, lazily(), NoHurry(), lanes=3, progress=answered.append)

    assert Outcome(100) == outcome
    assert list(range(1, 101)) == answered
    assert MANY + 3 >= max(taken)


@pytest.mark.parametrize("count", [3, 20])
def test_refusals_are_collected_with_their_reasons(count):
    """One person's refusal is no reason to leave the others as they are."""
    refusing = Answering(lambda number: httpx.Response(403 if number == 2 else 204, json={"errorCode": "E0000006"}))
    outcome = send_all(refusing.client, calls(count), NoHurry())

    assert count - 1 == outcome.done_count
    assert ["The tenant refused with 403: E0000006"] == [failure.because for failure in outcome.failures]


def test_a_tenant_that_refuses_everything_is_not_asked_for_everyone():
    """The group is gone or the token has lost its right: a hundred refusals say so as well as 20,000."""
    refusing = Answering(lambda _: httpx.Response(403))

    with pytest.raises(IdpRefused, match=f"first {HOPELESS} calls"):
        send_all(refusing.client, calls(1000), NoHurry())
    assert HOPELESS + 16 >= refusing.count


def test_many_refusals_after_a_success_are_about_single_people():
    """A company that left all at once may stand in a row."""
    refusing = Answering(lambda number: httpx.Response(204 if number == 1 else 404))
    gone = [Call("PUT", f"/api/v1/groups/00g1/users/00u{number}") for number in range(2 * HOPELESS)]
    outcome = send_all(refusing.client, gone, NoHurry(), lanes=1)

    assert (1, 2 * HOPELESS - 1) == (outcome.done_count, len(outcome.failures))


def test_a_lost_answer_that_nobody_can_read_back_ends_the_whole():
    """Whether it took effect is not guessed; the caller looks, and starts again."""
    lost = Answering(lambda number: httpx.Response(503 if number == 9 else 204))

    with pytest.raises(IdpUnavailable):
        send_all(lost.client, calls(1000), NoHurry(), lanes=2)
    assert 100 > lost.count


def test_a_token_that_was_revoked_under_way_ends_the_whole():
    """A refusal is read back like a lost answer; where reading is refused, too, it is not about one person."""
    revoked = Answering(lambda number: httpx.Response(401 if number > 200 else 204))

    def asks():
        revoked.client.get("/api/v1/users/00u1/groups")
        return False

    with pytest.raises(IdpRefused, match="401"):
        send_all(revoked.client, calls(1000, asks), NoHurry())
    assert 250 > revoked.count


def test_an_interruption_sends_home_whoever_waits_for_the_next_minute():
    """Nobody sleeps a minute only to learn that all is over."""
    reset = int(time.time()) + 60

    def answer(number):
        left = {"Limit": 9, "Remaining": max(0, 9 - number), "Reset": reset}
        return httpx.Response(204, headers={f"X-Rate-Limit-{name}": str(it) for name, it in left.items()})

    pace = Pace(1.0)
    with pytest.raises(KeyboardInterrupt):
        send_all(Answering(answer).client, calls(1000), pace, progress=interrupted_at(9))
    with pytest.raises(Stopped):
        pace.enter(httpx.Request("DELETE", "http://localhost:1/api/v1/users/00u1"))


def interrupted_at(count):
    """Be Ctrl-C when so many are settled."""

    def look(settled):
        if settled == count:
            raise KeyboardInterrupt

    return look


def test_with_a_pace_only_the_pace_waits_out_a_429():
    """Else a call would sleep by one answer's clock, and then wait again by the better one."""
    slept = []
    pace = NoHurry()
    pace.sleep = slept.append
    client = Answering(lambda number: httpx.Response(429 if number == 1 else 204, headers={"Retry-After": "7"})).client

    assert 204 == send(client._client, httpx.Request("PUT", "http://localhost:1/api/v1"), pace=pace).status_code
    assert [0.0] == slept
