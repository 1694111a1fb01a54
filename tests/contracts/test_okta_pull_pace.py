import heapq
import math
from email.utils import formatdate
from random import Random

import httpx
import pytest

from migration.adapters.okta_export_pace import LANES, Pace, Stopped
from sandbox.idp.okta.limits import Limits

URL = "http://localhost:1"
FACTORS = "/api/v1/users/00u1/factors"
MINUTES = 6


class Crowd:
    """
    Workers who call one tenant as fast as the pace lets them, in made-up time.

    A call arrives half its latency after it left, is counted then, and is answered after the other half.
    """

    def __init__(self, pace, limits, *, latency, seed=1, skew=0.0, others=0.0, at=1_793_620_807.3):
        self.pace, self.limits, self.latency = pace, limits, latency
        self.dice = Random(seed)  # noqa: S311 - a crowd is not cryptography
        self.skew, self.others, self.at = skew, others, at
        self.statuses = []
        self.began_at = at
        self.ours = {}
        self._events = []
        self._idle = []
        self._look_at = at
        self._count = 0

    def now(self):
        """Return the workers' clock, which differs from the tenant's."""
        return self.at - 1_700_000_000

    def plan(self, after, what, *about):
        """Let something happen later."""
        self._count += 1
        heapq.heappush(self._events, (self.at + after, self._count, what, about))

    def run(self, seconds, *, workers=LANES, path=FACTORS):
        """Let time pass."""
        end = self.at + seconds
        if self.others:
            self.plan(0, self._other)
        self._idle = [httpx.Request("GET", URL + path) for _ in range(workers)]
        self._look_at = self.at
        self.plan(0, self._try)
        while self._events and self._events[0][0] < end:
            self.at, _, what, about = heapq.heappop(self._events)
            what(*about)

    def _try(self):
        """Let everybody leave who may; who may not looks again when somebody is answered or the wait is over."""
        while self._idle:
            delay = self.pace.delay(self._idle[-1].url.path)
            if delay != 0:
                if delay is not None and self.at >= self._look_at:
                    self._look_at = self.at + delay
                    self.plan(delay, self._try)
                return
            self.plan(self.latency(self.dice) / 2, self._arrive, self._idle.pop())

    def _arrive(self, request):
        may_pass, headers = self.limits.take(request.url.path, self.at + self.skew)
        window = headers["X-Rate-Limit-Reset"]
        self.ours[window] = self.ours.get(window, 0) + may_pass
        self.plan(
            self.latency(self.dice) / 2,
            self._answer,
            request,
            httpx.Response(200 if may_pass else 429, headers=headers),
        )

    def _answer(self, request, response):
        response.request = request
        self.statuses.append(response.status_code)
        self.pace.leave(request, response)
        self._idle.append(request)
        self._try()

    def _other(self):
        self.limits.take("/api/v1/users", self.at + self.skew)
        self.plan(self.others, self._other)

    def whole_windows(self):
        """Return how many of our calls each window held that began and ended while the crowd was at work."""
        return list(self.ours.values())[1:-1]


def crowd(share, limit, *, latency=lambda dice: 0.05 + 0.1 * dice.random(), lanes=LANES, **more):
    """Make a crowd and a tenant that allows *limit* calls a minute."""
    made = Crowd(None, Limits(limit), latency=latency, **more)
    made.pace = Pace(share, lanes=lanes, now=made.now, wall=lambda: made.at)
    return made


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("limit", [20, 100, 600])
@pytest.mark.parametrize("skew", [-250.4, 0.0, 3600.7])
def test_a_minute_holds_the_budget_and_never_a_call_more(share, limit, skew):
    """At least 95 % of the share is used, whatever the tenant's clock says, and nobody is ever turned away."""
    running = crowd(share, limit, skew=skew)
    running.run(60 * MINUTES)

    budget = math.floor(limit * share)
    held = running.whole_windows()
    assert MINUTES - 2 <= len(held)
    assert max(running.ours.values()) <= budget
    assert min(held) >= 0.95 * budget
    assert {200} == set(running.statuses)


