"""Without this file an export that was judged could be counted, but nobody could ask about one person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.assessing import Assessed
from cohorts.blocks import ExportFile, Reject
from cohorts.conflicts import work_list
from cohorts.engine import Engine
from cohorts.facts import Coded
from cohorts.findings import Finding
from cohorts.gathering import PEOPLE, FileRows, Gathered, Provider, is_any_role_known
from cohorts.group_classes import group_classes
from cohorts.identity import joined_keys, person_keys
from cohorts.judging import Judged
from cohorts.methods import NO_METHOD
from cohorts.needs import Needs
from cohorts.observing import findings_of
from cohorts.readiness import READINESS, REASONS, WHY, targets_of
from cohorts.rules import RuleBook, marks
from cohorts.sealing import SCHEMA, members_digest, members_of, ordered
from cohorts.snapshot import SCHEMA_VERSION, Member, Snapshot, sealed

WORDS_OF_WHY = tuple(REASONS[why][1] for why in WHY)


@dataclass(frozen=True)
class Classified:
    """One export, judged; nothing of it has been written anywhere.

    Attributes:
        taken_at: The moment that ages were counted from, UTC.
        book: The rule book.
        targets: Cohort → methods of which one makes a member ready.
        files: What was read, and what each file was recognised as.
        gathered, judged, assessed: Everything that is known, by account.
        source_digests: File → sha-256 over its bytes.
        own_notes: What reading assumed or passed over.
        engine, needs: How the files were read, to look into them once more.
    """

    taken_at: datetime
    book: RuleBook
    targets: Mapping[str, frozenset[str]]
    files: tuple[ExportFile, ...]
    gathered: Gathered = field(repr=False)
    judged: Judged = field(repr=False)
    assessed: Mapping[str, Assessed] = field(repr=False)
    source_digests: Mapping[str, str]
    own_notes: tuple[str, ...]
    engine: Engine = field(repr=False)
    needs: Needs = field(repr=False)

    @cached_property
    def rejects(self) -> tuple[Reject, ...]:
        """Rows that could not be used, and why; by file and line."""
        return tuple(sorted(self.gathered.rejects, key=lambda one: (one.file, one.line, one.column)))

    @property
    def rows(self) -> Mapping[str, FileRows]:
        """File name → rows read, kept and rejected."""
        return self.gathered.rows

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Return sentences about what was assumed."""
        told = list(self.own_notes)
        for provider in self.gathered.providers:
            told += _notes(provider)
        return tuple(told)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What somebody should look at."""
        return findings_of(self.gathered, self.judged, self.book)

    @cached_property
    def conflict_counts(self) -> Mapping[str, int]:
        """What could not be joined without guessing: kind → how many; `conflicts.work_list` has them in full."""
        if self.judged.records is None or self.judged.joined is None:
            return {}
        counts: Mapping[str, int] = work_list(self.judged.records, self.judged.joined, most=0)["counts"]
        return counts

    @cached_property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Cohort → readiness code → accounts; nothing is listed as 0."""
        told: Counter[tuple[str, str]] = Counter()
        for idp, assessed in self.assessed.items():
            cohort = self.judged.cohort[self.judged.stack.span(idp)].astype(np.intp)
            both = np.bincount(
                cohort * len(READINESS) + assessed.readiness, minlength=len(self.book.cohorts) * len(READINESS)
            )
            for place in np.flatnonzero(both).tolist():
                which, code = divmod(place, len(READINESS))
                told[self.book.cohorts[which], READINESS[code]] += int(both[place])
        counts: dict[str, dict[str, int]] = {}
        for (cohort_name, readiness), count in sorted(told.items()):
            counts.setdefault(cohort_name, {})[readiness] = count
        return counts

    @property
    def people_count(self) -> int:
        """How many accounts there are."""
        return sum(len(provider.accounts) for provider in self.gathered.providers)

    @property
    def persons_count(self) -> int:
        """How many people hold them."""
        if self.judged.person is None:
            return self.people_count
        accounts = [self.judged.person[self.judged.stack.span(idp)] for idp in self.assessed]
        return len(np.unique(np.concatenate(accounts)))

    @cached_property
    def table(self) -> pa.Table:
        """The members, one row an account, in the form in which they are sealed."""
        keys = self._person_keys()
        _, told = marks(self.book, self.judged.facts)
        tables = [self._members(provider, keys, told) for provider in self.gathered.providers]
        return ordered(pa.concat_tables(tables).unify_dictionaries())

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Everyone, ordered by provider and account id."""
        return tuple(members_of(self.table))

    @cached_property
    def header(self) -> Snapshot:
        """Counts and digests, as they would be sealed."""
        return sealed(
            Snapshot(
                schema_version=SCHEMA_VERSION,
                idps=tuple(sorted(self.assessed)),
                taken_at=self.taken_at,
                rules_digest=self.book.digest,
                targets={cohort: tuple(sorted(methods)) for cohort, methods in sorted(self.targets.items())},
                asked=tuple(sorted({leaf.column for leaf in self.book.leaves})),
                counts=self.counts,
                people_count=self.people_count,
                persons_count=self.persons_count,
                rejects_count=len(self.rejects),
                conflicts_count=sum(self.conflict_counts.values()),
                leftover_phones_count=sum(int(one.leftover.sum()) for one in self.assessed.values()),
                shared_numbers_count=sum(int(one.shares_number.sum()) for one in self.assessed.values()),
                members_digest=members_digest(self.table),
                sources=self.source_digests,
            )
        )

    def is_every_admin_known(self) -> bool:
        """Say whether some file of every provider tells who is an administrator."""
        return all(map(is_any_role_known, self.gathered.providers))

    def _person_keys(self) -> Sequence[str] | None:
        """Return the key of each person; None where every account is a person."""
        if self.judged.records is None or self.judged.joined is None:
            return None
        return joined_keys(self.judged.records, self.judged.joined)

    def _members(self, provider: Provider, keys: Sequence[str] | None, told: npt.NDArray[np.uint32]) -> pa.Table:
        accounts, idp = provider.accounts, provider.accounts.idp
        span, assessed = self.judged.stack.span(idp), self.assessed[idp]
        who = np.arange(len(accounts)) if self.judged.person is None else self.judged.person[span]
        classes, class_names = group_classes(provider)
        status = accounts.facts["status"]
        words = status if isinstance(status, Coded) else Coded(np.zeros(len(accounts), np.uint8), ())
        rule = self.judged.rule[span]
        reasons = [one.because for one in self.book.rules]
        ends = np.arange(len(accounts) + 1, dtype=np.int32) * told.shape[1]
        columns = {
            "account_id": accounts.ids.cast(pa.string()),
            "idp": _coded(np.zeros(len(accounts), np.int32), [idp]),
            "person_key": pa.array(
                person_keys(idp, accounts.ids.to_pylist()) if keys is None else [keys[one] for one in who.tolist()],
                pa.string(),
            ),
            "cohort": _coded(self.judged.cohort[span], self.book.cohorts),
            "because": _coded(rule.astype(np.int32) - 1, reasons),
            "readiness": _coded(assessed.readiness, READINESS),
            "why": _coded(assessed.why, WORDS_OF_WHY),
            "methods": pa.array((provider.holdings.held & np.uint32(NO_METHOD - 1)).astype(np.uint16)),
            "group_class": _coded(classes, class_names),
            "status": _coded(words.codes.astype(np.int32) - 1, words.values),
            "marks": pa.ListArray.from_arrays(pa.array(ends), pa.array(told[who].ravel())),
        }
        return pa.table(columns, schema=SCHEMA)

    def provider_of(self, idp: str) -> Provider:
        """Return what is known of one provider's accounts."""
        return next(one for one in self.gathered.providers if one.accounts.idp == idp)

    @property
    def has_people(self) -> bool:
        """Say whether HR was read too."""
        return PEOPLE in self.judged.stack.names


