"""Without this file nobody would be placed: every person against the rule book, every account with its person."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.facts import Facts
from cohorts.gathering import PEOPLE, Gathered
from cohorts.identity import Joined, JoinRecords, manager_depth
from cohorts.known import facts_of, hold_passwords
from cohorts.merging import merge, riskiest
from cohorts.needs import KEYS
from cohorts.people import Stack, joined_people, stacked, stacked_facts, texts_of
from cohorts.rules import RuleBook, first_match

Rules = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Judged:
    """Everybody's place.

    Attributes:
        stack: The systems, one below the other; of records that are no accounts (HR's people) too.
        facts: What is known of each person.
        person: Per record, whose it is.
        rule: Per record, the number of the rule that decides, from 1.
        cohort: Per record, the place of the cohort in the rule book's.
        records, joined: How people were made of records; None where every record is a person.
    """

    stack: Stack
    facts: Facts
    person: npt.NDArray[np.int64] | None
    rule: Rules
    cohort: npt.NDArray[np.uint8]
    records: JoinRecords | None
    joined: Joined | None


def judge(gathered: Gathered, book: RuleBook) -> Judged:
    """Join the records of an export to people and give each person the first rule that matches.

    A record that might be another person's than the join says counts as the riskier of its candidates.
    """
    for provider in gathered.providers:
        hold_passwords(provider)
    facts = {
        provider.accounts.idp: facts_of(provider, book.atoms_by_column, book.columns) for provider in gathered.providers
    }
    stack = stacked(gathered)
    cohort_of_rule = np.array([0, *(book.cohorts.index(rule.cohort) for rule in book.rules)], np.uint8)
    if len(stack.names) == 1 and KEYS.isdisjoint(stack.tables[0].texts):
        alone = Facts(stack.count, facts[stack.names[0]])
        if "manager_depth" in book.columns:
            alone = _with_depth(stack, alone, None)
        rule = first_match(book, alone)
        return Judged(stack, alone, None, rule, cohort_of_rule[rule], None, None)
    if gathered.people is not None:
        facts[PEOPLE] = dict(gathered.people.facts)
    records, joined = joined_people(stack)
    people = merge(stacked_facts(stack, facts), records, joined)
    if "manager_depth" in book.columns:
        people = _with_depth(stack, people, joined)
    rule = _riskier(first_match(book, people), cohort_of_rule, joined)[joined.person]
    return Judged(stack, people, joined.person, rule, cohort_of_rule[rule], records, joined)


def _riskier(rule: Rules, cohort_of_rule: npt.NDArray[np.uint8], joined: Joined) -> Rules:
    """Give each person in doubt the rule of the riskiest candidate: cohorts stand riskiest first, then rules."""
    risk = cohort_of_rule.astype(np.int64) * len(cohort_of_rule) + np.arange(len(cohort_of_rule))
    return (riskiest(joined, risk[rule]) % len(cohort_of_rule)).astype(np.uint16)


def _with_depth(stack: Stack, people: Facts, joined: Joined | None) -> Facts:
    """Add how many managers stand above each person."""
    person = np.arange(stack.count) if joined is None else joined.person
    count = people.count
    manager = texts_of(stack, "manager")
    first = np.full(count, stack.count)
    known = np.flatnonzero(manager.is_valid().to_numpy(zero_copy_only=False))
    np.minimum.at(first, person[known], known)
    told = manager.take(pa.array(np.where(first < stack.count, first, 0)))
    told = pc.if_else(pa.array(first < stack.count), told, pa.scalar(None, told.type))
    resolvers = [(texts_of(stack, name), person) for name in ("account_id", "login", "email", "employee_number")]
    depth = manager_depth(told, resolvers)
    return Facts(count, {**people.columns, "manager_depth": depth})
