import json
import os
import signal
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import FACTORS, KEY_NAMES, NOON

from cohorts.cluster import workers
from cohorts.cluster_drafting import can_split, draft_on
from cohorts.drafting import Frame, draft
from cohorts.errors import ClusterUnavailable, ExportForeign, RejectsTooMany
from cohorts.exports.recognising import recognise
from cohorts.rules import RULES_PATH
from cohorts.segment import Reading, classify_export
from cohorts.source_reading import VENDORS, read_sources
from migration.calendar import Calendar
from migration.rounds import COSTS, Rounds

PEOPLE, ROW_GROUP = 1_200, 100
ROUNDS = Rounds(Calendar(NOON.date()), NOON.date(), COSTS, largest_share=0.11, least_cost=300)
DEPARTMENTS = ("Finance", "Engineering", "Sales", None, "Warehouse", "Legal")
METHODS = tuple(FACTORS)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of our own."""
    with workers(None) as engine:
        yield engine


def an_export(folder: Path) -> Path:
    """Write an export of many parts: users, methods (one repeated, one of nobody), groups and roles."""
    folder.mkdir()
    users = [
        {
            "id": f"u{n:05d}",
            "status": "SUSPENDED" if n % 31 == 0 else "ACTIVE",
            "profile": {"login": f"u{n}@example.com", "department": DEPARTMENTS[n % 6]},
            "lastLogin": "2026-10-30T00:00:00Z",
        }
        for n in range(PEOPLE)
    ]
    factors = [
        {
            "id": f"f{n}",
            "userId": f"u{n * 7 % PEOPLE:05d}",
            "factorType": FACTORS[METHODS[n % len(METHODS)]][0],
            "provider": FACTORS[METHODS[n % len(METHODS)]][1],
            "status": "ACTIVE",
            "profile": {"authenticatorName": KEY_NAMES.get(METHODS[n % len(METHODS)])},
        }
        for n in range(2 * PEOPLE)
    ]
    factors += [factors[5], {**factors[9], "id": "stray", "userId": "nobody"}]
    groups = [{"groupId": "g1", "groupName": "Executives", "userId": f"u{n:05d}"} for n in range(0, PEOPLE, 50)]
    roles = [{"userId": f"u{n:05d}", "type": "SUPER_ADMIN", "label": "Super"} for n in range(3, PEOPLE, 200)]
    for name, rows in (("users", users), ("factors", factors), ("groups", groups), ("roles", roles)):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet", row_group_size=ROW_GROUP)
    return folder


def a_map_without_keys(folder: Path) -> Path:
    """Write a column map that reads users without anything that could join two of them."""
    folder.mkdir()
    text = (VENDORS / "okta-users.toml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("login", "email", "employee", "immutable"))]
    (folder / "okta-users.toml").write_text("\n".join(kept), encoding="utf-8")
    return folder


@pytest.mark.parametrize("with_keys", [False, True], ids=["bucket by bucket", "joined"])
def test_a_cluster_writes_the_same_plan_byte_for_byte(cluster, tmp_path, with_keys):
    """Whether accounts can be judged bucket by bucket or have to be joined first, who reads them decides nothing."""
    export = an_export(tmp_path / "export")
    frame = Frame(sources=None if with_keys else a_map_without_keys(tmp_path / "maps"))
    files = recognise(export, read_sources(VENDORS, *([frame.sources] if frame.sources else []))).files

    draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "here.parquet", frame)
    drafted = draft_on(cluster, export, RULES_PATH, ROUNDS, NOON, tmp_path / "there.parquet", frame)

    assert with_keys is not can_split(files)
    assert PEOPLE == drafted.accounts_count
    assert (tmp_path / "here.parquet").read_bytes() == (tmp_path / "there.parquet").read_bytes()


def test_a_cluster_loses_no_row(cluster, tmp_path):
    """Rows that were read in workers are counted, and those of no use come back with their reasons."""
    export = an_export(tmp_path / "export")
    frame = Frame(sources=a_map_without_keys(tmp_path / "maps"))

    drafted = draft_on(cluster, export, RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet", frame)

    assert {"users.parquet": 1200, "factors.parquet": 2402, "groups.parquet": 24, "roles.parquet": 6} == dict(
        drafted.read_counts
    )
    assert ["no account nobody was kept", "says again what line 6 says"] == sorted(
        reject.because for reject in drafted.rejects
    )


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(tmp_path):
    """What it had done is done again by another; the plan is the same."""
    export = an_export(tmp_path / "export")
    frame = Frame(sources=a_map_without_keys(tmp_path / "maps"))
    draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "here.parquet", frame)

    with workers(None) as engine:
        pids = list(engine.client.run(os.getpid).values())
        killed = []

        def kill_one():
            while not engine.client.who_has():
                time.sleep(0.002)
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

        killer = threading.Thread(target=kill_one)
        killer.start()
        drafted = draft_on(engine, export, RULES_PATH, ROUNDS, NOON, tmp_path / "there.parquet", frame)
        killer.join()

    assert pids[:1] == killed
    assert PEOPLE == drafted.accounts_count
    assert (tmp_path / "here.parquet").read_bytes() == (tmp_path / "there.parquet").read_bytes()


def test_classification_is_the_same_on_a_cluster(cluster, tmp_path):
    """The digest of a snapshot does not say who read the export."""
    export = an_export(tmp_path / "export")

    here = classify_export(export, RULES_PATH, NOON)
    there = classify_export(export, RULES_PATH, NOON, reading=Reading(engine=cluster))

    assert here.header == there.header
    assert json.dumps([one.because for one in here.rejects]) == json.dumps([one.because for one in there.rejects])


def test_a_cluster_that_does_not_answer_is_named():
    """With the next thing to type."""
    with (
        pytest.raises(ClusterUnavailable, match=r"No scheduler answers at tcp://127\.0\.0\.1:9") as refused,
        workers("tcp://127.0.0.1:9"),
    ):
        pass

    assert refused.value.hint


def test_a_cluster_writes_nothing_of_an_export_that_cannot_be_trusted(cluster, tmp_path):
    """Whose rows are about nobody here, or too many are no use, that export is refused as one machine refuses it."""
    export = an_export(tmp_path / "export")
    frame = Frame(sources=a_map_without_keys(tmp_path / "maps"), max_rejects=0.0001)
    stranger = {"groupId": "g1", "groupName": "Executives", "userId": "nobody"}

    with pytest.raises(RejectsTooMany, match="rows of factors"):
        draft_on(cluster, export, RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet", frame)
    pq.write_table(pa.Table.from_pylist([stranger]), export / "groups.parquet")
    with pytest.raises(ExportForeign, match="Not one row of groups"):
        draft_on(cluster, export, RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet", frame)

    assert not list(tmp_path.glob("*plan*"))
