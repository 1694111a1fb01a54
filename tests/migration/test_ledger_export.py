import json

import pytest
from builders import history, the_road_to

from cohorts.snapshot import digest_of
from migration.events import StageFailed
from migration.ledger import LedgerBroken, verify
from migration.ledger_export import read_jsonl, to_jsonl
from migration.posture import Stage

SEALED = ("number", "at", "actor", "kind", "body", "previous")


def exported(entries):
    """Return the content of a file."""
    return "".join(to_jsonl(entries)).encode()


def two():
    """Export two entries."""
    return exported(history(StageFailed(intent=1, because="“503”"), StageFailed(intent=1, because="late")))


def test_an_exported_ledger_is_read_as_it_was():
    """Every entry, in order, with everything that was sealed."""
    entries = the_road_to(Stage.RELAXED)
    found = read_jsonl(exported(entries))

    assert [entry.digest for entry in entries] == [entry.digest for entry in found]
    assert len(entries) == verify(found, []).entry_count


def test_an_empty_ledger_is_an_empty_file():
    """And the other way round."""
    assert (b"", []) == (exported([]), read_jsonl(b""))


def test_an_export_can_be_verified_without_this_program():
    """A line without its digest, in canonical JSON, is what the digest is of."""
    entries = [json.loads(line) for line in two().splitlines()]

    assert [entry["digest"] for entry in entries] == [
        digest_of({name: entry[name] for name in SEALED}) for entry in entries
    ]
    assert entries[0]["digest"] == entries[1]["previous"]
    assert {*SEALED, "digest"} == set(entries[0])


@pytest.mark.parametrize(
    ("change", "line", "because"),
    [
        (lambda content: content[:-1], 2, "it was cut off"),
        (lambda content: content[:-20], 2, "it was cut off"),
        (lambda content: content + b"\n", 3, "it is no JSON"),
        (lambda content: content.replace(b"{", b"", 1), 1, "it is no JSON"),
        (lambda content: content.replace("“".encode(), b"\xff", 1), 1, "it is no JSON"),
        (lambda content: b"[" * 99_999 + b"\n" + content, 1, "it is no JSON"),
        (lambda content: content.replace(b":", b": ", 1), 1, "it was written anew"),
        (lambda content: content.replace("“".encode(), b"\\u201c", 1), 1, "it was written anew"),
        (lambda content: content.replace("“".encode(), b"\\udc00", 1), 1, "it was written anew"),
        (lambda content: content.replace(b'{"actor":', b'{"actor":"r.lee","actor":', 1), 1, "it was written anew"),
        (lambda content: content.replace(b'"number":1', b'"number":"1"'), 1, "its names and types"),
        (lambda content: content.replace(b'"number":1', b'"number":true'), 1, "its names and types"),
        (lambda content: content.replace(b'"kind"', b'"kinds"', 1), 1, "its names and types"),
        (lambda content: content + b"[]\n", 3, "its names and types"),
    ],
)
def test_a_file_that_is_not_as_exported_is_refused(change, line, because):
    """The line is named, so that whoever has the file can look."""
    with pytest.raises(LedgerBroken, match=f"Line {line} of the export is not as exported: {because}") as caught:
        read_jsonl(change(two()), name="ledger.jsonl")
    assert f"ledger.jsonl:{line}" == caught.value.context


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda content: content.replace(b"late", b"Late"), "Entry 2 is not what was sealed"),
        (lambda content: content.splitlines(keepends=True)[1], "Entry 2 does not follow entry 0"),
    ],
)
def test_a_file_that_was_edited_with_care_is_found_by_verification(change, found):
    """Every line is well formed, and the chain knows better."""
    with pytest.raises(LedgerBroken, match=found):
        verify(read_jsonl(change(two())), [])
