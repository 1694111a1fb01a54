import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from export_builders import a_role, a_user
from source_samples import json_lines

from cohorts.rules import RULES_PATH
from cohorts.segment import Reading, classify_export
from cohorts.source_reading import VENDORS

PROJECT = Path(__file__).parents[1]
PAGES = PROJECT / "docs/sources"
INDEX = PAGES / "README.md"
OWN = PAGES / "your-own.md"
# Pages about no source of ours.
OTHERS = frozenset({"README", "okta-pull", "your-own"})
SOURCES = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(VENDORS.glob("*.toml"))}
SECTIONS = ("What to export", "Permission", "Columns", "Without it", "Traps")
FORMS = {"csv": "CSV", "jsonl": "JSON lines", "json": "JSON (an array or pages)", "parquet": "Parquet"}
NAMES = {"\n": "line break", "|": "`\\|`"}
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def page(key):
    """Return what the page of one source says."""
    return (PAGES / f"{key}.md").read_text(encoding="utf-8")


def blocks(text, language):
    """Return what stands in the fences of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def sections(text):
    """Return heading → what stands below it."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def rows(text):
    """Return the cells of the table rows of a text, without heading and rule."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def quoted(names):
    """Return names as a page lists them."""
    return ", ".join(f"`{name}`" for name in names)


def origin(told):
    """Return where a column comes from, as a page must say it."""
    separators = told.get("separators", []) if isinstance(told, dict) else []
    paths = told["from"] if isinstance(told, dict) else told
    parts = [quoted([paths] if isinstance(paths, str) else paths)]
    if separators:
        parts.append(f"split at {' '.join(NAMES.get(one, f'`{one}`') for one in separators)}")
    return "; ".join(parts)


def test_every_source_has_a_page_and_every_page_a_source():
    """A new source file without a page fails here, and so does the page of one that is gone."""
    assert set(SOURCES) == {path.stem for path in PAGES.glob("*.md")} - OTHERS


def test_the_index_has_a_row_for_every_source():
    """Each row links the page and says the title; none is there twice."""
    listed = [row for row in rows(INDEX.read_text(encoding="utf-8")) if row[0].startswith("[`")]

    assert sorted((f"[`{key}`]({key}.md)", told["title"]) for key, told in SOURCES.items()) == sorted(
        (row[0], row[1]) for row in listed
    )
    assert all(all(row) for row in listed)


@pytest.mark.parametrize("key", SOURCES)
def test_a_page_begins_with_what_the_source_is(key):
    """Its key and title, the forms that are read, and what it is recognised by are those of the source file."""
    told = SOURCES[key]
    forms = ", ".join(FORMS[form] for form in told["forms"])
    text = page(key)

    assert f"# `{key}`: {told['title']}" == text.splitlines()[0]
    assert f"Read from {forms}. Recognised by {quoted(told['recognise']['has'])}." == text.splitlines()[2]


@pytest.mark.parametrize("key", SOURCES)
def test_a_page_says_what_somebody_who_exports_must_know(key):
    """Every page has the same sections, in order, and something in each."""
    told = sections(page(key))

    assert SECTIONS == tuple(told)
    assert all(text.strip() for text in told.values())


@pytest.mark.parametrize("key", SOURCES)
def test_the_columns_of_a_page_are_those_that_are_read(key):
    """Ours and theirs, what parts a list and what is always so equal the source file, in its order."""
    told = SOURCES[key]
    expected = [[f"`{column}`", origin(value)] for column, value in told["columns"].items()]
    expected += [[f"`{column}`", f"always `{value}`"] for column, value in told.get("constants", {}).items()]

    assert expected == rows(sections(page(key))["Columns"])


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path):
    """A page that is linked is there."""
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]

    assert [] == [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_every_recipe_is_one_that_a_shell_can_read(path):
    """A quote that is not closed would cost somebody an hour."""
    for recipe in blocks(path.read_text(encoding="utf-8"), "bash"):
        told = subprocess.run(["bash", "-n"], input=recipe, text=True, capture_output=True, check=False)
        assert "" == told.stderr


def test_the_pages_are_spelt_as_the_rest_is():
    """No misspelling."""
    command = [sys.executable, "-c", "import sys, codespell_lib; sys.exit(codespell_lib.main('docs/sources'))"]
    told = subprocess.run(command, cwd=PROJECT, text=True, capture_output=True, check=False)

    assert (0, "") == (told.returncode, told.stdout)


def test_the_example_of_a_source_of_ones_own_works_as_it_stands(tmp_path):
    """The page's file is recognised, joined, and says who has left; a visitor's badge is passed over."""
    text = OWN.read_text(encoding="utf-8")
    (source,) = [block for block in blocks(text, "toml") if block.startswith("title")]
    (badges,) = blocks(text, "text")
    export, sources = tmp_path / "export", tmp_path / "sources"
    export.mkdir()
    sources.mkdir()
    (sources / "badges-csv.toml").write_text(source, encoding="utf-8")
    (export / "badges.csv").write_bytes(badges.encode("cp1252"))
    people = {"00u1": "ada@example.com", "00u2": "ben@example.com", "00u3": "cem@partner.example"}
    users = [a_user(key, profile={"login": login, "email": login}) for key, login in people.items()]
    (export / "users.jsonl").write_bytes(json_lines(users))
    (export / "roles.jsonl").write_bytes(json_lines([a_role("00u1", "SUPER_ADMIN")]))

    found = classify_export(
        export, RULES_PATH, datetime(2026, 11, 27, tzinfo=UTC), reading=Reading(sources=(sources,), max_rejects=0)
    )

    assert {"00u1": "administrators", "00u2": "dormant", "00u3": "contractors"} == {
        member.account_id: member.cohort for member in found.members
    }
    assert ["leaver-still-active"] == [finding.kind for finding in found.findings]