def _coded(codes: npt.NDArray[np.integer], values: Sequence[str]) -> pa.Array:
    """Return codes as a dictionary column whose values are all different."""
    different = list(dict.fromkeys(values))
    place = np.array([different.index(value) for value in values], np.int32)
    indices = pa.array(place[codes] if len(different) != len(values) else codes.astype(np.int32))
    return pa.DictionaryArray.from_arrays(indices, pa.array(different, pa.string()))


def _notes(provider: Provider) -> list[str]:
    idp, held = provider.accounts.idp, provider.holdings
    told = []
    if held.assumed_count:
        told.append(f"{held.assumed_count} passkeys carry no name that we know; taken as synced, the weakest claim")
    checked_by = provider.accounts.facts.get("provider")
    if idp == "okta" and isinstance(checked_by, Coded) and not checked_by.codes.all():
        silent_count = int(np.count_nonzero(checked_by.codes == 0))
        told.append(f"{silent_count} accounts do not say who checks their password; taken as holding none")
    if not is_any_role_known(provider):
        told.append(f"no file says who is an administrator in {idp}: everybody may be, and is treated so")
    if not held.is_known.any():
        told.append(f"no file says what is enrolled in {idp}: nobody's readiness is known")
    if provider.equipment is None:
        told.append(f"no file lists devices of {idp}: nobody is said to be one prompt away")
    return told


def targets_for(book: RuleBook, targets: Mapping[str, frozenset[str]] | None) -> dict[str, frozenset[str]]:
    """Return the targets that count: as given, else the rule book's, else ours."""
    return targets_of(book.cohorts, targets if targets is not None else book.targets)
