import json
import tempfile
from pathlib import Path

from export_builders import a_factor, a_membership, a_role, a_user
from gathering_builders import an_entra_member, an_entra_method, an_entra_role, an_entra_user, gathered, unbalanced
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.errors import OfframpError

IDS = ("a", "b", "c", "A", " a ", "", None, 7, "g1", "g2", "\u00e9", "x" * 300)
WORDS = ("ACTIVE", "SUSPENDED", "active", "", None, "user", "#microsoft.graph.group", True, 0, ["a"], {"b": 1}, "never")
ROWS = {
    "okta": {
        "users.jsonl": a_user,
        "factors.jsonl": a_factor,
        "groups.jsonl": a_membership,
        "roles.jsonl": a_role,
    },
    "entra": {
        "users.jsonl": an_entra_user,
        "methods.jsonl": an_entra_method,
        "groups.jsonl": lambda one: an_entra_member(one, "g1"),
        "roles.jsonl": an_entra_role,
    },
}


def rows_of(kind):
    """Return lines of one kind of file: rows with something exchanged, rows again, and what is no row."""

    def changed(who, field, value):
        row = dict(kind(who))
        if field < len(row):
            row[list(row)[field]] = value
        return json.dumps(row)

    row = st.builds(changed, st.sampled_from(IDS[:3]), st.integers(0, 12), st.sampled_from(IDS + WORDS))
    plain = st.builds(lambda who: json.dumps(kind(who)), st.sampled_from(IDS[:3]))
    odd = st.sampled_from(["{}", "[]", "null", "{", '"a"', "not json", '{"id": "\\ud800"}', " "])
    return st.lists(st.one_of(plain, plain, row, odd), min_size=1, max_size=8)


def exports():
    """Return exports of one provider: a sound account and a sound row of each file, and anything beside them."""
    return st.sampled_from(sorted(ROWS)).flatmap(
        lambda idp: st.fixed_dictionaries({name: rows_of(kind) for name, kind in ROWS[idp].items()}).map(
            lambda files: {name: [json.dumps(ROWS[idp][name]("z")), *lines] for name, lines in files.items()}
        )
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exports(), st.sampled_from([1, 2]))
def test_whatever_stands_in_the_files_no_row_is_lost(files, threads):
    """Rows in are rows kept and rejects, in each file, each row once; or the run ends in a sentence."""
    written = {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = gathered(Path(folder), files=written, threads=threads)
        except OfframpError:
            return
    assert not unbalanced(found)
    assert {name: sum(1 for line in lines if line.strip()) for name, lines in files.items()} == found.read_counts


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(9)), st.integers(0, 8), st.integers(0, 8))
def test_the_order_of_lines_decides_nothing(order, again, other):
    """Whatever repeats or contradicts whom, the same accounts stand with the same methods and groups."""
    users = [a_user(f"u{number}") for number in range(9)]
    users += [users[again], {**users[other], "status": "SUSPENDED"}]
    factors = [a_factor(f"u{number}", "push" if number % 2 else "sms") for number in range(9)]
    groups = [a_membership(f"u{number}", f"G{number % 3}") for number in range(9)] + [a_membership("u1", "G1")]
    told = []
    for place in (list(range(9)), list(order)):
        kinds = {"users.jsonl": users, "factors.jsonl": factors, "groups.jsonl": groups}
        files = {name: [rows[at] for at in place] + rows[9:] for name, rows in kinds.items()}
        with tempfile.TemporaryDirectory() as folder:
            (provider,) = gathered(Path(folder), files=files).providers
        names = [provider.groups.names_at(at) for at in range(len(provider.accounts))]
        told.append(sorted(zip(provider.accounts.ids.to_pylist(), provider.holdings.held.tolist(), names, strict=True)))

    assert told[0] == told[1]
