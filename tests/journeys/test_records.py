import csv
import sqlite3
from html.parser import HTMLParser

import pytest

OTHER = "var/damaged.db"


@pytest.fixture(scope="module")
def offline(walking):
    """A road whose sandbox has stopped: what is recorded must be readable without it."""
    with walking() as found:
        found.stop()
        yield found


@pytest.fixture
def damaged(offline):
    """Change a copy of the ledger by SQL, and return the options that read the copy."""

    def damage(*statements):
        offline.path(OTHER).write_bytes(offline.path("var/ledger.db").read_bytes())
        connection = sqlite3.connect(offline.path(OTHER))
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        text = offline.path("offramp.toml").read_text()
        offline.path("other.toml").write_text(text.replace("sqlite:///var/ledger.db", f"sqlite:///{OTHER}"))
        return ("--config", "other.toml")

    return damage


def test_a_whole_ledger_says_how_far_something_outside_vouches_for_it(offline):
    """The manifest vouches for the intent; the outcome after it is chained, and reported as not anchored."""
    found = offline.offramp("ledger", "verify", "--json").document

    assert (2, 1, 1, "not anchored") == tuple(
        found[key] for key in ("entry_count", "anchored_count", "not_anchored_count", "standing")
    )


@pytest.mark.parametrize(
    "statement",
    [
        "update entries set body = replace(body, '\"standard-01\"', '\"standard-02\"') where number = 1",
        "update entries set body = replace(body, '\"waves\"', '\"wavez\"') where number = 1",
        "update entries set body = cast(x'ff' || substr(cast(body as blob), 2) as text) where number = 1",
        "update entries set kind = 'Invented' where number = 2",
    ],
    ids=["a value", "a name", "no text any more", "a kind"],
)
def test_one_changed_byte_stops_everything_that_would_decide_on_it(damaged, offline, statement):
    """Verification exits with 4, and so does a command that would have believed the entry."""
    other = damaged(statement)

    for words in (("ledger", "verify"), ("wave", "list")):
        broken = offline.offramp(*other, *words, code=4)
        assert ("ledger-broken", True) == (broken.error, broken.hint.startswith("stop"))


def test_a_ledger_cut_short_is_found_by_the_manifest(damaged, offline):
    """Without its last entries a chain is whole again; what it was vouched for says that it is not."""
    broken = offline.offramp(*damaged("delete from entries"), "ledger", "verify", code=4)

    assert ("ledger-broken", True) == (broken.error, "the manifest vouches for" in broken.told)


class _Page(HTMLParser):
    """What a page would fetch from elsewhere."""

    def __init__(self):
        super().__init__()
        self.fetched = []

    def handle_starttag(self, tag, attrs):
        self.fetched += [value for name, value in attrs if name in {"src", "href"} and "//" in (value or "")]


def test_the_report_needs_neither_tenant_nor_engine(offline):
    """A program manager reads page and table on a train: every wave is in both, and the page fetches nothing."""
    offline.offramp(
        "report", "show", "--html", "var/r.html", "--csv", "var/r.csv", OFFRAMP_PULUMI="/nowhere/bin/pulumi"
    )

    html = offline.path("var/r.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(html)
    assert [] == page.fetched
    with offline.path("var/r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for wave in ("administrators-01", "standard-01"):
        assert wave in html
        assert any(wave in row for row in rows)
