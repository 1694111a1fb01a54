"""Without this file an export that was judged could be looked at on one screen only: as a table, a list, a page."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cohorts.classified import Classified
from cohorts.conflicts import rows
from cohorts.readiness import READINESS
from cohorts.report_cohorts import CohortPage, page
from cohorts.tables import aside, write_csv

MOST_REASONS = 20


def write_table(found: Classified, path: Path, *, with_names: bool) -> None:
    """Write one row a cohort or, with names, one row an account, ordered by provider and account id."""
    if with_names:
        write_csv(path, NAMED, _accounts(found))
        return
    told = (
        (cohort, sum(codes.values()), *(codes.get(code, 0) for code in READINESS))
        for cohort, codes in found.counts.items()
    )
    write_csv(path, ("cohort", "people", *READINESS), told)


NAMED = (
    "idp",
    "account_id",
    "person_key",
    "login",
    "status",
    "cohort",
    "because",
    "readiness",
    "why",
    "methods",
)


def _accounts(found: Classified) -> Iterator[tuple[Any, ...]]:
    logins: dict[tuple[str, str], str | None] = {}
    for provider in found.gathered.providers:
        accounts = provider.accounts
        ids = accounts.ids.to_pylist()
        told = accounts.texts["login"].to_pylist() if "login" in accounts.texts else [None] * len(ids)
        logins.update({(accounts.idp, one): login for one, login in zip(ids, told, strict=True)})
    for member in found.members:
        yield (
            member.idp,
            member.account_id,
            member.person_key,
            logins[member.idp, member.account_id],
            member.status,
            member.cohort,
            member.because,
            member.readiness,
            member.why,
            " ".join(member.methods),
        )


def write_conflicts(found: Classified, path: Path, *, with_names: bool) -> None:
    """Write the work list, one row an account of a conflict."""
    records, joined = found.judged.records, found.judged.joined
    told = [] if records is None or joined is None else list(rows(records, joined, with_names=with_names))
    headings = tuple(told[0]) if told else ("conflict", "kind", "system", "record_id", "because", "next")
    write_csv(path, headings, ([row.get(name, "") for name in headings] for row in told))


def write_page(found: Classified, path: Path, *, with_names: bool) -> None:
    """Write one self-contained page: counts and charts; names only where somebody asked for them."""
    told = CohortPage(
        taken_at=found.taken_at,
        idps=tuple(sorted(found.assessed)),
        accounts_count=found.people_count,
        people_count=found.persons_count,
        counts=found.counts,
        leftover_phones_count=sum(int(one.leftover.sum()) for one in found.assessed.values()),
        shared_numbers_count=sum(int(one.shares_number.sum()) for one in found.assessed.values()),
        files=tuple((file.name, file.source.title, file.because, *_counts(found, file.name)) for file in found.files),
        rejects=_reasons(found),
        conflicts=tuple(found.conflict_counts.items()),
        findings=tuple((one.kind, one.count, one.of_what, one.because) for one in found.findings),
        notes=found.notes,
        names=tuple(_accounts(found)) if with_names else None,
        name_headings=NAMED,
    )
    with aside(path) as file:
        file.write(page(told))


def _reasons(found: Classified) -> tuple[tuple[str, int], ...]:
    """Return why rows could not be used, and how many; what is rare together: reasons name ids."""
    told = Counter(one.because for one in found.rejects).most_common()
    rest_count = sum(count for _, count in told[MOST_REASONS:])
    return (*told[:MOST_REASONS], *([("other reasons", rest_count)] if rest_count else []))


def _counts(found: Classified, name: str) -> tuple[int, int, int]:
    told = found.rows[name]
    return told.read_count, told.kept_count, told.rejected_count
