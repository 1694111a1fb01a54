from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import NOON, a_factor, a_membership, a_role, a_user, lines, write_export

from cohorts.drafting import Frame, draft
from cohorts.errors import ExportUnreadable, RejectsTooMany
from cohorts.readiness import HOLDS
from cohorts.rules import RULES_PATH
from cohorts.segment import classify_export
from migration.calendar import Calendar
from migration.rounds import COSTS, Rounds

MONDAY = date(2026, 11, 9)
ROUNDS = Rounds(Calendar(MONDAY + timedelta(days=365)), MONDAY, COSTS, largest_share=0.25, least_cost=300)
EMPTY = {"id": pa.array([], pa.string()), "wave": pa.array([], pa.int16())}


def an_export(folder: Path, names=tuple(f"u{number}" for number in range(20)), **profiles) -> Path:
    """Write an export of people without anything special, an administrator, a robot and an emergency account."""
    kinds = {"svc": "Service", "bg": "Emergency"}
    everyone = [*names, "boss", *kinds]
    return write_export(
        folder,
        users=[
            a_user(one, profile={"userType": kinds.get(one, "Employee"), **profiles.get(one, {})}) for one in everyone
        ],
        factors=[a_factor(one, "security_key" if one == "boss" else "sms") for one in everyone],
        groups=[a_membership(one) for one in everyone],
        roles=[a_role("boss")],
    )


def rows(path: Path) -> dict[str, dict]:
    """Return the rows of a plan by id."""
    told = pq.read_table(path).to_pylist()
    assert len({row["id"] for row in told}) == len(told)
    return {row["id"]: row for row in told}


@pytest.fixture
def plan(tmp_path) -> Path:
    """A plan of the usual export."""
    draft(an_export(tmp_path / "export"), RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet")
    return tmp_path / "plan.parquet"


def test_a_plan_has_one_row_an_account_in_the_order_of_the_export(plan):
    """With what it was decided by, so that two plans can be compared row for row."""
    table = pq.read_table(plan)

    assert ["id", "department", "cohort", "readiness", "wave", "wave_start"] == table.column_names
    assert [*(f"u{number}" for number in range(20)), "boss", "svc", "bg"] == table["id"].to_pylist()


def test_a_plan_says_what_the_classification_says(tmp_path, plan):
    """One judgement, two ways to ask for it."""
    found = classify_export(tmp_path / "export", RULES_PATH, NOON)

    assert {one.account_id: one.cohort for one in found.members} == {
        key: row["cohort"] for key, row in rows(plan).items()
    }


def test_what_is_held_is_a_word_of_the_ladder(plan):
    """What a person costs the help desk depends on it."""
    told = rows(plan)

    assert ("target", "phone") == (told["boss"]["readiness"], told["u1"]["readiness"])
    assert {row["readiness"] for row in told.values()} <= set(HOLDS)


def test_no_round_takes_more_than_its_share(plan):
    """A quarter of those who move, rounded up, and the riskiest cohort first."""
    told = rows(plan)
    sizes = Counter(row["wave"] for row in told.values() if row["wave"] is not None)

    assert 21 == sum(sizes.values())
    assert 6 >= max(sizes.values())
    assert 0 == told["boss"]["wave"]


def test_nobody_asks_a_robot_to_move(plan):
    """Service and break-glass accounts have sets of their own, and no round."""
    told = rows(plan)

    assert [(None, None)] * 2 == [(told[one]["wave"], told[one]["wave_start"]) for one in ("svc", "bg")]


def test_every_round_begins_on_its_day(plan):
    """A week after the one before."""
    starts = {(row["wave"], row["wave_start"]) for row in rows(plan).values() if row["wave"] is not None}

    assert {(number, MONDAY + timedelta(weeks=number)) for number in range(len(starts))} == starts


def test_two_accounts_of_one_person_move_together(tmp_path):
    """In the round, and with the cohort, that the riskier of them asks for."""
    profiles = {f"u{number}": {"employeeNumber": str(number)} for number in range(20)}
    export = an_export(tmp_path / "export", **profiles)
    graph = [
        {
            "id": f"e{number}",
            "userPrincipalName": f"e{number}@example.org",
            "accountEnabled": True,
            "employeeId": str(number),
        }
        for number in range(20)
    ]
    (export / "entra-users.jsonl").write_text(lines(graph), encoding="utf-8")
    (export / "people.csv").write_text("Employee number\n" + "".join(f"{number}\n" for number in range(25)))
    found = draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet")
    told = rows(tmp_path / "plan.parquet")

    # Five of whom HR alone knows have nothing to move.
    assert 21 == np.count_nonzero(found.placing.rounds >= 0)
    assert 43 == len(told)
    assert {True} == {told[f"u{number}"]["wave"] == told[f"e{number}"]["wave"] for number in range(20)}
    sizes = Counter(row["wave"] for key, row in told.items() if row["wave"] is not None and not key.startswith("e"))
    assert 6 >= max(sizes.values())


def test_a_person_costs_the_help_desk_what_the_weakest_account_does(tmp_path):
    """Whoever must be helped with one of two accounts calls once."""
    export = an_export(tmp_path / "export", ("u1",), u1={"employeeNumber": "1"}, boss={"employeeNumber": "2"})
    (export / "factors.jsonl").write_text(lines([a_factor(one, "security_key") for one in ("u1", "boss", "svc", "bg")]))
    tight = Rounds(
        Calendar(MONDAY), MONDAY, COSTS, largest_share=1.0, least_cost=50, help_desk_per_day=0.0, most_rounds=9
    )
    alone = draft(export, RULES_PATH, tight, NOON, tmp_path / "alone.parquet")
    graph = {"id": "e1", "userPrincipalName": "e1@example.org", "accountEnabled": True, "employeeId": "1"}
    (export / "entra-users.jsonl").write_text(lines([graph]), encoding="utf-8")
    (export / "methods.json").write_text("[]")
    both = draft(export, RULES_PATH, tight, NOON, tmp_path / "both.parquet")

    assert (0, 1) == (alone.placing.unplaced_count, both.placing.unplaced_count)


def test_departments_are_told_in_one_order(tmp_path):
    """Whichever row came first: a plan is compared byte for byte."""
    told = []
    for names in (("u1", "u2"), ("u2", "u1")):
        export = an_export(tmp_path / names[0], names, u1={"department": "Zoo"}, u2={"department": "Art"})
        draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet")
        column = pq.read_table(tmp_path / "plan.parquet", read_dictionary=["department"])["department"]
        told.append(column.chunk(0).dictionary.to_pylist())

    assert [["Art", "Engineering", "Zoo"]] * 2 == told


def test_nobody_moves_when_others_join(tmp_path, plan):
    """Somebody who was told a day keeps it."""
    more = an_export(tmp_path / "more", tuple(f"u{number}" for number in range(22)))
    draft(more, RULES_PATH, ROUNDS, NOON, tmp_path / "next.parquet", Frame(previous=plan))
    before, after = rows(plan), rows(tmp_path / "next.parquet")

    assert {key: row["wave"] for key, row in before.items()} == {key: after[key]["wave"] for key in before}
    assert None not in {after["u20"]["wave"], after["u21"]["wave"]}


def test_who_joins_late_is_given_a_round_that_has_not_begun(tmp_path, plan):
    """A round that is over takes nobody."""
    more = an_export(tmp_path / "more", tuple(f"u{number}" for number in range(22)))
    draft(more, RULES_PATH, ROUNDS, NOON, tmp_path / "next.parquet", Frame(previous=plan, first_open=15))
    after = rows(tmp_path / "next.parquet")

    assert 15 <= min(after["u20"]["wave"], after["u21"]["wave"])


def test_an_earlier_plan_without_rows_binds_nobody(tmp_path):
    """It is a plan of nobody."""
    export, previous = an_export(tmp_path / "export"), tmp_path / "nobody.parquet"
    pq.write_table(pa.table(EMPTY), previous)
    draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "next.parquet", Frame(previous=previous))

    assert 21 == sum(row["wave"] is not None for row in rows(tmp_path / "next.parquet").values())


