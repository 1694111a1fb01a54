import json
import sys
from importlib import import_module
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from migration.rounds import Limit

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.append(str(BENCHMARKS))
clerk, compare = (import_module(name) for name in ("clerk", "compare"))
generate, goals = (import_module(name) for name in ("generate", "goals"))
membership = import_module("membership")
people, replan, run = (import_module(name) for name in ("people", "replan", "run"))
waves, work = (import_module(name) for name in ("waves", "work"))
np = waves.np

COUNT = 2_000
PROGRAMS = (
    ("ours.py", "local"),
    ("peer_polars.py", "tuned"),
    ("peer_pandas_tuned.py", "tuned"),
    ("peer_pandas.py", "idiomatic"),
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A synthetic directory of 2,000 users, in every form."""
    folder = tmp_path_factory.mktemp("directory")
    generate.write(COUNT, generate.FORMS, folder)
    return folder


@pytest.fixture(scope="module")
def expected(directory):
    """The plan, worked out person by person from the rows as they stand."""
    users = pq.read_table(directory / "parquet/users.parquet").to_pylist()
    factors = pq.read_table(directory / "parquet/factors.parquet").to_pylist()
    book = work.read_book()
    held = {}
    for factor in factors:
        if factor["status"] == "ACTIVE":
            held[factor["userId"]] = held.get(factor["userId"], 0) | work.BITS[factor["factorType"]]
    cohorts = [cohort_of(user, book) for user in users]
    ready = [readiness_of(held.get(user["id"], 0)) for user in users]
    waiting = [
        (cohort, user["department"], place, waves.hash_text(user["id"]))
        for cohort, user, place in zip(cohorts, users, ready, strict=True)
    ]
    wave = clerk.fill(waiting, book.planned_count)
    starts = [day for day, _ in work.calendar(sum(cohort < book.planned_count for cohort in cohorts))]
    return [
        {
            "id": user["id"],
            "department": user["department"],
            "cohort": book.cohorts[cohorts[row]],
            "readiness": work.READINESS[ready[row]],
            "wave": wave.get(row),
            "wave_start": starts[wave[row]] if row in wave else None,
        }
        for row, user in enumerate(users)
    ]


def cohort_of(user, book):
    """Ask one rule after the other; the first that holds decides."""
    return next(rule.cohort for rule in book.rules if all(holds(one, user) for one in rule.conditions))


def holds(condition, user):
    """Answer one question about one user; what is not known is no match."""
    value = user[condition.field]
    match condition.test:
        case "one_of":
            found = value in condition.value
        case "has_one_of":
            found = any(name in condition.value for name in value)
        case "nonempty":
            found = len(value) > 0
        case "matches":
            found = value is not None and pc.match_substring_regex(value, condition.value, ignore_case=True).as_py()
        case "at_least":
            found = value is not None and (work.AT - value).days >= condition.value
    return found != condition.is_negated


def readiness_of(bits):
    """Climb down the ladder to the first step that the methods reach."""
    return next(place for place, (_, enough, _) in enumerate(work.LADDER) if bits & enough or not enough)


def test_the_same_seed_makes_the_same_directory():
    """Two runs of the generator give the same rows, and another seed gives others."""
    assert people.chunk(0, COUNT) == people.chunk(0, COUNT)
    assert people.chunk(0, COUNT)["users"] != people.chunk(0, COUNT, seed=people.SEED + 1)["users"]


def test_a_small_directory_is_the_beginning_of_a_larger_one():
    """Whoever is in the small set is in the large one too, at the same place and with the same methods."""
    small, large = people.chunk(0, COUNT), people.chunk(0, 2 * COUNT)

    assert small["users"] == large["users"].slice(0, COUNT)
    is_theirs = pc.is_in(large["factors"]["userId"], small["users"]["id"].combine_chunks())
    assert small["factors"] == large["factors"].filter(is_theirs)


def test_a_directory_is_written_once(directory):
    """What lies there complete is not made again, and what is of another size is."""
    before = (directory / "csv/users.csv").stat().st_mtime_ns
    generate.write(COUNT, generate.FORMS, directory)

    assert before == (directory / "csv/users.csv").stat().st_mtime_ns
    assert () == generate.made(directory, COUNT + 1)


def test_every_account_has_its_own_id(directory):
    """No id of the synthetic directory stands for two accounts, nor for two methods."""
    for name in ("users", "factors"):
        ids = pq.read_table(directory / f"parquet/{name}.parquet")["id"]
        assert len(ids) == len(ids.unique())


@pytest.mark.parametrize("form", generate.FORMS)
@pytest.mark.parametrize(("script", "program"), PROGRAMS)
def test_a_program_plans_what_a_patient_clerk_would(script, program, form, directory, expected, tmp_path):
    """The product, and every program that it is measured against, does the whole work in every form, and right."""
    plan = tmp_path / "plan.parquet"
    told = json.loads(run.started(BENCHMARKS / script, program, form, directory / form, plan))

    assert expected == compare.read_plan(plan).to_pylist()
    assert {"seconds", "peak_bytes", "stages"} == set(told)


def test_whole_arrays_fill_waves_as_one_by_one_does():
    """The quick way to fill waves is the literal way, where departments are few and costs bind too."""
    rows = [(row % 4, f"d{row % 3}", row % 5, waves.hash_text(f"{row:08}")) for row in range(1_500)]
    literal = clerk.fill(rows, 3)
    cohort, department, ready, hashed = (list(column) for column in zip(*rows, strict=True))
    codes = pa.array(department).dictionary_encode().indices.to_numpy().astype("uint8")

    quick = waves.fill(*map(np.array, ([*map(np.uint8, cohort)], codes, ready)), np.array(hashed, "uint64"), 3)

    assert [literal.get(row, -1) for row in range(1_500)] == quick.of_person.tolist()


def test_ids_are_hashed_as_texts_are():
    """The hash of a whole column is the hash of each text in it."""
    ids = pa.array(["00u1", "00u2", "00uZ"])

    assert [waves.hash_text(text) for text in ids.to_pylist()] == waves.hashes(ids).tolist()
    assert waves.hash_text("00uZ") == waves.hashes(ids.slice(2)).tolist()[0]


def test_no_fewer_people_than_the_fewest_could_leave():
    """The count of who must leave a wave is that of the smallest set without whom it keeps its limits."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        department, cost = rng.integers(0, 3, 6), rng.choice([10, 60, 150], 6)
        shares, limit = (
            rng.integers(1, 4, 3),
            Limit(0, work.FIRST_ON, int(rng.integers(1, 6)), int(rng.integers(10, 400))),
        )

        def keeps(rows, department=department, cost=cost, shares=shares, limit=limit):
            rows = list(rows)
            there = np.bincount(department[rows], minlength=3)
            return len(rows) <= limit.most_people and cost[rows].sum() <= limit.most_cost and (there <= shares).all()

        most = max(size for size in range(7) if any(keeps(rows) for rows in combinations(range(6), size)))
        assert 6 - most == replan.excess(department, cost, shares, limit)


def test_one_changed_row_is_found(expected):
    """Two plans are equal in any order of their rows, and not when one person has another wave or cohort."""
    plan = pa.Table.from_pylist(expected)
    turned = plan.take(list(reversed(range(len(plan)))))
    moved = [dict(row) for row in expected]
    row = next(number for number, person in enumerate(expected) if person["wave"] is not None)
    moved[row]["wave"] += 1

    assert [] == compare.differences(plan, turned)
    (found,) = compare.differences(plan, pa.Table.from_pylist(moved, plan.schema).take(list(range(len(plan)))[::-1]))
    assert found.startswith("wave differs in 1 rows")
    assert ["2000 rows, and 1999"] == compare.differences(plan, plan.slice(1))


def test_a_broken_program_is_not_a_result(tmp_path):
    """A program that fails ends the benchmark with what it said."""
    with pytest.raises(run.Broken, match="invalid choice: 'nothing'"):
        run.started(BENCHMARKS / "peer_polars.py", "nothing", "csv", tmp_path, tmp_path)


def test_who_is_measured_depends_on_the_size():
    """Idiomatic pandas runs once and never at 10 million, the cluster at 10 million only, all others always."""
    million, ten = (goals.Setting(size, "parquet") for size in (goals.MILLION, goals.TEN_MILLIONS))

    assert [True, False, False] == [
        run.takes_part("pandas", *given) for given in ((million, 0), (million, 1), (ten, 0))
    ]
    assert [False, True] == [run.takes_part(goals.DASK, setting, 2) for setting in (million, ten)]
    assert all(
        run.takes_part(program, setting, 2) for program in (goals.OURS, goals.READ) for setting in (million, ten)
    )


def test_a_promise_is_judged_by_ratios_within_one_round():
    """A round in which everybody was slow counts as much as any other, and the goal itself still holds."""
    setting = goals.Setting(goals.MILLION, "parquet")
    readings = {
        (setting, goals.READ): [goals.Reading(0, 1.0, 100, {}), goals.Reading(1, 9.0, 100, {})],
        (setting, goals.OURS): [
            goals.Reading(0, 5.0, 80, {"waves": 1.0}),
            goals.Reading(1, 45.0, 80, {"waves": 9.0}),
        ],
        (setting, goals.POLARS): [goals.Reading(0, 4.0, 200, {}), goals.Reading(1, 36.0, 200, {})],
    }
    cells = {cell.name: cell for cell in goals.cells(readings)}

    assert (5.0, True) == (cells["parquet-1m-time"].value, cells["parquet-1m-time"].holds)
    assert (0.8, True) == (cells["parquet-1m-memory"].value, cells["parquet-1m-memory"].holds)
    assert (1.25, False) == (cells["parquet-1m-against-polars"].value, cells["parquet-1m-against-polars"].holds)
    assert (0.2, True) == (cells["waves-share"].value, cells["waves-share"].holds)
    assert {"value": 1.25, "goal": 1.0, "holds": False} == run.results(cells.values(), {})["parquet-1m-against-polars"]


def test_growth_is_measured_from_one_to_ten_millions():
    """Ten times the people may take thirteen times as long and four times the memory."""
    settings = [goals.Setting(size, "parquet") for size in (goals.MILLION, goals.TEN_MILLIONS)]
    readings = {
        (setting, goals.OURS): [goals.Reading(0, seconds, peak, {})]
        for setting, seconds, peak in zip(settings, (1.0, 13.0), (100, 401), strict=True)
    }
    cells = {cell.name: cell for cell in goals.cells(readings)}

    assert (13.0, True) == (cells["growth-time"].value, cells["growth-time"].holds)
    assert (4.01, False) == (cells["growth-memory"].value, cells["growth-memory"].holds)


def test_a_membership_sync_that_is_killed_repeats_nothing_and_ends(tmp_path):
    """Two processes, one killed, under a limit that others use too: everybody is in, and was written once."""
    told = membership.measure(300, 300, 2, tmp_path)

    assert 0 == told["repeated_count"]


def windows(*rows):
    """Make windows of (begin, end, ours, theirs)."""
    return [membership.Window(begin, end, ours, theirs) for begin, end, ours, theirs in rows]


def test_a_limit_is_used_as_far_as_others_left_it():
    """What others took is not ours to use, and the last window ends before its time."""
    assert 0 == membership.unused_share(windows((0, 10, 90, 10), (10, 20, 100, 0), (20, 30, 5, 0)), 100, (0, 0))
    seen = membership.unused_share(windows((0, 10, 90, 10), (10, 20, 80, 0), (20, 30, 5, 0)), 100, (0, 0))
    assert pytest.approx(20 / 190) == seen


def test_a_window_that_is_begun_late_is_not_used_either():
    """But for the time in which no process of ours was there."""
    late = windows((0, 10, 100, 0), (12, 20, 100, 0), (20, 30, 5, 0))

    assert pytest.approx(2 / 20) == membership.unused_share(late, 100, (0, 0))
    assert pytest.approx(0.5 / 18.5) == membership.unused_share(late, 100, (9, 11.5))
    assert 0 == membership.unused_share(late, 100, (9, 13))


def test_others_take_their_share_and_never_more_than_there_is():
    """A tenant's other programs meet the same limit."""
    limits = membership.Watched(5, 10)
    for _ in range(3):
        limits.take("/api/v1/groups/00g1/users/00u1", 1000.0)
    limits.take_for_others(9, 1001.0)
    limits.take("/api/v1/groups/00g1/users/00u1", 1002.0)
    limits.take("/api/v1/users/00u1", 1002.0)

    (window,) = limits.windows.values()
    assert (1000.0, 1010, 3, 2, 1) == (window.began_at, window.ends_at, window.ours, window.theirs, window.refused)
