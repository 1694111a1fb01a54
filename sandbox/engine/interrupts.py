"""Without this file ^C would either be ignored or tear a running step from the state."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.engine.deployment import Deployment

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NAMES = {signal.SIGINT: ("^C", "press ^C"), signal.SIGTERM: ("SIGTERM", "send SIGTERM")}
DANGER = "Note that terminating immediately may lead to orphaned resources and other inconsistencies.\n"


@contextlib.contextmanager
def heeded(deployment: Deployment) -> Iterator[None]:
    """
    Heed signals for the length of a `with` block.

    The first lets running steps finish and be saved; the second ends everything at once, and what was running stays
    on record as pending.
    """
    heard: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    # A handler interrupts the main thread wherever it is, maybe inside a lock: the work is done elsewhere.
    before = {number: signal.signal(number, lambda number, _frame: heard.put(number)) for number in SIGNALS}
    listener = threading.Thread(target=_listen, args=(deployment, heard), daemon=True)
    listener.start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        heard.put(None)
        listener.join()


def _listen(deployment: Deployment, heard: queue.SimpleQueue[int | None]) -> None:
    while (number := heard.get()) is not None:
        shown, again = NAMES[signal.Signals(number)]
        if deployment.cancelled:
            deployment.events.print(f"{shown} received; terminating\n")
            deployment.terminate()
            return
        text = f"{shown} received; cancelling. If you would like to terminate immediately, {again} again.\n"
        deployment.events.print(text if deployment.dry_run else text + DANGER)
        deployment.cancel()
