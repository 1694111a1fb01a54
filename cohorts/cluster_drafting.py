"""Without this file one machine would be the limit of a plan: drafted on the workers of a cluster, bucket by bucket.

An account and all that is said of it fall into one bucket, by the hash of the account's id. A bucket is a small
population: what reads and judges an export on one machine reads and judges a bucket, in whichever worker it lies.
Only counts come back to whoever asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts import plan_file
from cohorts.account_parts import AccountPart, account_part, without_rows
from cohorts.accounts import joined
from cohorts.blocks import ExportFile, Part, Reject
from cohorts.cluster import Workers
from cohorts.drafting import Frame, Rounds, draft, held_by, moving, needs_of
from cohorts.end_to_end import one, one_chunk, one_vocabulary
from cohorts.engine import Threads
from cohorts.exports.reading import parts
from cohorts.exports.recognising import recognise
from cohorts.facts import Coded
from cohorts.gathering import SIDES, Gathered, assembled, read_clean, refuse_foreign, refuse_lost_roles
from cohorts.hashing import hash_texts
from cohorts.holdings import method_part
from cohorts.judging import judge
from cohorts.needs import KEYS, Needs
from cohorts.normalise import Clean, taken, text_in
from cohorts.placement import People, Placing, place
from cohorts.readiness import HOLDS
from cohorts.reject_share import refuse_too_many
from cohorts.repeats import Rows, repeats
from cohorts.rule_reading import read_rules
from cohorts.rules import RuleBook
from cohorts.source_reading import VENDORS, read_sources
from cohorts.whose import keyed

PIECES_PER_WORKER = 16  # more and smaller ones keep every worker busy to the end; each costs the scheduler a moment
MOST_PARTS_A_BUCKET = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows of some parts, split by bucket, and what could not be used."""

    buckets: tuple[tuple[AccountPart | Clean, ...], ...]
    read_counts: tuple[tuple[str, int], ...]
    rejects: tuple[Reject, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """The accounts of one bucket, judged: where each came from, and what placement and the plan need of it.

    Attributes:
        place: Number of the part among those of all users files, and the row in its block: the order of the export.
        ids, hashes, department, cohort, held: Per account.
        rejects: Rows that could not be used.
    """

    place: npt.NDArray[np.uint64]
    ids: pa.Array
    hashes: npt.NDArray[np.uint64]
    department: Coded
    cohort: npt.NDArray[np.uint8]
    held: npt.NDArray[np.uint8]
    rejects: tuple[Reject, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Everybody's round, in the order of the buckets; when each begins; and the departments under one vocabulary."""

    placing: Placing
    starts_on: tuple[date, ...]
    department: Coded


def split(some: Sequence[Part], needs: Needs, bucket_count: int) -> Piece:
    """Read some parts and give each row to the bucket of its account; rows about groups go to every bucket.

    Of accounts only the few bytes that are kept travel to another worker.
    """
    pieces: list[list[AccountPart | Clean]] = [[] for _ in range(bucket_count)]
    counts: list[tuple[str, int]] = []
    rejects: list[Reject] = []
    for part in some:
        clean = read_clean(part, needs.region)
        counts.append((part.file.name, clean.read_count))
        rejects += clean.rejects
        if part.file.source.subject == "users":
            accounts = account_part(clean, needs)
            bucket = _buckets(accounts.hashes, bucket_count)
            for number in range(bucket_count):
                pieces[number].append(without_rows(accounts, bucket != number))
            continue
        bucket = _buckets(hash_texts(text_in(clean.cells, "account_id")), bucket_count)
        to_all = _about_groups(clean)
        for number in range(bucket_count):
            pieces[number].append(_rows(clean, np.flatnonzero((bucket == number) | to_all)))
    return Piece(tuple(map(tuple, pieces)), tuple(counts), tuple(rejects))


def _buckets(hashes: npt.NDArray[np.uint64], count: int) -> npt.NDArray[np.uint64]:
    """Return the bucket of each id: by bits of the hash that decide nothing else."""
    return (hashes >> np.uint64(40)) % np.uint64(count)


def _about_groups(clean: Clean) -> npt.NDArray[np.bool_]:
    kinds = clean.cells.get("member_kind")
    if not isinstance(kinds, Coded):
        return np.zeros(clean.count, bool)
    return np.array([False, *(kind.casefold() == "group" for kind in kinds.values)])[kinds.codes]


def _rows(clean: Clean, rows: npt.NDArray[np.intp]) -> Clean:
    """Return some of the standing rows; what was not used stays with the whole."""
    return replace(
        clean,
        count=len(rows),
        rows=rows if clean.rows is None else clean.rows[rows],
        cells={name: taken(cell, rows) for name, cell in clean.cells.items()},
        rejects=(),
    )


def judged_bucket(
    pieces: Sequence[Sequence[AccountPart | Clean]],
    order: Mapping[tuple[str, int], int],
    idp: str,
    needs: Needs,
    book: RuleBook,
) -> Bucket:
    """Gather and judge the accounts of one bucket, as one machine does with all of them."""
    told: list[AccountPart] = []
    by_subject: dict[str, list[Clean]] = {}
    for piece in pieces:
        for row in piece:
            if isinstance(row, AccountPart):
                told.append(row)
            else:
                by_subject.setdefault(row.part.file.source.subject, []).append(row)
    again = partial(read_clean, region=needs.region)
    keys = [Rows(part.part, part.rows, part.hashes) for part in told]
    drops, rejects = repeats(keys, ("account_id",), "account", again)
    accounts = joined(
        idp, [part if drop is None else without_rows(part, drop) for part, drop in zip(told, drops, strict=True)]
    )
    methods = map(method_part, by_subject["methods"]) if "methods" in by_subject else None
    sides = {subject: map(keyed, by_subject[subject]) for subject in SIDES if subject in by_subject}
    provider = assembled(accounts, methods, sides, again)
    gathered = Gathered((provider,))
    judged = judge(gathered, book)
    department = judged.facts.columns.get("department")
    origins = accounts.origins
    sizes = np.diff(origins.ends, prepend=0)
    numbers = np.array([order[part.file.name, part.number] for part in origins.parts], np.uint64)
    kept = [np.arange(size) if rows is None else rows for rows, size in zip(origins.rows, sizes.tolist(), strict=True)]
    return Bucket(
        place=(np.repeat(numbers, sizes) << np.uint64(32)) | np.concatenate(kept).astype(np.uint64),
        ids=accounts.ids,
        hashes=accounts.hashes,
        department=department if isinstance(department, Coded) else Coded(np.zeros(len(accounts), np.uint8), ()),
        cohort=judged.cohort,
        held=held_by(gathered, judged, book),
        rejects=(*rejects, *provider.rejects),
    )


def placed(buckets: Sequence[Bucket], rounds: Rounds, book: RuleBook, frame: Frame) -> Placed:
    """Give the accounts of all buckets their rounds; a few bytes of each are all that has to meet in one worker."""
    told = np.array([rounds.costs[name] for name in HOLDS])
    costs: npt.NDArray[np.integer] = told.astype(np.uint16) if told.max() < 2**16 else told
    department = one_vocabulary([one.department for one in buckets], [len(one.hashes) for one in buckets])
    cohort = one([each.cohort for each in buckets])
    people = People(
        cohort,
        department.codes,
        costs[one([each.held for each in buckets])],
        one([each.hashes for each in buckets]),
        moving(book, frame)[cohort],
    )
    limits = tuple(rounds.limits(int(np.count_nonzero(people.is_planned))))
    placing = place(people, limits, department_share=rounds.department_share)
    return Placed(placing, tuple(limit.starts_on for limit in limits), department)


def written(buckets: Sequence[Bucket], found: Placed, book: RuleBook, out: Path) -> tuple[int, int]:
    """Write the plan from one worker, in the order of the export, a slice at a time; return planned and unplaced."""
    # Each bucket is in order already: a stable sort only merges them.
    order = np.argsort(one([each.place for each in buckets]), kind="stable")
    ids = one_chunk([each.ids for each in buckets])
    department = plan_file.by_name(found.department)
    cohort, held = one([each.cohort for each in buckets]), one([each.held for each in buckets])
    with plan_file.writing(out) as writer:
        for start in range(0, len(order), plan_file.SLICE):
            rows = order[start : start + plan_file.SLICE]
            writer.write_table(
                plan_file.rows(
                    ids.take(pa.array(rows)),
                    Coded(department.codes[rows], department.values),
                    (cohort[rows], book.cohorts),
                    held[rows],
                    found.placing.rounds[rows],
                    found.starts_on,
                )
            )
    return len(order), found.placing.unplaced_count


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a cluster says of a plan that it wrote: how many accounts, how many without a round, what was no use."""

    accounts_count: int
    unplaced_count: int
    read_counts: Mapping[str, int]
    rejects: tuple[Reject, ...]


def can_split(files: Sequence[ExportFile]) -> bool:
    """Say whether every bucket of an export can be judged alone: one provider, nothing to join, ids everywhere."""
    one_idp = len({file.source.idp for file in files}) == 1
    has_users = any(file.source.subject == "users" for file in files)
    users = [file.source for file in files if file.source.subject == "users"]
    joins = any(KEYS & source.columns.keys() for source in users)
    return one_idp and has_users and not joins and all("account_id" in file.source.columns for file in files)


def draft_split(
    engine: Workers, files: Sequence[ExportFile], book: RuleBook, needs: Needs, rounds: Rounds, out: Path, frame: Frame
) -> Drafted:
    """Draft a plan on a cluster; rows stay in the workers, counts come back.

    Args:
        engine: The workers.
        files: Of an export that `can_split`.
        book: The rule book.
        needs: What has to be kept.
        rounds: Sizes, budget and calendar.
        out: Where the plan is written: a place that the workers reach.
        frame: The rest; a previous plan is not read here.

    Raises:
        ExportForeign: Not one row of the users files can be used.
        ExportUnreadable: A row of a roles file could not be read.
        RejectsTooMany: More rows of a file cannot be used than may be.
    """
    client, idp = engine.client, files[0].source.idp
    trimmed = [needs.trimmed(file) for file in files if file.source.subject != "activity"]
    pieces = [part for file in trimmed for part in parts(file)]
    users = [part for part in pieces if part.file.source.subject == "users"]
    order = {(part.file.name, part.number): place for place, part in enumerate(users)}
    bucket_count = max(engine.count, len(pieces) // MOST_PARTS_A_BUCKET)
    size = max(1, len(pieces) // (PIECES_PER_WORKER * engine.count))
    groups = [pieces[start : start + size] for start in range(0, len(pieces), size)]
    split_ = [client.submit(split, group, needs, bucket_count) for group in groups]
    buckets = []
    for number in range(bucket_count):
        own = [client.submit(_bucket_of, piece, number) for piece in split_]
        buckets.append(client.submit(judged_bucket, own, order, idp, needs, book))
    told = [client.submit(_counts_of, piece) for piece in split_]
    found = client.submit(placed, buckets, rounds, book, frame)
    read = Gathered()
    for done, (read_counts, lost) in enumerate(client.gather(told), start=1):
        frame.progress("parts", done, len(told))
        read.rejects += lost
        for name, count in read_counts:
            read.read_counts[name] = read.read_counts.get(name, 0) + count
    roles = {file.name for file in files if file.source.subject == "roles"}
    refuse_lost_roles(reject for reject in read.rejects if reject.file in roles)
    for lost in client.gather([client.submit(_rejects_of, bucket) for bucket in buckets]):
        read.rejects += lost
    refuse_foreign(read, files)
    refuse_too_many(read, frame.max_rejects)
    # Only now: nothing is written of an export that cannot be trusted.
    accounts_count, unplaced_count = client.submit(written, buckets, found, book, out).result()
    return Drafted(accounts_count, unplaced_count, read.read_counts, tuple(read.rejects))


def draft_on(
    engine: Workers, export: Path, rules: Path, rounds: Rounds, at: datetime, out: Path, frame: Frame
) -> Drafted:
    """Draft a plan on a cluster, the same as `drafting.draft` makes on one machine, byte for byte.

    Where accounts have to be joined, or an earlier plan has to be kept to, what is known of each account comes back
    to this process in a few bytes; otherwise nothing but counts does.

    Args:
        engine: The workers.
        export: The folder; the workers must reach it.
        rules: The rule book.
        rounds: Sizes, budget and calendar.
        at: Aware; ages are counted from here.
        out: Where the plan is written; the workers must reach it.
        frame: The rest.
    """
    book = read_rules(rules)
    needs = needs_of(book, at, frame.region)
    files = recognise(export, read_sources(VENDORS, *([frame.sources] if frame.sources else []))).files
    if frame.previous is None and can_split(files):
        return draft_split(engine, files, book, needs, rounds, out, replace(frame, engine=Threads()))
    found = draft(export, rules, rounds, at, out, replace(frame, engine=engine))
    return Drafted(len(found.held), found.placing.unplaced_count, {}, ())


def _bucket_of(piece: Piece, number: int) -> tuple[AccountPart | Clean, ...]:
    return piece.buckets[number]


def _counts_of(piece: Piece) -> tuple[tuple[tuple[str, int], ...], tuple[Reject, ...]]:
    return piece.read_counts, piece.rejects


def _rejects_of(bucket: Bucket) -> tuple[Reject, ...]:
    return bucket.rejects
