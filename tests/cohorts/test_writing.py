import csv
from html.parser import HTMLParser
from pathlib import Path

import pytest
from export_builders import NOON, a_factor, a_user, write_export

from cohorts import writing
from cohorts.readiness import READINESS
from cohorts.rules import RULES_PATH
from cohorts.segment import classify_export
from cohorts.writing import NAMED, write_conflicts, write_page, write_table

EVIL = "=cmd|' /c calc'!a0"


@pytest.fixture
def found(tmp_path):
    """A population of three, of whom two claim to be one person and one has an evil login."""
    users = [
        a_user("u1", profile={"login": EVIL, "employeeNumber": "7"}),
        a_user("u2", profile={"employeeNumber": "7", "email": "u2@example.com"}),
        a_user("boss", status="SUSPENDED"),
        "not json",
    ]
    factors = [a_factor("u1"), a_factor("u2", "security_key"), a_factor("boss")]
    export = write_export(tmp_path / "export", users=users, factors=factors)
    (export / "people.csv").write_text("Employee number\n7\n", encoding="utf-8")
    return classify_export(export, RULES_PATH, NOON)


def read(path: Path) -> list[list[str]]:
    """Return the cells of a CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_table_of_counts_adds_up_and_names_nobody(tmp_path, found):
    """One row a cohort, one column a readiness; the first sums up the others."""
    write_table(found, tmp_path / "counts.csv", with_names=False)
    headings, *rows = read(tmp_path / "counts.csv")

    assert ["cohort", "people", *READINESS] == headings
    assert {row[0]: int(row[1]) for row in rows} == {
        cohort: sum(codes.values()) for cohort, codes in found.counts.items()
    }
    assert [[codes.get(code, 0) for code in READINESS] for codes in found.counts.values()] == [
        list(map(int, row[2:])) for row in rows
    ]
    assert "@" not in (tmp_path / "counts.csv").read_text()


def test_a_table_with_names_has_one_row_an_account_in_order(tmp_path, found):
    """With login, cohort and readiness, and why."""
    write_table(found, tmp_path / "people.csv", with_names=True)
    headings, *rows = read(tmp_path / "people.csv")
    told = [dict(zip(headings, row, strict=True)) for row in rows]

    assert list(NAMED) == headings
    assert ["boss", "u1", "u2"] == [row["account_id"] for row in told]
    assert ("u2@example.com", "password security_key") == (told[2]["login"], told[2]["methods"])
    assert [one.because for one in found.members] == [row["because"] for row in told]


def test_a_name_does_not_become_a_formula(tmp_path, found):
    """Whoever opens the table runs nothing."""
    write_table(found, tmp_path / "people.csv", with_names=True)
    write_conflicts(found, tmp_path / "conflicts.csv", with_names=True)
    cells = [cell for name in ("people.csv", "conflicts.csv") for row in read(tmp_path / name) for cell in row]

    assert f"'{EVIL}" in cells
    assert [] == [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]


@pytest.mark.parametrize("with_names", [True, False])
def test_conflicts_are_written_one_row_an_account(tmp_path, found, with_names):
    """With a next step; the keys' values only where somebody asked for them."""
    write_conflicts(found, tmp_path / "conflicts.csv", with_names=with_names)
    headings, *rows = read(tmp_path / "conflicts.csv")
    told = [dict(zip(headings, row, strict=True)) for row in rows]

    assert {"u1", "u2"} <= {row["record_id"] for row in told}
    assert all(row["because"] and row["next"] for row in told)
    assert with_names == ("u2@example.com" in (tmp_path / "conflicts.csv").read_text())


def test_without_a_conflict_the_table_has_headings_alone(tmp_path):
    """An empty list is an answer too."""
    found = classify_export(write_export(tmp_path / "export"), RULES_PATH, NOON)
    write_conflicts(found, tmp_path / "conflicts.csv", with_names=False)

    assert 1 == len(read(tmp_path / "conflicts.csv"))


class Page(HTMLParser):
    """What a browser would make of a page: every tag with its attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        """Keep one tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Keep one text."""
        self.text.append(data)


def a_page(found, path: Path, *, with_names: bool) -> Page:
    """Write a page and read it back."""
    write_page(found, path, with_names=with_names)
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@pytest.mark.parametrize("with_names", [True, False])
def test_a_page_is_whole_in_itself(tmp_path, found, with_names):
    """It asks the network for nothing and runs nothing."""
    page = a_page(found, tmp_path / "cohorts.html", with_names=with_names)

    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    links = [value for _, attributes in page.tags for name, value in attributes.items() if name in {"src", "href"}]
    assert [] == [link for link in links if not link.startswith("#")]
    assert [] == [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert [] == [word for word in ("@import", "url(http") if word in (tmp_path / "cohorts.html").read_text()]


def test_a_page_shows_names_only_to_whoever_asked(tmp_path, found):
    """Counts are for everybody, names are not."""
    without = a_page(found, tmp_path / "a.html", with_names=False)
    with_names = a_page(found, tmp_path / "b.html", with_names=True)

    assert "@example.com" not in (tmp_path / "a.html").read_text()
    assert not [text for text in without.text if EVIL in text]
    assert "u2@example.com" in with_names.text
    assert EVIL in with_names.text


def test_a_page_escapes_what_an_export_says(tmp_path):
    """A department is text, never a tag."""
    users = [a_user("u1", profile={"login": "<script>alert(1)</script>"}), a_user("boss")]
    found = classify_export(write_export(tmp_path / "export", users=users), RULES_PATH, NOON)
    page = a_page(found, tmp_path / "cohorts.html", with_names=True)

    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize("write", [write_table, write_page])
def test_what_cannot_be_written_whole_is_not_written(tmp_path, found, monkeypatch, write):
    """What was there stays, and nothing half written lies beside it."""
    path = tmp_path / "out"
    path.write_text("before")

    def broken(_found):
        yield tuple("" for _ in NAMED)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_accounts", broken)
    with pytest.raises(OSError, match="No space"):
        write(found, path, with_names=True)

    assert "before" == path.read_text()
    assert ["export", "out"] == sorted(one.name for one in tmp_path.iterdir())


def test_a_page_does_not_list_a_thousand_strangers(tmp_path):
    """Reasons name ids; what is rare is counted together."""
    factors = [a_factor("u1"), *(a_factor(f"stranger{number}") for number in range(50))]
    found = classify_export(write_export(tmp_path / "export", factors=factors), RULES_PATH, NOON)
    page = a_page(found, tmp_path / "cohorts.html", with_names=False)

    assert 20 == sum("stranger" in text for text in page.text)
    assert "other reasons" in " ".join(page.text).casefold()
