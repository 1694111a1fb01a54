import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from migration import gate_book
from migration.gate_book import MOVES, GatesInvalid, NotAsked
from migration.gates import (
    ENROLLED_SHARE,
    FAILED_ENROLMENTS,
    HELP_DESK_LOAD,
    LOCKOUTS,
    OPEN_INCIDENTS,
    QUESTIONS,
    SOAK_DAYS,
    STRONG_SIGN_INS,
    Gate,
)
from migration.posture import Stage

OURS = Path(__file__).parents[2] / "gates.toml"
NOTHING = 'asked = false\nbecause = "a test"\n'
LINES = {
    "enrolled-share": "{ at_least = 0.9, minimum = 1, longest_age_hours = 24 }",
    "strong-sign-ins": "{ at_least = 0.5, minimum = 5, within_days = 14, longest_age_hours = 48 }",
    "failed-enrolments": "{ at_most = 0.2, minimum = 5, within_days = 14, longest_age_hours = 48 }",
    "lockouts": "{ at_most = 0.02, minimum = 5, within_days = 7, longest_age_hours = 48 }",
    "help-desk-load": "{ at_most = 0.1, minimum = 1, within_days = 7, longest_age_hours = 48 }",
    "soak-days": "{ at_least = 3 }",
    "open-incidents": "{ at_most = 0, longest_age_hours = 48 }",
}


def a_book(more="", **lines):
    """Write a book that asks everything before ENFORCE; *lines* replace some (None: leave out), *more* is added."""
    wanted = {**LINES, **{key.replace("_", "-"): line for key, line in lines.items()}}
    text = "".join(f"[into.{move}]\n{NOTHING}" for move in MOVES if move != "ENFORCE")
    text += "[into.ENFORCE.default]\n" + "".join(f"{key} = {line}\n" for key, line in wanted.items() if line)
    return text + more


def problems(text):
    """Return what is wrong with a book."""
    with pytest.raises(GatesInvalid) as caught:
        gate_book.parse(text)
    return caught.value.problems


def lines(text, cohort="standard", source=Stage.ENROL, to="ENFORCE"):
    """Return what a book asks, by gate."""
    return {line.key: line for line in gate_book.parse(text).lines(cohort, source, to)}


def test_what_the_book_says_is_what_is_asked():
    """Thresholds, samples, looks back and ages, in the order of the questions."""
    found = lines(a_book())

    assert list(QUESTIONS) == list(found)
    assert Gate(ENROLLED_SHARE, 0.9, 1, timedelta(hours=24)) == found[ENROLLED_SHARE]
    assert Gate(STRONG_SIGN_INS, 0.5, 5, timedelta(hours=48), timedelta(days=14)) == found[STRONG_SIGN_INS]
    assert Gate(SOAK_DAYS, 3.0) == found[SOAK_DAYS]


def test_a_cohort_replaces_single_lines_and_keeps_the_rest():
    """Administrators are asked for more, and for nothing less by accident."""
    more = "[into.ENFORCE.administrators]\nenrolled-share = { at_least = 1.0, minimum = 1, longest_age_hours = 24 }\n"

    assert 1.0 == lines(a_book(more), "administrators")[ENROLLED_SHARE].threshold
    assert lines(a_book(more), "administrators")[LOCKOUTS] == lines(a_book())[LOCKOUTS]
    assert 0.9 == lines(a_book(more), "standard")[ENROLLED_SHARE].threshold


def test_a_line_of_a_cohort_takes_nothing_over_from_the_default_line():
    """Half a line would be read as a whole one: what is replaced is said in full."""
    more = "[into.ENFORCE.administrators]\nenrolled-share = { at_least = 1.0 }\n"

    assert (
        "into.ENFORCE.administrators.enrolled-share: longest_age_hours is missing",
        "into.ENFORCE.administrators.enrolled-share: minimum is missing",
    ) == problems(a_book(more))


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_gate_that_is_left_out_is_an_error(key):
    """A silent gap would be a gate that opens by silence."""
    gap = {key.replace("-", "_"): None}

    assert (f'into.ENFORCE.default.{key}: say what is asked, or asked = false, because = "..."',) == problems(
        a_book(**gap)
    )


