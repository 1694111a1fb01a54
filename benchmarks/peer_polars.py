"""
Without this file the fastest frames of the day would not be in the race: polars doing the whole work, tuned.

    python benchmarks/peer_polars.py tuned parquet|csv|jsonl FOLDER PLAN
"""

import time
from functools import reduce

import numpy as np
import pandas as pd
import polars as pl
import waves
import work
from measure import Task, measured

SCANS = {"parquet": pl.scan_parquet, "csv": pl.scan_csv, "jsonl": pl.scan_ndjson}
pd.__version__  # noqa: B018 - Arrow loads pandas at its first array; not while the clock runs
OLDEST = pl.CompatLevel.oldest()  # plain Arrow strings


def tuned(task: Task) -> None:
    """Do the work with whatever makes polars quick: distinct values, bits instead of lists, hashes instead of ids."""
    started = time.perf_counter()
    book = work.read_book()
    users, factors = pl.collect_all([_users(task), _factors(task)])
    started = task.lap("read", started)
    questions = _Questions(book)
    users = users.drop("groups", "adminRoles").with_columns(
        *(questions.of_list(users[name]) for name in work.LISTS), questions.of_titles(users["title"])
    )
    started = task.lap("lists", started)
    cohort = pl.lit(0, pl.UInt8)
    for rule in reversed(book.rules):
        matches = [questions.answer(condition) for condition in rule.conditions] or [pl.lit(value=True)]
        cohort = pl.when(pl.all_horizontal(matches)).then(pl.lit(rule.cohort, pl.UInt8)).otherwise(cohort)
    departments = pl.Enum(users["department"].unique().drop_nulls())
    people = users.select("id", pl.col("department").cast(departments), cohort=cohort, held=_held(users["id"], factors))
    started = task.lap("classify", started)
    readiness = waves.readiness_by_bits()[people["held"].to_numpy()]
    cohorts = people["cohort"].to_numpy()
    ids = people["id"].to_arrow(compat_level=OLDEST)
    department = people["department"]
    codes = department.to_physical().fill_null(len(departments.categories)).to_numpy().astype(np.uint8)
    placed = waves.fill(cohorts, codes, readiness, waves.hashes(ids), book.planned_count)
    started = task.lap("waves", started)
    plan = waves.plan_table(ids, department.to_arrow(compat_level=OLDEST), cohorts, readiness, placed, book.cohorts)
    waves.write_plan(plan, task.out)
    task.lap("write", started)


def _held(ids: pl.Series, factors: pl.DataFrame) -> pl.Series:
    """Return for each id the bits of its active methods; ids are joined by their hashes, which is quicker."""
    of_user = ids.to_frame().lazy().select(key=pl.col("id").hash()).with_row_index("row")
    told = factors.lazy().select(key=pl.col("userId").hash(), bit="bit").join(of_user, on="key").collect()
    held = np.zeros(len(ids), np.uint8)
    np.bitwise_or.at(held, told["row"].to_numpy(), told["bit"].to_numpy())
    return pl.Series(held)


def _users(task: Task) -> pl.LazyFrame:
    users = SCANS[task.form](task.path("users")).select(work.USER_COLUMNS)
    if task.form == "csv":
        users = users.with_columns(pl.col(work.LISTS).str.split(";"))
    if task.form != "parquet":
        users = users.with_columns(pl.col("lastLogin").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_zone="UTC"))
    return users


def _factors(task: Task) -> pl.LazyFrame:
    bit = pl.col("factorType").replace_strict(work.BITS, return_dtype=pl.UInt8)
    factors = SCANS[task.form](task.path("factors")).select(work.FACTOR_COLUMNS)
    return factors.filter(pl.col("status") == "ACTIVE").select("userId", bit=bit)


class _Questions:
    """The book's questions about lists and titles, each a bit that is worked out once per distinct value."""

    def __init__(self, book: work.Book) -> None:
        self._bits: dict[tuple[str, str, str], int] = {}
        self._asked: dict[str, list[work.Condition]] = {}
        for condition in (one for rule in book.rules for one in rule.conditions):
            key = (condition.field, condition.test, str(condition.value))
            if condition.test in {"has_one_of", "matches"} and key not in self._bits:
                asked = self._asked.setdefault(condition.field, [])
                self._bits[key] = 1 << len(asked)
                asked.append(condition)

    def of_list(self, lists: pl.Series) -> pl.Series:
        """Return for each list the bits of the questions that one of its names answers with yes; bit 31: not empty."""
        bits: dict[str, int] = {}
        for place, condition in enumerate(self._asked[lists.name]):
            for name in condition.value:
                bits[name] = bits.get(name, 0) | 1 << place
        sizes = lists.list.len().fill_null(0).to_numpy()
        found = np.where(sizes > 0, np.uint32(1 << 31), np.uint32(0))
        names = lists.filter(lists.list.len() > 0).explode()
        telling = names.is_in(list(bits)).arg_true()
        rows = np.searchsorted(np.cumsum(sizes), telling.to_numpy(), side="right")
        told = names.gather(telling).replace_strict(bits, return_dtype=pl.UInt32).to_numpy()
        np.bitwise_or.at(found, rows, told)
        return pl.Series(lists.name, found)

    def of_titles(self, titles: pl.Series) -> pl.Series:
        """Return for each title the bits of the expressions that match it."""
        distinct = titles.unique().drop_nulls()
        matches = [
            distinct.str.contains(f"(?i){condition.value}").cast(pl.UInt32) * (1 << place)
            for place, condition in enumerate(self._asked["title"])
        ]
        found = reduce(pl.Series.__or__, matches)
        return titles.replace_strict(distinct, found, default=0, return_dtype=pl.UInt32)

    def answer(self, condition: work.Condition) -> pl.Expr:
        """Return the answer to one question; what is not known is no match."""
        column = pl.col(condition.field)
        match condition.test:
            case "one_of":
                answer = column.is_in(condition.value)
            case "nonempty":
                answer = column & (1 << 31) != 0
            case "at_least":
                answer = column <= work.AT - work.dt.timedelta(days=condition.value)
            case _:
                answer = column & self._bits[condition.field, condition.test, str(condition.value)] != 0
        answer = answer.fill_null(value=False)
        return ~answer if condition.is_negated else answer


if __name__ == "__main__":
    measured({"tuned": tuned})