@pytest.mark.parametrize("seed", range(8))
def test_slow_and_uneven_answers_never_lead_over_the_budget(seed):
    """Calls that leave in one minute and arrive in the next are counted where they arrive."""
    uneven = crowd(0.5, 60, seed=seed, latency=lambda dice: dice.choice([0.02, 0.3, 4.0, 14.0]), lanes=25)
    uneven.run(60 * MINUTES, workers=25)

    assert max(uneven.ours.values()) <= 30
    assert {200} == set(uneven.statuses)


def test_what_others_take_is_left_to_them():
    """Where the tenant is busy there is less for us than our share, and we notice before we are turned away."""
    busy = crowd(0.75, 100, others=1.0)
    busy.run(60 * MINUTES)

    assert {200} == set(busy.statuses)
    assert min(busy.whole_windows()) > 30


def test_a_pull_that_begins_in_the_middle_of_a_minute_counts_what_was_taken_before():
    """It may have been ours: a pull that is killed and started again must not have two budgets."""
    begun = crowd(0.5, 100)
    begun.run(20)
    begun.pace = Pace(0.5, now=begun.now, wall=lambda: begun.at)
    begun._events.clear()
    begun.run(20)

    assert 51 >= sum(begun.ours.values())  # the one more is the call that asks


def test_each_bucket_has_its_own_budget():
    """Groups are read while the users' minute is over."""
    pace = Pace(1.0, now=lambda: 0.0, wall=lambda: 1000.5)
    spent(pace, FACTORS, remaining=0)

    assert 60.5 == pace.delay("/api/v1/users")  # it told no time: a second is added for the doubt
    assert 0 == pace.delay("/api/v1/groups/00g1/users")


def test_before_the_first_answer_one_call_goes_ahead_and_asks():
    """Nobody knows yet how much there is."""
    pace = Pace(1.0, now=lambda: 0.0)

    assert 0 == pace.delay(FACTORS)
    assert None is pace.delay(FACTORS)


def test_no_more_calls_are_under_way_than_there_are_lanes():
    """Fewer than half of what the vendor lets run at once, over all buckets."""
    pace = Pace(1.0, lanes=3, now=lambda: 0.0, wall=lambda: 1000.5)
    spent(pace, FACTORS, remaining=500)

    assert [0, 0, 0, None] == [pace.delay(FACTORS) for _ in range(4)]
    assert LANES < 35 / 2


def test_a_call_that_others_may_have_taken_does_not_leave():
    """What the tenant has left for everybody is the end, whatever our share is."""
    pace = Pace(1.0, now=lambda: 0.0, wall=lambda: 1000.5)
    spent(pace, FACTORS, remaining=2)

    assert [0, 0] == [pace.delay(FACTORS) for _ in range(2)]
    assert pace.delay(FACTORS) > 0


def test_when_a_minute_is_over_one_call_goes_ahead_and_asks():
    """The tenant alone knows whether its next minute has begun, and how much it holds."""
    at = [0.0]
    pace = Pace(1.0, now=lambda: at[0], wall=lambda: 940.0)
    told(pace, limit=9, remaining=8, reset=1000, date=940)
    at[0] = 60.0

    assert [0, None] == [pace.delay(FACTORS) for _ in range(2)]
    pace.leave(httpx.Request("GET", URL + FACTORS), heard(limit=9, remaining=7, reset=1000, date=999))
    assert 1 == pace.delay(FACTORS)


def test_a_minute_whose_end_moves_is_still_the_same_one():
    """A tenant that says "a minute from now" on each answer does not give a new budget with each."""
    at = [0.0]
    pace = Pace(1.0, now=lambda: at[0], wall=lambda: 940.0)
    for second in range(4):
        at[0] = float(second)
        told(pace, limit=4, remaining=3 - second, reset=1000 + second, date=940 + second)

    assert 57 == pace.delay(FACTORS)


