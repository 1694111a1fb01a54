"""
Without this file nobody would see what pandas costs at the same work: as people write it.

    python benchmarks/peer_pandas.py idiomatic parquet|csv|jsonl FOLDER PLAN
"""

import time
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import waves
import work
from measure import Task, measured

BLOCK = 8 << 20


def idiomatic(task: Task) -> None:
    """Do the work as pandas' documentation teaches it: frames, masks, explode, groupby, map."""
    started = time.perf_counter()
    book = work.read_book()
    users, factors = _frames(task)
    started = task.lap("read", started)
    exploded = {name: users[name].explode().dropna() for name in work.LISTS}

    def answer(condition: work.Condition) -> pd.Series:
        column = users[condition.field]
        match condition.test:
            case "one_of":
                found = column.isin(condition.value)
            case "has_one_of":
                names = exploded[condition.field]
                found = column.index.isin(names.index[names.isin(condition.value)])
            case "nonempty":
                found = column.index.isin(exploded[condition.field].index)
            case "matches":
                found = column.str.contains(condition.value, case=False, regex=True, na=False)
            case _:
                found = column <= pd.Timestamp(work.AT) - pd.Timedelta(days=condition.value)
        found = np.asarray(pd.Series(found).fillna(value=False), bool)
        return ~found if condition.is_negated else found

    masks = [np.logical_and.reduce([answer(one) for one in rule.conditions]) for rule in book.rules if rule.conditions]
    cohort = np.select(masks, [rule.cohort for rule in book.rules[:-1]], book.rules[-1].cohort).astype(np.uint8)
    started = task.lap("classify", started)
    active = factors[factors["status"] == "ACTIVE"].drop_duplicates(["userId", "factorType"])
    held = active["factorType"].map(work.BITS).groupby(active["userId"]).sum()
    bits = users["id"].map(held).fillna(0).to_numpy(np.uint8)
    readiness = waves.readiness_by_bits()[bits]
    started = task.lap("readiness", started)
    ids = pa.array(users["id"], pa.string())
    department = (users["department"].astype("category").cat.codes + 1).to_numpy(np.uint8)
    placed = waves.fill(cohort, department, readiness, waves.hashes(ids), book.planned_count)
    started = task.lap("waves", started)
    plan = pd.DataFrame(
        {
            "id": users["id"],
            "department": users["department"],
            "cohort": pd.Categorical.from_codes(cohort, list(book.cohorts)),
            "readiness": pd.Categorical.from_codes(readiness, list(work.READINESS)),
            "wave": pd.Series(placed.of_person, dtype="Int16").mask(placed.of_person < 0),
        }
    )
    plan["wave_start"] = plan["wave"].map(dict(enumerate(pd.to_datetime(placed.starts))))
    plan.to_parquet(task.out, index=False)
    task.lap("write", started)


def _frames(task: Task) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = {"users": work.USER_COLUMNS, "factors": work.FACTOR_COLUMNS}
    match task.form:
        case "parquet":
            frames = [pd.read_parquet(task.path(name), columns=wanted) for name, wanted in columns.items()]
        case "csv":
            frames = [pd.read_csv(task.path(name), usecols=wanted) for name, wanted in columns.items()]
            for name in work.LISTS:
                frames[0][name] = frames[0][name].str.split(";")
        case _:
            frames = [pd.read_json(task.path(name), lines=True)[wanted] for name, wanted in columns.items()]
    users, factors = frames
    users["lastLogin"] = pd.to_datetime(users["lastLogin"], utc=True)
    return users, factors


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    measured({"idiomatic": idiomatic})
