"""Without this file "03/04/2026" and "2026-03-04T00:00:00Z" would be two opinions of when: every time in UTC."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.cells import Moments, as_text, stripped
from cohorts.facts import Mask

UTC_MS = pa.timestamp("ms", "UTC")
# A whole column in one of these forms is read at once: with a zone, with digits beyond a thousandth, without a zone.
AT_ONCE = (UTC_MS, pa.timestamp("ns", "UTC"), pa.timestamp("ms"))
# What vendors write beside ISO 8601. With slashes the month stands first, as Microsoft's portals write it.
FORMATS = (
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%a %b %d %H:%M:%S %Z %Y",
)
# Seconds since 1970 have nine to eleven digits in the years 1973 to 5138; a thousand times that are milliseconds.
EPOCH = r"[0-9]{9,13}(?:\.0)?"
MILLISECONDS_FROM = 10**11
MOST = 10**15
# As a directory writes it: 20261102120000.0Z.
COMPACT = r"^([0-9]{8})([0-9]{6})(?:\.[0-9]+)?Z?$"
ZONE = r"\s*(?:Z|UTC|GMT|\+00:?00)$"
# Years that cannot be counted in nanoseconds: HR systems write 9999 where there is no end, others 0001 for never.
FAR = re.compile(r"(?<!\d)(?:0\d{3}|1[0-6]\d\d|22[6-9]\d|2[3-9]\d\d|[3-9]\d{3})(?:\d{4})?(?!\d)")
ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = frozenset({"never", "none", "null", "n/a", "na", "-", "not available", "unknown", "0"})


def moments(values: pa.Array) -> tuple[Moments, Mask | None]:
    """Return a column of times in UTC, and which values are no time (None where all are).

    A time without a zone is taken as UTC, a date as its first moment. "never" and its like are not known, nor is
    any time before 1970: it is how vendors write "never" where a time must stand.
    """
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return _moments(_in_utc(values)), None
    if pa.types.is_floating(values.type):
        values = _floored(values)
    if pa.types.is_integer(values.type):
        return _from_texts(as_text(values))
    texts = stripped(values)
    for kind in AT_ONCE:
        with suppress(pa.ArrowInvalid):
            return _moments(_in_utc(texts.cast(kind))), None
    return _from_texts(texts)


def _in_utc(values: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(values.type) and values.type.tz is None:
        return pc.assume_timezone(values.cast(pa.timestamp("ms"), safe=False), "UTC")
    return values.cast(UTC_MS, safe=False)


def _moments(times: pa.Array) -> Moments:
    numbers = times.cast(pa.int64())
    values = (numbers.fill_null(0) if times.null_count else numbers).to_numpy()
    return _since_1970(values)


def _since_1970(values: npt.NDArray[np.int64]) -> Moments:
    is_known = values > 0
    return Moments(values, None if is_known.all() else is_known)


def _floored(numbers: pa.Array) -> pa.Array:
    told = numbers.cast(pa.float64()).to_numpy(zero_copy_only=False)
    # What is further away than any moment stays so, and is no time.
    return pa.array(np.floor(np.nan_to_num(np.clip(told, -MOST, MOST))).astype(np.int64), mask=np.isnan(told))


def _from_texts(texts: pa.Array) -> tuple[Moments, Mask | None]:
    """Try each form in turn on the distinct texts that none before it could read."""
    coded = texts.dictionary_encode()
    told = pd.Series(as_text(coded.dictionary).to_pylist(), dtype=object)
    iso = told.str.replace(COMPACT, r"\1T\2", regex=True).str.replace(r"\s*(?:UTC|GMT)$", "", regex=True)
    found = pd.to_datetime(iso, format="ISO8601", utc=True, errors="coerce")
    digits = told.str.fullmatch(EPOCH).fillna(value=False).astype(bool)
    numbers = told[digits].astype(float)
    in_ms = numbers.where(numbers >= MILLISECONDS_FROM, numbers * 1000)
    found.update(pd.to_datetime(in_ms, unit="ms", utc=True, errors="coerce"))
    plain = told.str.replace(ZONE, "", regex=True)
    for form in FORMATS:
        open_ = found.isna()
        if not open_.any():
            break
        found.update(pd.to_datetime(plain[open_], format=form, utc=True, errors="coerce"))
    is_open = found.isna().to_numpy()
    times = np.where(is_open, 0, found.dt.tz_localize(None).to_numpy("datetime64[ms]").astype(np.int64))
    for place in np.flatnonzero(is_open & plain.str.contains(FAR).eq(other=True).to_numpy()).tolist():
        moment = next(_far(plain[place]), None)
        is_open[place] = moment is None
        times[place] = moment or 0
    strange = is_open & ~told.str.casefold().isin(NEVER).to_numpy()
    codes = coded.indices.cast(pa.int64()).fill_null(len(told)).to_numpy()
    return _since_1970(np.append(times, 0)[codes]), np.append(strange, False)[codes] if strange.any() else None


def _far(text: str) -> Iterator[int]:
    """Yield what a text may mean, in milliseconds, year 1 to 9999; seldom asked, for it is slow."""
    for form in (None, *FORMATS):
        with suppress(ValueError):
            told = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - below
            yield ((told if told.tzinfo else told.replace(tzinfo=UTC)) - ORIGIN) // timedelta(milliseconds=1)
