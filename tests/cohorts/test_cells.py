import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.cells import coded, fold, folded, lists, smallest, stripped, yes_no


def named(values, separators=(), kind=None):
    """Return a column of lists as lists of names; None is not known."""
    told = lists(pa.array(values, kind), separators)
    known = np.ones(len(values), bool) if told.known is None else told.known
    bounds = zip(told.offsets[:-1], told.offsets[1:], known, strict=True)
    return [[told.values[code] for code in told.codes[a:b]] if is_known else None for a, b, is_known in bounds]


def words(column):
    """Return a coded column as texts; None is not known."""
    return [column.values[code - 1] if code else None for code in column.codes.tolist()]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_white_space_at_the_ends_is_no_part_of_a_text(kind):
    """Nobody sees it, and it would make two ids of one; a text of nothing else is not known."""
    values = pa.array(["a", " b", "c\t", "\u00a0d\u3000", "", "  ", None, "e f"], kind)

    assert ["a", "b", "c", "d", None, None, None, "e f"] == stripped(values).to_pylist()


@given(st.lists(st.one_of(st.none(), st.text(alphabet=" ab\t\u00a0é", max_size=4)), max_size=12), st.integers(0, 3))
def test_stripping_means_the_same_however_a_column_lies_in_memory(texts, cut):
    """Columns of one length, of several, with gaps and cut out of others are stripped alike."""
    expected = [text.strip() or None if text is not None else None for text in texts[cut:]]

    assert expected == stripped(pa.array(texts, pa.string()).slice(cut)).to_pylist()


def test_numbers_are_texts_and_no_number_is_none():
    """Systems that write numbers of employees as numbers mean the same as those that write texts."""
    assert ["1001", None, None] == stripped(pa.array([1001.0, float("nan"), None])).to_pylist()
    assert ["7", "-1"] == stripped(pa.array([7, -1])).to_pylist()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Kim@Example.COM", "kim@example.com"),
        (" kim@example.com ", "kim@example.com"),
        ("\uff4b\uff49\uff4d@example.com", "kim@example.com"),
        ("STRAẞE@example.com", "strasse@example.com"),
        ("e\u0301va@example.com", "\u00e9va@example.com"),
        ("\u212aim@example.com", "kim@example.com"),
        ("kim+okta@example.com", "kim+okta@example.com"),
        ("k.i.m@example.com", "k.i.m@example.com"),
    ],
)
def test_a_login_is_compared_as_unicode_folds_it(written, meant):
    """Case, width and composition do not tell two people apart; a plus-address and dots do."""
    assert [meant, None] == folded(pa.array([written, None])).to_pylist()
    assert meant == fold(written)


def test_folding_twice_is_folding_once():
    """Else two spellings could meet in one file and miss each other in the next."""
    letters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    told = folded(pa.array([f"x{letter}x" for letter in letters]))

    assert told.equals(folded(told))
    assert [fold(f"x{letter}x") for letter in letters] == told.to_pylist()


@given(st.lists(st.one_of(st.none(), st.text(max_size=6)), max_size=10))
def test_folding_does_not_depend_on_who_stands_beside(texts):
    """A name with an umlaut in the same file changes nobody else's login."""
    alone = [folded(pa.array([text], pa.string()))[0].as_py() for text in texts]

    assert alone == folded(pa.array(texts, pa.string())).to_pylist()


def test_few_different_values_are_codes():
    """Code 0 is what nobody knows; the vendor's words become ours without regard to case."""
    told = coded(pa.array(["Active", "ACTIVE ", None, "", "Odd"]), {"active": "ACTIVE"})

    assert ["ACTIVE", "ACTIVE", None, None, "Odd"] == words(told)
    assert ("ACTIVE", "Odd") == tuple(told.values)