def test_too_many_calls_at_once_halve_the_lanes():
    """The vendor says so by a limit of nothing; it is no limit per minute."""
    pace = Pace(1.0, lanes=4, now=lambda: 0.0, wall=lambda: 1000.5)
    spent(pace, FACTORS, remaining=500)
    assert 0 == pace.delay(FACTORS)
    told = {"X-Rate-Limit-Limit": "0", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1001"}
    answered(pace, FACTORS, httpx.Response(429, headers={**told, "Retry-After": "0"}))

    assert [0, 0, None] == [pace.delay(FACTORS) for _ in range(3)]


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "7"}, 7.0), ({}, 1.0)])
def test_a_429_holds_everybody_back_who_would_call_the_same_bucket(headers, seconds):
    """Not only the call that was turned away."""
    pace = Pace(1.0, now=lambda: 0.0, wall=lambda: 1000.5)
    assert 0 == pace.delay(FACTORS)
    answered(pace, FACTORS, httpx.Response(429, headers=headers))

    assert seconds == pace.delay("/api/v1/users")
    assert 0 == pace.delay("/api/v1/logs")


def test_a_429_holds_no_longer_than_the_minute_that_is_used_up():
    """The tenant's clock is known by then: no second is added for doubt."""
    at = [0.0]
    pace = Pace(1.0, now=lambda: at[0], wall=lambda: 940.0)
    told(pace, limit=9, remaining=8, reset=1000, date=940)
    at[0] = 30.5
    assert 0 == pace.delay(FACTORS)
    turned_away = heard(limit=9, remaining=0, reset=1000, date=970)
    turned_away.status_code = 429
    answered(pace, FACTORS, turned_away)

    assert 29.5 == pace.delay(FACTORS)


def test_a_tenant_that_tells_nothing_is_called_one_at_a_time():
    """Behind a proxy that strips the headers there is still an end, only later."""
    pace = Pace(0.5, now=lambda: 0.0)
    for _ in range(50):
        assert 0 == pace.delay(FACTORS)
        assert None is pace.delay(FACTORS)
        answered(pace, FACTORS, httpx.Response(200))


def test_answers_that_are_lost_count_until_no_minute_can_hold_them():
    """They may have arrived; then they are forgotten, and the pull goes on."""
    at = [0.0]
    pace = Pace(1.0, now=lambda: at[0], wall=lambda: 940.0)
    told(pace, limit=4, remaining=3, reset=1000, date=940)
    for _ in range(3):
        assert 0 == pace.delay(FACTORS)
    for _ in range(3):
        pace.leave(httpx.Request("GET", URL + FACTORS), None)
    assert 60 == pace.delay(FACTORS)

    at[0] = 60.0
    told(pace, limit=4, remaining=3, reset=1060, date=1000)
    assert 60 == pace.delay(FACTORS)
    at[0] = 120.0
    told(pace, limit=4, remaining=3, reset=1120, date=1060)
    assert [0, 0, 0] == [pace.delay(FACTORS) for _ in range(3)]


def test_whoever_waits_gives_up_when_the_pull_ends():
    """Nobody sleeps on to the tenant's next minute."""
    pace = Pace(1.0)
    pace.stop()

    with pytest.raises(Stopped):
        pace.enter(httpx.Request("GET", URL + FACTORS))
    with pytest.raises(Stopped):
        pace.sleep(60)


def answered(pace, path, response):
    """Answer the call that left last."""
    request = httpx.Request("GET", URL + path)
    response.request = request
    pace.leave(request, response)


def told(pace, **numbers):
    """Let one call leave and be answered with what the bucket holds."""
    assert 0 == pace.delay(FACTORS)
    answered(pace, FACTORS, heard(**numbers))


def heard(*, limit, remaining, reset, date):
    """Make an answer that says what the bucket holds."""
    numbers = {"Limit": limit, "Remaining": remaining, "Reset": reset}
    headers = {f"X-Rate-Limit-{name}": str(number) for name, number in numbers.items()}
    return httpx.Response(200, headers={**headers, "Date": formatdate(date, usegmt=True)})


def spent(pace, path, *, remaining):
    """Let one call be answered whose bucket has so much left for a minute."""
    assert 0 == pace.delay(path)
    numbers = {"Limit": 600, "Remaining": remaining, "Reset": 1060}
    answered(pace, path, httpx.Response(200, headers={f"X-Rate-Limit-{key}": str(it) for key, it in numbers.items()}))
