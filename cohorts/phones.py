"""Without this file one telephone number would be several texts, and nobody could say who shares it."""

import re
from functools import cache
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import PhoneMetadata, PhoneNumberFormat, ValidationResult

from cohorts.facts import Mask

# How people group digits; whatever else stands in a number is for the library to understand.
PUNCTUATION = r"[ ().\-/]"
WRITTEN_ABROAD = rf"^\+[1-9](?:{PUNCTUATION}|\d)*$"
WRITTEN_AT_HOME = rf"^(?:{PUNCTUATION}|\d)+$"
LITERAL_PREFIXES = frozenset({None, "0", "1"})
ABROAD = "00"


def is_region(region: str) -> bool:
    """Say whether *region* is one that `to_e164` knows, as ISO 3166 writes it ("DE")."""
    return region in phonenumbers.SUPPORTED_REGIONS


def to_e164(values: pa.Array, region: str) -> tuple[pa.Array, Mask]:
    """
    Write telephone numbers in the one form that the whole world shares: "+493012345678".

    A number is judged by its length and shape, not by whether an exchange has given it out. An extension is
    dropped: what a text message reaches is the line. "00" leads abroad in every region. Equal numbers written
    differently come out equal.

    Args:
        values: Shape (n,), string or large_string; null is not known.
        region: Where a number is that does not say its country, as ISO 3166 writes it.

    Returns:
        The numbers, null where there is none or it is a problem; and the mask of the problems.

    Raises:
        ValueError: No such region.
    """
    if not is_region(region):
        raise ValueError(f"no region of that code: {region}")
    is_done = pc.match_substring_regex(values, _canonical()).fill_null(True)
    if pc.all(is_done).as_py() is not False:
        return values, np.zeros(len(values), dtype=bool)
    is_open = pc.invert(is_done)
    told = values.filter(is_open).dictionary_encode()
    found = _understood(told.dictionary, region)
    numbers = pc.replace_with_mask(values, is_open, found.take(told.indices))
    return numbers, pc.and_(is_open, pc.is_null(numbers)).to_numpy(zero_copy_only=False)


def _understood(texts: pa.Array, region: str) -> pa.Array:
    """Read distinct texts: those in a plain spelling all at once, the rest one by one; null is a problem."""
    bare = pc.replace_substring_regex(texts, PUNCTUATION, "")
    is_abroad = pc.and_(pc.match_substring_regex(texts, WRITTEN_ABROAD), pc.match_substring_regex(bare, _canonical()))
    found = pc.if_else(is_abroad, bare, pa.scalar(None, texts.type))
    for pattern, completed in _at_home(region):
        whole = pc.replace_substring_regex(bare, pattern, completed)
        # Digits that lead abroad are the library's to read, as is all that is out of shape or length.
        is_home = pc.and_(
            pc.match_substring_regex(texts, WRITTEN_AT_HOME),
            pc.and_not(pc.match_substring_regex(whole, _canonical()), pc.match_substring_regex(bare, _abroad(region))),
        )
        found = pc.if_else(is_home, whole, found)
    is_open = pc.is_null(found)
    rest = [_parsed(text, region) for text in texts.filter(is_open).to_pylist()]
    return pc.replace_with_mask(found, is_open, pa.array(rest, texts.type))


def _parsed(text: str, region: str) -> str | None:
    if text.startswith(ABROAD) and not re.match(_abroad(region), re.sub(PUNCTUATION, "", text)):
        found = _possible(f"+{text[len(ABROAD) :]}", region)
        if found is not None:
            return found
    return _possible(text, region)


def _possible(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


@cache
def _canonical() -> str:
    """Return what matches numbers in canonical form: per country code its lengths, and no trunk digit in front."""
    countries = []
    for code, regions in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()):
        # Regions that share a code are judged by the first, as the library does.
        known: Any = PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
        trunk = {digit for digit in "0" if digit in (known.national_prefix_for_parsing or "")}
        trunk |= set((known.national_prefix or "")[:1])
        first = f"[^{''.join(sorted(trunk))}\\D]" if trunk else r"\d"
        countries += [rf"{code}{first}\d{{{length - 1}}}" for length in sorted(known.general_desc.possible_length)]
    return rf"^\+(?:{'|'.join(countries)})$"


def _abroad(region: str) -> str:
    known: Any = PhoneMetadata.metadata_for_region(region)
    return rf"^(?:{known.international_prefix or ABROAD})"


def _at_home(region: str) -> tuple[tuple[str, str], ...]:
    """Return patterns of bare digits as one dials them in *region*, and what each becomes.

    Nothing is returned where dialling follows a finer rule than a trunk zero; the library is asked then.
    """
    known: Any = PhoneMetadata.metadata_for_region(region)
    prefix = known.national_prefix_for_parsing
    if prefix not in LITERAL_PREFIXES or known.national_prefix_transform_rule:
        return ()
    shape, whole = known.general_desc.national_number_pattern, rf"+{known.country_code}\1"
    alone, behind_trunk = (rf"^({shape})$", whole), (rf"^0({shape})$", whole)
    return (alone, behind_trunk) if prefix == "0" else (alone,)