@pytest.mark.parametrize("kind", [pa.uint8(), pa.uint16(), pa.int32(), pa.int64()])
def test_a_dictionary_of_a_file_may_be_full_to_the_brim(kind):
    """256 values fit into a byte and into no code of a byte: the last one must not become unknown."""
    values = [f"v{number}" for number in range(256)]
    column = pa.DictionaryArray.from_arrays(pa.array([255, None, 0, 127], kind), pa.array(values))

    assert ["v255", None, "v0", "v127"] == words(coded(column))


def test_codes_are_as_narrow_as_they_can_be():
    """A million people hold a byte each, as long as a byte says it."""
    assert [np.uint8, np.uint16, np.uint32] == [
        smallest(np.zeros(1, np.int64), most).dtype for most in (255, 256, 2**16)
    ]


@pytest.mark.parametrize("word", ["true", "TRUE", " Yes ", "1", "x", "Wahr", "oui", "Sí", "Capable", "registered"])
def test_yes_in_every_spelling(word):
    """What a vendor or a person writes for yes is yes."""
    told, strange = yes_no(pa.array([word]))

    assert ([1], None) == (told.values.tolist(), strange)


@pytest.mark.parametrize("word", ["false", "No", "0", "off", "Falsch", "non", "Não", "Not capable", "not-registered"])
def test_no_in_every_spelling(word):
    """What a vendor or a person writes for no is no."""
    told, strange = yes_no(pa.array([word]))

    assert ([0], None) == (told.values.tolist(), strange)


def test_neither_yes_nor_no_is_said_and_counts_as_not_known():
    """A word in between is no answer."""
    told, strange = yes_no(pa.array(["yes", "perhaps", None, ""]))

    assert [1, -1, -1, -1] == told.values.tolist()
    assert [False, True, False, False] == strange.tolist()


def test_yes_and_no_arrive_as_booleans_and_numbers_too():
    """Parquet has types."""
    assert [1, 0, -1] == yes_no(pa.array([True, False, None]))[0].values.tolist()
    assert [1, 0, -1] == yes_no(pa.array([1.0, 0.0, None]))[0].values.tolist()


@pytest.mark.parametrize(
    ("written", "separators"),
    [
        ("sms; push", (";",)),
        ("sms,push", (";", ",")),
        ("sms\npush", (";", "\n")),
        ("sms|push", ("|", ".")),
        (" sms ;; push; ", (";",)),
        ('["sms", "push"]', (";",)),
        (' ["sms", null, " push"]', ()),
    ],
)
def test_a_list_in_every_spelling(written, separators):
    """A list is written with separators or as JSON; an empty name is none."""
    assert [["sms", "push"]] == named([written], separators)


def test_an_empty_list_is_known_to_be_empty():
    """To hold nothing is an answer: a CSV has no other way to say it, and JSON in a cell says it with brackets."""
    assert [[], [], []] == named(["", None, "[]"], (";",))
    assert [[]] == named([[]], kind=pa.list_(pa.string()))


def test_a_list_that_is_not_there_is_not_known():
    """Where lists are lists, silence is no empty one."""
    assert [["a"], None, []] == named([["a"], None, [None, " "]])
    assert [None, ["a"]] == named([None, "a"], kind=pa.string())
    assert [None, None] == named([None, None], kind=pa.string())


def test_what_only_begins_like_json_is_a_text():
    """A group may be called "[old] Finance"."""
    assert [["[old] Finance", "B"], ["A"]] == named(["[old] Finance;B", "A"], (";",))


def test_lists_that_were_cut_out_of_others_keep_their_names():
    """A part of a column counts from its own beginning."""
    told = lists(pa.array([["a"], ["b", "c"], None, ["d"]]).slice(1))

    assert [0, 2, 2, 3] == told.offsets.tolist()
    assert ["b", "c", "d"] == [told.values[code] for code in told.codes]
    assert [True, False, True] == told.known.tolist()


def test_numbers_in_lists_are_names():
    """An id may be a number."""
    assert [["1", "2"], ["2"]] == named([[1, 2], [2]])
