"""Without this file a plan for a million people would need a million sealed rows first: export in, rounds out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts import plan_file
from cohorts.engine import Engine, Progress, Threads, silent
from cohorts.exports.recognising import recognise
from cohorts.facts import Coded
from cohorts.gathering import PEOPLE, Gathered, gather
from cohorts.hashing import hash_texts, match
from cohorts.judging import Judged, judge
from cohorts.needs import Needs
from cohorts.people import Stack, texts_of
from cohorts.placement import NOWHERE, Limit, People, Placing, place, replace
from cohorts.readiness import HOLDS, holds, target_bits
from cohorts.reject_share import refuse_too_many
from cohorts.rule_reading import read_rules
from cohorts.rules import RuleBook
from cohorts.source_reading import VENDORS, read_sources

WITHOUT_ROUND = frozenset({"service", "break-glass"})  # a set of their own; no people to ask


class DatedLimit(Limit, Protocol):
    """What one round can take, and when it begins."""

    @property
    def starts_on(self) -> date:
        """Its first day."""


class Rounds(Protocol):
    """How people are spread over rounds; `migration.rounds.Rounds` is one."""

    @property
    def department_share(self) -> float:
        """Share of a department that one round may take."""

    @property
    def costs(self) -> Mapping[str, int]:
        """What is held (one of `readiness.HOLDS`) → milli-tickets."""

    def limits(self, planned_count: int) -> Iterable[DatedLimit]:
        """Yield the rounds for so many people."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everybody's round, before anybody decided it.

    Attributes:
        placing: Who moves in which round, per account.
        starts_on: Per round, its first day.
        cohort, held: Per account, places in `book.cohorts` and HOLDS.
        book: The rule book.
    """

    placing: Placing
    starts_on: tuple[date, ...]
    cohort: npt.NDArray[np.uint8]
    held: npt.NDArray[np.uint8]
    book: RuleBook


@dataclass(frozen=True, slots=True)
class Frame:
    """How a draft is made.

    Attributes:
        sources: A folder of column maps beside ours.
        without_round: Cohorts that nobody moves in a round.
        previous: A plan that was written before: nobody of it moves unless a cap broke.
        first_open: With *previous*, the first round that has not started.
        region: Where a telephone number is that does not say its country.
        max_rejects: The largest share of a file's rows that may be unusable.
        engine: Who reads the parts.
        progress: Is told how far the reading has come.
    """

    sources: Path | None = None
    without_round: frozenset[str] = WITHOUT_ROUND
    previous: Path | None = None
    first_open: int = 0
    region: str = "US"
    max_rejects: float = 1.0
    engine: Engine = field(default_factory=Threads)
    progress: Progress = silent


def draft(export: Path, rules: Path, rounds: Rounds, at: datetime, out: Path, frame: Frame | None = None) -> Draft:
    """Read an export, place everyone in it under the caps of *rounds*, and write one row an account.

    Args:
        export: The folder.
        rules: The rule book.
        rounds: Sizes, budget and calendar.
        at: Aware; ages are counted from here.
        out: A Parquet file: `id department cohort readiness wave wave_start`; written aside, then renamed.
        frame: The rest.

    Raises:
        OfframpError: The export, the rule book or the previous plan cannot be used.
    """
    told = frame or Frame()
    book = read_rules(rules)
    needs = needs_of(book, at, told.region)
    files = recognise(export, read_sources(VENDORS, *([told.sources] if told.sources else []))).files
    gathered = gather(files, needs, told.engine, told.progress)
    refuse_too_many(gathered, told.max_rejects)
    judged = judge(gathered, book)
    held = held_by(gathered, judged, book)
    placing, starts_on = _placed(_units(judged, held, rounds.costs, moving(book, told)), rounds, told)
    found = Draft(placing, starts_on, judged.cohort, held, book)
    write(found, judged, out)
    return found


def needs_of(book: RuleBook, at: datetime, region: str) -> Needs:
    """Return what a draft has to know: what the rules ask about, and departments."""
    return Needs(
        int(at.timestamp() * 1000), book.atoms_by_column, book.columns | {"department"}, region, has_classes=False
    )


def moving(book: RuleBook, frame: Frame) -> npt.NDArray[np.bool_]:
    """Return per cohort whether its people move in rounds."""
    return np.array([cohort not in frame.without_round for cohort in book.cohorts])


def held_by(gathered: Gathered, judged: Judged, book: RuleBook) -> npt.NDArray[np.uint8]:
    """Return what each record holds, as a place in HOLDS; HR's people hold nothing themselves."""
    held = np.zeros(judged.stack.count, np.uint8)
    targets = target_bits(book.cohorts, book.targets)
    for provider in gathered.providers:
        span = judged.stack.span(provider.accounts.idp)
        held[span] = holds(provider.holdings.held, judged.cohort[span], targets)
    return held