def test_a_file_that_is_no_plan_is_refused_and_nothing_is_written(tmp_path, plan):
    """The plan that was there stays as it was."""
    before = plan.read_bytes()
    (tmp_path / "other.parquet").write_bytes(b"no plan")

    with pytest.raises(ExportUnreadable, match="no plan that was written before"):
        draft(tmp_path / "export", RULES_PATH, ROUNDS, NOON, plan, Frame(previous=tmp_path / "other.parquet"))
    assert before == plan.read_bytes()
    assert ["export", "other.parquet", "plan.parquet"] == sorted(path.name for path in tmp_path.iterdir())


def test_the_same_export_gives_the_same_plan(tmp_path, plan):
    """To the byte, so that a plan can be named by its digest."""
    draft(tmp_path / "export", RULES_PATH, ROUNDS, NOON, tmp_path / "again.parquet")

    assert plan.read_bytes() == (tmp_path / "again.parquet").read_bytes()


def test_the_order_of_the_export_decides_nothing(tmp_path, plan):
    """Whoever stands first in the file does not move first."""
    names = tuple(f"u{number}" for number in range(20))
    draft(an_export(tmp_path / "other", names[::-1]), RULES_PATH, ROUNDS, NOON, tmp_path / "other.parquet")

    assert rows(plan) == rows(tmp_path / "other.parquet")


def test_a_draft_stops_where_too_much_cannot_be_used(tmp_path):
    """Half a company in rounds would look like all of it."""
    export = an_export(tmp_path / "export")
    with (export / "users.jsonl").open("a") as file:
        file.write("not json\n")

    assert 23 == len(draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "plan.parquet").held)
    with pytest.raises(RejectsTooMany):
        draft(export, RULES_PATH, ROUNDS, NOON, tmp_path / "other.parquet", Frame(max_rejects=0.04))
    assert not (tmp_path / "other.parquet").exists()


def test_who_finds_no_round_is_counted_and_not_forgotten(tmp_path):
    """Where there are too few rounds the rest have none, and the draft says how many they are."""
    short = Rounds(Calendar(MONDAY), MONDAY, COSTS, largest_share=0.25, least_cost=3000, most_rounds=1)
    found = draft(an_export(tmp_path / "export"), RULES_PATH, short, NOON, tmp_path / "plan.parquet")
    told = rows(tmp_path / "plan.parquet")

    assert 21 - 6 <= found.placing.unplaced_count
    assert found.placing.unplaced_count + 2 == sum(row["wave"] is None for row in told.values())