@pytest.mark.parametrize("move", MOVES)
def test_a_move_that_is_left_out_is_an_error(move):
    """And so is one that nobody makes."""
    text = a_book().replace(f"into.{move}", "into.NOWHERE")

    assert f"into.{move}: nothing is said of it" in problems(text)
    assert f"into.NOWHERE: a move is one of {', '.join(MOVES)}" in problems(text)


def test_a_gate_that_is_not_asked_says_why():
    """The reason is part of the book, and is shown."""
    found = lines(a_book(lockouts='{ asked = false, because = "nothing is refused yet" }'))

    assert NotAsked(LOCKOUTS, "nothing is refused yet") == found[LOCKOUTS]


def test_a_move_before_which_nothing_is_asked_says_why_once():
    """And it counts for every gate."""
    assert {NotAsked(key, "a test") for key in QUESTIONS} == set(lines(a_book(), to="settle").values())


@pytest.mark.parametrize(
    "line",
    [
        "{ asked = false }",
        '{ asked = false, because = " " }',
        '{ asked = true, because = "why" }',
        '{ asked = false, because = "why", at_most = 0.02 }',
    ],
)
def test_a_gate_is_not_left_out_in_passing(line):
    """Without a reason, or with a threshold beside it, nobody knows what was meant."""
    assert problems(a_book(lockouts=line))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"enrolled_share": "{ at_most = 0.9, minimum = 1, longest_age_hours = 24 }"}, "at_least is missing"),
        ({"enrolled_share": "{ at_least = 95, minimum = 1, longest_age_hours = 24 }"}, "at_least is a share"),
        ({"enrolled_share": "{ at_least = nan, minimum = 1, longest_age_hours = 24 }"}, "at_least is a number"),
        ({"enrolled_share": "{ at_least = true, minimum = 1, longest_age_hours = 24 }"}, "at_least is a number"),
        ({"enrolled_share": "{ at_least = 0, minimum = 1, longest_age_hours = 24 }"}, "it never fails"),
        ({"enrolled_share": "{ at_least = 0.9, minimum = 0, longest_age_hours = 24 }"}, "minimum is a whole number"),
        ({"enrolled_share": "{ at_least = 0.9, minimum = 1.5, longest_age_hours = 24 }"}, "minimum is a whole number"),
        ({"enrolled_share": "{ at_least = 0.9, minimum = 1, longest_age_hours = 0 }"}, "longest_age_hours is a number"),
        ({"enrolled_share": "{ at_least = 0.9, minimum = 1, longest_age_hours = inf }"}, "longest_age_hours is"),
        ({"enrolled_share": "0.9"}, "it is a table"),
        ({"enrolled_share": LINES["lockouts"]}, "nobody knows what at_most is"),
        ({"lockouts": "{ at_most = 1, minimum = 1, within_days = 7, longest_age_hours = 9 }"}, "it never fails"),
        (
            {"lockouts": '{ at_most = 0, minimum = 1, within_days = 7, longest_age_hours = 9, fewer_because = "" }'},
            "fewer_because says why",
        ),
        ({"lockouts": "{ at_most = 0.1, minimum = 1, within_days = -7, longest_age_hours = 9 }"}, "within_days is a"),
        (
            {"lockouts": "{ at_most = { ENROL = 1 }, minimum = 1, within_days = 7, longest_age_hours = 9 }"},
            "one number",
        ),
        ({"soak_days": "{ at_least = 3, minimum = 1 }"}, "nobody knows what minimum is"),
        ({"soak_days": "{ at_least = { ENROL = 3, REHEARSE = 1 } }"}, "nothing of a wave at RELAXED"),
        ({"soak_days": "{ at_least = { ENROL = 3, REHEARSE = 1, RELAXED = 0, RETIRE = 1 } }"}, "comes from RETIRE"),
        ({"soak_days": "{ at_least = { ENROL = -1, REHEARSE = 1, RELAXED = 0 } }"}, "number of days"),
        ({"soak_days": "{ at_least = { ENROL = 0, REHEARSE = 0, RELAXED = 0 } }"}, "it never fails"),
        ({"open_incidents": "{ at_most = -1, longest_age_hours = 9 }"}, "at_most is a number from 0 on"),
        ({"no_such_gate": "{ at_most = 1 }"}, "a gate is one of"),
        ({"more": "[into.ENFORCE.nobody]\n"}, "there is no such cohort"),
        ({"more": "[onto]\n"}, "onto: nobody knows what that is"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(changes, expected):
    """A typing error in a reviewed file must not open a gate."""
    assert [one for one in problems(a_book(**changes)) if expected in one]


def test_all_that_is_wrong_is_said_at_once():
    """Whoever mends the book mends it once."""
    found = problems(a_book(lockouts="{ at_most = 2, minimum = 0 }", soak_days=None, enrolled_share="1"))

    assert {"lockouts", "soak-days", "enrolled-share"} == {one.split(".")[3].split(":")[0] for one in found}


def test_the_soak_may_differ_by_the_stage_that_a_wave_leaves():
    """Who asks about a stage that does not lead there is told the strictest."""
    text = a_book(soak_days="{ at_least = { ENROL = 3, REHEARSE = 1, RELAXED = 0 } }")

    days = {source: lines(text, source=source)[SOAK_DAYS].threshold for source in Stage}

    assert (3, 1, 0, 3) == (days[Stage.ENROL], days[Stage.REHEARSE], days[Stage.RELAXED], days[Stage.PLANNED])


def test_only_an_enforced_wave_settles():
    """A soak at another stage would be a line that nobody ever reads."""
    settle = "[into.settle.default]\nsoak-days = { at_least = { ENFORCE = 1, RELAXED = 1 } }\n"
    text = a_book(settle).replace(f"[into.settle]\n{NOTHING}", "")

    assert "into.settle.default.soak-days: at_least: no wave comes from RELAXED to settle" in problems(text)


def test_a_book_that_is_none_is_said_with_the_next_step(tmp_path):
    """Missing, in another encoding, or no TOML: no wave moves without a book."""
    (tmp_path / "latin.toml").write_bytes(b"because = '\xe9'")

    for name in ("missing.toml", "latin.toml"):
        with pytest.raises(GatesInvalid) as caught:
            gate_book.read(tmp_path / name)
        assert (2, name, True) == (caught.value.exit_code, caught.value.context, bool(caught.value.hint))
    with pytest.raises(GatesInvalid, match="not TOML"):
        gate_book.parse("[into")
    assert ("into: it is a table",) == problems("into = 3")[:1]


def test_our_own_book_asks_what_was_agreed():
    """Into REHEARSE nothing but soak; into ENFORCE readiness and proof; into the home, that ENFORCE did no harm."""
    book = gate_book.read(OURS)

    def asked(source, to, cohort="standard"):
        return {line.key: line.threshold for line in book.lines(cohort, source, to) if isinstance(line, Gate)}

    assert {} == asked(Stage.PLANNED, "ENROL")
    assert {SOAK_DAYS: 1} == asked(Stage.ENROL, "REHEARSE")
    assert {
        ENROLLED_SHARE: 0.95,
        STRONG_SIGN_INS: 0.5,
        FAILED_ENROLMENTS: 0.2,
        SOAK_DAYS: 3,
        OPEN_INCIDENTS: 0,
    } == asked(Stage.ENROL, "ENFORCE")
    assert {STRONG_SIGN_INS: 0.5, LOCKOUTS: 0.02, HELP_DESK_LOAD: 0.1, SOAK_DAYS: 1} == asked(Stage.ENFORCE, "settle")
    administrators = asked(Stage.ENROL, "ENFORCE", "administrators")
    assert (1.0, 1) == (administrators[ENROLLED_SHARE], administrators[SOAK_DAYS])


def test_the_one_way_door_has_no_gate_here():
    """It takes the approval of two people and the wave's name, which no reading can replace."""
    assert () == gate_book.read(OURS).lines("standard", Stage.ENFORCE, "RETIRE")


def test_our_own_book_leaves_out_nothing_without_a_reason_of_its_own():
    """A reason that fits every gate is none, except where a move asks for nothing at all."""
    document = tomllib.loads(OURS.read_text(encoding="utf-8"))

    reasons = [line["because"] for line in document["into"]["settle"]["default"].values() if "asked" in line]

    assert sorted(set(reasons)) == sorted(reasons)