@dataclass(frozen=True, slots=True)
class _Units:
    """Who moves together: a person with all accounts; where nothing was joined, an account.

    Attributes:
        people: As placement takes them.
        ids: Of the account that stands for each.
        record: Position of that account.
    """

    people: People
    ids: pa.Array


def _units(
    judged: Judged, held: npt.NDArray[np.uint8], costs: Mapping[str, int], moves: npt.NDArray[np.bool_]
) -> _Units:
    told = [costs[name] for name in HOLDS]
    cost_of: npt.NDArray[np.integer] = np.array(told, np.uint16 if max(told) < 2**16 else np.int64)
    department = judged.facts.columns.get("department")
    codes = department.codes if isinstance(department, Coded) else np.zeros(judged.facts.count, np.uint8)
    if judged.person is None:
        (table,) = judged.stack.tables
        return _Units(People(judged.cohort, codes, cost_of[held], table.hashes, moves[judged.cohort]), table.ids)
    accounts = np.flatnonzero(_is_account(judged.stack))
    person = judged.person[accounts]
    # The riskiest cohort of all records counts: cohorts stand riskiest first.
    cohort = np.full(judged.facts.count, len(moves) - 1, np.uint8)
    np.minimum.at(cohort, judged.person, judged.cohort)
    cost = np.zeros(judged.facts.count, cost_of.dtype)
    np.maximum.at(cost, person, cost_of[held[accounts]])
    first = np.full(judged.facts.count, judged.stack.count)
    np.minimum.at(first, person, accounts)
    has_account = first < judged.stack.count
    ids = texts_of(judged.stack, "account_id").take(pa.array(np.where(has_account, first, 0)))
    return _Units(People(cohort, codes, cost, hash_texts(ids), moves[cohort] & has_account), ids)


def _is_account(stack: Stack) -> npt.NDArray[np.bool_]:
    mask = np.ones(stack.count, bool)
    if PEOPLE in stack.names:
        mask[stack.span(PEOPLE)] = False
    return mask


def _placed(units: _Units, rounds: Rounds, frame: Frame) -> tuple[Placing, tuple[date, ...]]:
    people = units.people
    limits = tuple(rounds.limits(int(np.count_nonzero(people.is_planned))))
    starts_on = tuple(limit.starts_on for limit in limits)
    share = rounds.department_share
    if frame.previous is None:
        return place(people, limits, department_share=share), starts_on
    before = _before(frame.previous, units)
    return replace(before, people, limits, department_share=share, first_open=frame.first_open), starts_on


def _before(previous: Path, units: _Units) -> npt.NDArray[np.int16]:
    """Return the round that each was told in an earlier plan; NOWHERE for whoever is not in it."""
    told, rounds = plan_file.read_rounds(previous)
    if not len(rounds):
        return np.full(len(units.ids), NOWHERE, np.int16)
    ids = told.cast(units.ids.type)
    found = match(units.ids, units.people.hashes, before_ids=ids, before_hashes=hash_texts(ids))
    return np.where(found >= 0, rounds[np.maximum(found, 0)], np.int16(NOWHERE))


def write(found: Draft, judged: Judged, out: Path) -> None:
    """Write one row an account, in the order of the export."""
    stack = judged.stack
    department = judged.facts.columns.get("department")
    column = Coded(np.zeros(judged.facts.count, np.uint8), ())
    if isinstance(department, Coded):
        column = plan_file.by_name(department)
    with plan_file.writing(out) as writer:
        for name, table in zip(stack.names, stack.tables, strict=True):
            if name == PEOPLE:
                continue
            begin = stack.span(name).start
            for start in range(0, len(table), plan_file.SLICE):
                stop = min(start + plan_file.SLICE, len(table))
                rows = slice(begin + start, begin + stop)
                who = rows if judged.person is None else judged.person[rows]
                writer.write_table(
                    plan_file.rows(
                        table.ids.slice(start, stop - start),
                        Coded(column.codes[who], column.values),
                        (found.cohort[rows], found.book.cohorts),
                        found.held[rows],
                        found.placing.rounds[who],
                        found.starts_on,
                    )
                )
