"""
Without this file nobody would know how much of the tenant's limit a large wave uses, nor what a kill costs it.

    python benchmarks/membership.py                                    # 20,000 people, some 90 seconds
    python benchmarks/membership.py --people 4000 --calls 1000 --window 10

A tenant on this machine takes so many calls a window. Other programs take some of them, and now and then the rest at
once, so that calls of ours are turned away. One process puts everybody into one group and is killed at a third; a
second one goes on. Printed is one JSON line: which share of the calls that were left to us was not made, and how many
memberships were written more than once.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import httpx

from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from sandbox.idp.okta.limits import Limits, bucket
from sandbox.idp.options import Options
from sandbox.idp.server import Server

GROUPS = "/api/v1/groups"
TURNED_AWAY = 429
KILLED_AT = 1 / 3
# Others take this much of each window, bit by bit; in every third one they take all that is left at once.
OTHERS_SHARE, OTHERS_EVERY_SECONDS = 0.05, 0.2
GREEDY_EVERY, GREEDY_FROM = 3, 0.7


@dataclass(slots=True)
class Window:
    """One window of the groups' limit: when it began and ended (epoch seconds), and who made how many calls."""

    began_at: float
    ends_at: int
    ours: int = 0
    theirs: int = 0
    refused: int = 0


class Watched(Limits):
    """The tenant's limits, and a record of how the groups' one was used."""

    def __init__(self, calls: int, window_seconds: int) -> None:
        super().__init__(calls, window_seconds)
        self.windows: dict[int, Window] = {}

    def take(self, path: str, now: float) -> tuple[bool, Mapping[str, str]]:
        """Count a call of ours."""
        is_let_through, told = super().take(path, now)
        if bucket(path) == GROUPS:
            window = self._window(int(told["X-Rate-Limit-Reset"]), now)
            window.ours += is_let_through
            window.refused += not is_let_through
        return is_let_through, told

    def take_for_others(self, count: int, now: float) -> None:
        """Count calls of other programs, as many as are left."""
        for _ in range(count):
            is_let_through, told = super().take(GROUPS, now)
            if not is_let_through:
                return
            self._window(int(told["X-Rate-Limit-Reset"]), now).theirs += 1

    def _window(self, ends_at: int, now: float) -> Window:
        return self.windows.setdefault(ends_at, Window(now, ends_at))


async def others(limits: Watched) -> None:
    """Be the tenant's other programs, until cancelled."""
    dice = Random(7)
    while True:
        await asyncio.sleep(OTHERS_EVERY_SECONDS * 2 * dice.random())
        if limits.windows:
            number, window = len(limits.windows), limits.windows[max(limits.windows)]
            is_late = time.time() >= window.began_at + GREEDY_FROM * limits.window_seconds
            is_greedy = number % GREEDY_EVERY == 0 and (is_late or window.ours >= GREEDY_FROM * limits.calls)
            share = OTHERS_SHARE * OTHERS_EVERY_SECONDS / limits.window_seconds
            if time.time() < window.ends_at:  # a window is begun by ours, so that nobody else decides when
                limits.take_for_others(limits.calls if is_greedy else round(share * limits.calls), time.time())


@contextmanager
def tenant(people: int, limits: Watched) -> Iterator[Server]:
    """Serve a tenant from a thread of this process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(Options(people=people))
    server.sandbox.limits = limits
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    busy = asyncio.run_coroutine_threadsafe(others(limits), loop)
    try:
        yield server
    finally:
        busy.cancel()
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def connected(url: str) -> Okta:
    """Return the product's own door to the tenant."""
    return Okta(lambda: OktaClient(url, "sandbox-offramp"), url)


def new_group(url: str) -> str:
    """Make an empty group and return its id."""
    headers = {"Authorization": "SSWS sandbox-console"}
    answer = httpx.post(url + GROUPS, json={"profile": {"name": "slot-1"}}, headers=headers)
    return str(answer.raise_for_status().json()["id"])


def syncing(url: str, group_id: str, wanted: Path) -> subprocess.Popen[bytes]:
    """Start a process that puts everybody into the group."""
    return subprocess.Popen([sys.executable, __file__, "--join", url, group_id, str(wanted)])


def unused_share(windows: Sequence[Window], calls: int, pause: tuple[float, float]) -> float:
    """
    Return which share of the calls that were left to us was not made: within windows, and by beginning one late.

    Args:
        windows: In order; the last is left out, because it ends before its time.
        calls: What a window allows everybody.
        pause: Begin and end of the time in which no process of ours was there; a gap that it fills is nobody's.
    """
    whole = windows[:-1]
    used = sum(window.ours for window in whole) / sum(calls - window.theirs for window in whole)
    open_seconds = sum(window.ends_at - window.began_at for window in whole)
    late_seconds = 0.0
    for before, after in pairwise(windows):
        away = max(0.0, min(pause[1], after.began_at) - max(pause[0], before.ends_at))
        late_seconds += after.began_at - before.ends_at - away
    return 1 - used * open_seconds / (open_seconds + late_seconds)


def repeated(server: Server, group_id: str) -> int:
    """Count the memberships that the tenant let us write more than once; who was turned away wrote nothing."""
    place = f"{GROUPS}/{group_id}/users/"
    counts = Counter(
        write.path
        for write in server.sandbox.state.writes
        if write.path.startswith(place) and write.status != TURNED_AWAY
    )
    return sum(count - 1 for count in counts.values())


def measure(people: int, calls: int, window_seconds: int, folder: Path) -> Mapping[str, float]:
    """
    Sync, kill, sync again.

    Returns:
        unused_share, repeated_count, refused_count, seconds.

    Raises:
        SystemExit: A process failed, or not everybody is in the group.
    """
    limits = Watched(calls, window_seconds)
    with tenant(people, limits) as server:
        state = server.sandbox.state
        accounts = [key for key, user in state.all("users").items() if user["status"] != "DEPROVISIONED"]
        wanted = folder / "wanted.json"
        wanted.write_text(json.dumps(accounts), encoding="utf-8")
        group_id = new_group(server.okta)
        limits.windows.clear()
        since = time.time()
        first = syncing(server.okta, group_id, wanted)
        while first.poll() is None and len(state.writes) < KILLED_AT * len(accounts):
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
        first.wait()
        killed_at = time.time()
        calls_before = sum(window.ours for window in limits.windows.values())
        second = syncing(server.okta, group_id, wanted)
        while second.poll() is None and sum(window.ours for window in limits.windows.values()) == calls_before:
            time.sleep(0.02)
        pause = (killed_at, time.time())
        if second.wait():
            sys.exit("the second sync failed")
        members = {key for key, groups in state.all("memberships").items() if group_id in groups}
        if members != set(accounts):
            sys.exit(f"{len(set(accounts) - members)} people are not in the group")
        windows = [limits.windows[end] for end in sorted(limits.windows)]
        return {
            "unused_share": unused_share(windows, calls, pause),
            "repeated_count": repeated(server, group_id),
            "refused_count": sum(window.refused for window in windows),
            "seconds": time.time() - since,
        }


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--calls", type=int, default=5_000, help="per window, for everybody")
    parser.add_argument("--window", type=int, default=20, help="seconds")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / ".data" / "membership")
    parser.add_argument("--join", nargs=3, metavar=("URL", "GROUP", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.join:
        url, group_id, wanted = asked.join
        connected(url).join(group_id, json.loads(Path(wanted).read_text(encoding="utf-8")))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps(measure(asked.people, asked.calls, asked.window, asked.folder)))


if __name__ == "__main__":
    main()
