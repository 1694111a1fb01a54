"""Without this file `make demo` would start nothing: set the stage, tell the story, show the claims, clean up."""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from sandbox.demo.aside import Aside
from sandbox.demo.claims import Claims
from sandbox.demo.sentences import CLAIMS
from sandbox.demo.stage import Stage, StageFailed
from sandbox.demo.story import REPORT, Story

PEOPLE, SEED = 500, 7
ROOT = Path(__file__).resolve().parents[2]


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the demo; 0 when every claim was proved."""
    options = argparse.ArgumentParser(description="The whole road, once through, on the sandbox.")
    options.add_argument(
        "--engine", choices=["real", "stand-in"], help="default: the real Pulumi CLI where PATH has one"
    )
    given = options.parse_args()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)

    def say(text: str) -> None:
        print(text, flush=True)

    began = time.monotonic()
    claims = Claims(say, CLAIMS)
    stage = Stage(ROOT, ROOT / ".demo", say, given.engine)
    aside = Aside.beside(stage)
    finished = False
    try:
        stage.set_up(people=PEOPLE, seed=SEED)
        Story(stage, claims, say, aside).tell()
        finished = True
    except StageFailed as failure:
        say(f"\nthe demo cannot go on: {failure}")
    except KeyboardInterrupt:
        say("\nended by hand")
    finally:
        aside.tear_down()
        stage.tear_down()
    say(claims.table())
    say(f"\nreport: {(stage.project / REPORT).relative_to(ROOT)}")
    say(f"{time.monotonic() - began:.0f} s")
    say(f"demo: {claims.proved_count} claims proved, {claims.failed_count} failed")
    return 0 if finished and not claims.failed_count else 1


if __name__ == "__main__":
    sys.exit(main())
