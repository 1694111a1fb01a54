import re

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.phones import is_region, to_e164

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def read(text, region="US"):
    """Return one number, None where it is a problem."""
    numbers, problems = to_e164(pa.array([text], pa.string()), region)
    assert [numbers[0].as_py() is None] == problems.tolist()
    return numbers[0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        "+14155550123",
        "+1 415 555 0123",
        "+1 (415) 555-0123",
        "001 415 555 0123",
        "(415) 555-0123",
        "415.555.0123",
        "1-415-555-0123",
        "415 555 0123 x77",
        "+1 415 555 0123 ext. 77",
        "tel:+1-415-555-0123;ext=77",
        "tel:415-555-0123;phone-context=+1",
        "\uff0b\uff11 \uff14\uff11\uff15 \uff15\uff15\uff15 \uff10\uff11\uff12\uff13",
        "+1\u00a0415\u2011555\u20110123",
    ],
)
def test_one_number_is_one_text_however_it_was_typed(text):
    """Else nobody could say who shares it."""
    assert "+14155550123" == read(text)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("030 123456", "DE", "+4930123456"),
        ("0049 30 123456", "DE", "+4930123456"),
        ("0049 30 123456", "US", "+4930123456"),
        ("0049 30 123456", "AU", "+4930123456"),
        ("0011 49 30 123456", "AU", "+4930123456"),
        ("+49 (0)30 123456", "US", "+4930123456"),
        ("+49030123456", "US", "+4930123456"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("+375 8011 234 5655", "US", "+375112345655"),
        ("8 (495) 123-45-67", "RU", "+74951234567"),
    ],
)
def test_a_number_at_home_is_read_as_it_is_dialled_there(text, region, expected):
    """Trunk digits fall away where the country has them, and stay where they are part of the number."""
    assert expected == read(text, region)


@pytest.mark.parametrize(
    "text",
    ["", "-", "none", "12", "555-0123", "+999123456789", "+1415555012345678", "+", "1" * 300, "+1\x0041", "\U0001f4de"],
)
def test_what_is_no_number_is_a_problem_and_never_a_crash(text):
    """A local number without its area is none either: from elsewhere nobody reaches it."""
    assert read(text) is None


def test_nothing_known_is_no_problem():
    """A profile without a number is in order."""
    numbers, problems = to_e164(pa.array([None, "+14155550123", None], pa.string()), "US")

    assert [None, "+14155550123", None] == numbers.to_pylist()
    assert not problems.any()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_good_bad_and_unknown_numbers_keep_their_places(kind):
    """The column comes back as it came, also as a slice of a longer one."""
    told = pa.array(["junk", "x", None, "(415) 555-0123", "+14155550123", "(415) 555-0123"], kind).slice(1)
    numbers, problems = to_e164(told, "US")

    assert (kind, [None, None, "+14155550123", "+14155550123", "+14155550123"]) == (numbers.type, numbers.to_pylist())
    assert [True, False, False, False, False] == problems.tolist()


def test_no_numbers_at_all_are_no_numbers():
    """An empty column, and one of nothing but unknown values."""
    assert [] == to_e164(pa.array([], pa.string()), "US")[0].to_pylist()
    assert [None] == to_e164(pa.array([None], pa.string()), "US")[0].to_pylist()


def test_a_region_that_there_is_not_is_refused():
    """Else every number without a country code would quietly become a problem."""
    assert is_region("DE")
    assert not is_region("de")
    with pytest.raises(ValueError, match="XX"):
        to_e164(pa.array(["1"]), "XX")


def in_words_of_the_library(text, region):
    """Ask the library alone."""
    dialled = phonenumbers.PhoneMetadata.metadata_for_region(region).international_prefix
    leads_abroad = text.startswith("00") and not re.match(dialled, text)
    for attempt in (f"+{text[2:]}", text) if leads_abroad else (text,):
        try:
            number = phonenumbers.parse(attempt, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


@st.composite
def typed_numbers(draw):
    """Return a region, and numbers of it with a digit or two wrong, in the ways that people write them."""
    region = draw(st.sampled_from(REGIONS))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from([0, 1, 2, 3])))
    digits = phonenumbers.national_significant_number(example) if example else "123456789"
    code = phonenumbers.country_code_for_region(region)
    place = draw(st.integers(0, len(digits) - 1))
    digits = digits[:place] + draw(st.text("0123456789", max_size=2)) + digits[place + 1 :]
    spaced = f"{digits[:2]} ({digits[2:4]}) {digits[4:]}"
    forms = [f"+{code}{digits}", f"+{code} {spaced}", f"+{code}0{digits}", f"+{code} (0){digits}", f"00{code}{digits}"]
    return region, [*forms, digits, f"0{digits}", f"1{digits}", f"8{digits}", spaced, f"{code}{digits}"]


@given(typed=typed_numbers())
def test_whole_columns_are_read_as_the_library_reads_one_number(typed):
    """The short cuts for plain spellings give what the library gives, in every region."""
    region, texts = typed
    numbers, _ = to_e164(pa.array(texts, pa.string()), region)

    assert [in_words_of_the_library(text, region) for text in texts] == numbers.to_pylist()


@given(text=st.text(max_size=30))
def test_any_text_is_read_or_is_a_problem(text):
    """Nothing that a file may hold stops the run, and what was read is read again as itself."""
    found = read(text)

    assert found is None or found == read(found)
