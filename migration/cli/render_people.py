"""Without this file an export would be shown as rows: cohorts, readiness, rejects and one explained person."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cohorts.snapshot import Snapshot, to_document
from migration.cli import render
from migration.cli.render import document, table

if TYPE_CHECKING:
    from cohorts.blocks import ExportFile
    from cohorts.classified import Classified
    from cohorts.diffing import Difference
    from migration.operations.drafting import DraftReport

READINESS = ("ready", "one-prompt-away", "needs-key", "needs-supervision", "blocked", "unknown")
MOST_SHOWN = 20


def say(text: str) -> None:
    """Talk to a person; what an export holds must not move the cursor, nor begin a line of its own."""
    render.say("".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text))


def pulled(counts: Mapping[str, int]) -> None:
    """Show how many lines each file of an export has."""
    for name, count in counts.items():
        say(f"{count:8d} {name}")


def classified(found: "Classified", *, as_json: bool) -> None:
    """Show counts of cohorts, readiness, rejects, conflicts and findings; no names."""
    header = found.header
    if as_json:
        document(
            "classification",
            snapshot=to_document(header),
            files=[_file(found, file) for file in found.files],
            rejects=[asdict(reject) for reject in found.rejects],
            conflicts=dict(found.conflict_counts),
            findings=[asdict(finding) for finding in found.findings],
            notes=list(found.notes),
        )
        return
    for file in found.files:
        told = found.rows[file.name]
        say(f"{file.name}: {file.source.title}, because {file.because}")
        say(f"  {told.read_count} rows = {told.kept_count} used + {told.rejected_count} rejects")
    rows = [
        (cohort, sum(codes.values()), *(codes.get(code, "") for code in READINESS))
        for cohort, codes in header.counts.items()
    ]
    table("cohort", "people", *READINESS, rows=rows)
    say(
        f"{header.people_count} accounts of {header.persons_count} people, {header.rejects_count} rejects, "
        f"{header.conflicts_count} conflicts, {header.leftover_phones_count} ready with a phone left over, "
        f"{header.shared_numbers_count} share a number"
    )
    for finding in found.findings:
        say(f"  {finding.kind}: {finding.count} {finding.of_what}; {finding.because}")
    for note in found.notes:
        say(f"  note: {note}")
    for reject in found.rejects[:MOST_SHOWN]:
        say(f"  reject {reject.file}:{reject.line} {reject.column or 'row'}: {reject.because}")
    if len(found.rejects) > MOST_SHOWN:
        say(f"  and {len(found.rejects) - MOST_SHOWN} more; --json lists all of them")


def _file(found: "Classified", file: "ExportFile") -> dict[str, Any]:
    return {
        "file": file.name,
        "source": file.source.key,
        "because": file.because,
        "sha256": found.source_digests[file.name],
        **asdict(found.rows[file.name]),
    }


def trial(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Show the rule book, how its examples came out and, where an export was read, whom each rule took."""
    rules, failures = found["book"].rules, found["failures"]
    counts = found["counts"] or [(None, None)] * len(rules)
    if as_json:
        document(
            "rules",
            rules=[
                {"cohort": rule.cohort, "because": rule.because, "took": took, "would_have_taken": would}
                for rule, (took, would) in zip(rules, counts, strict=True)
            ],
            examples_count=len(found["book"].expects),
            failures=[asdict(failure) for failure in failures],
        )
        return
    table(
        "rule",
        "cohort",
        "because",
        "took",
        "would have taken",
        rows=[
            (number, rule.cohort, rule.because, *count)
            for number, (rule, count) in enumerate(zip(rules, counts, strict=True), start=1)
        ],
    )
    say(f"{len(found['book'].expects)} examples, {len(failures)} came out otherwise")
    for failure in failures:
        say(f"  example {failure.number}: expected {failure.expected}; rule {failure.rule} says {failure.got}")


def conflicts(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Show what somebody has to decide."""
    if as_json:
        document("conflicts", **found)
        return
    for one in found["conflicts"][:MOST_SHOWN]:
        say(f"{one['number']}. {one['kind']}: {one['because']}")
        for account in one["accounts"]:
            keys = ", ".join(f"{key} {value}" for key, value in account["keys"].items() if value)
            state = "" if account["is_active"] else " (inactive)"
            say(f"     {account['system']} {account['record_id']}{state}: {keys}")
        say(f"   next: {one['next']}")
    count = len(found["conflicts"])
    say(f"{count} conflicts" + (f", {MOST_SHOWN} shown; --json or --csv has all" if count > MOST_SHOWN else ""))


def difference(found: "Difference", *, as_json: bool) -> None:
    """Show who changed, and which column caused it."""
    if as_json:
        document("difference", **asdict(found))
        return
    rows = [
        (
            one.account_id,
            " → ".join(dict.fromkeys(one.cohort)),
            " → ".join(dict.fromkeys(one.readiness)),
            ", ".join(one.caused_by),
        )
        for one in found.changes
    ]
    table("account", "cohort", "readiness", "caused by", rows=rows)
    say(f"{len(found.joined)} joined, {len(found.left)} left, {len(found.changes)} changed")


def explained(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Show why one person is where they are."""
    if as_json:
        document("explanation", **found)
        return
    say(f"{found['cohort']}: {found['because']} (rule {found['rule']})")
    if found["in_doubt"]:
        say(f"  {found['in_doubt']}")
    say(f"  the target is one of {', '.join(found['target'])}")
    for account in found["accounts"]:
        say(f"{account['idp']} {account['account_id']}")
        for name, value in account.items():
            if name not in {"idp", "account_id", "cohort", "because"}:
                say(f"  {name:>18}: {_words(value)}")
    for record in found["joined"]:
        keys = ", ".join(f"{key} {value}" for key, value in record["keys"].items() if value)
        by = f"joined by {record['joined_by']}" if record["joined_by"] else "joined to nobody"
        say(f"{record['system']} {record['record_id']}: {by}; {keys}")
    for rule in found["tried"]:
        say(f"rule {rule['number']} {rule['cohort']}: {rule['outcome']}; {rule['because']}")
        for condition in rule["conditions"]:
            say(f"  {condition['outcome']:>7}: {condition['words']}; it is {_words(condition['value'])}")
    for row in found["rows"]:
        told = ", ".join(f"{name} {_words(value)}" for name, value in row["values"].items())
        say(f"{row['file']}:{row['line']} ({row['source']}): {told}")


def _words(value: Any) -> str:
    match value:
        case None:
            return "not known"
        case dict():
            return ", ".join(f"{name}: {inner}" for name, inner in value.items()) or "none"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def sealed(header: Snapshot, *, as_json: bool) -> None:
    """Show the snapshot that was kept."""
    if as_json:
        document("snapshot", snapshot=to_document(header))
    else:
        say(f"sealed: snapshot {header.digest[:16]}, {header.people_count} people")


def drafted(found: "DraftReport", *, as_json: bool) -> None:
    """Show what became of a draft."""
    if as_json:
        document("draft", **asdict(found))
        return
    say(f"written: {found.out}, {found.accounts_count} accounts")
    if found.unplaced_count:
        say(f"  {found.unplaced_count} people found no round: more rounds, larger shares or a larger budget take them")
