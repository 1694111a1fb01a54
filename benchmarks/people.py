"""
Without this file the benchmarks would need somebody's real directory: a synthetic one of any size, always the same.

Rows are made in chunks, and a chunk depends on the seed and its own number only. So the users of a small set are
the first users of a larger one, and its factors are the factors of exactly those users, in the same order.
"""

from collections.abc import Sequence

import numpy as np
import population as words
import pyarrow as pa
import pyarrow.compute as pc

CHUNK = 100_000
SEED = 11
NOW_MS = 1_768_435_200_000  # 2026-01-15T00:00:00Z
DAY_MS = 86_400_000
ID_WIDTH = 20
SERVICE = list(words.USER_TYPES).index("service")
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)

Generator = np.random.Generator
Array = np.ndarray


def shares_of(weights: Sequence[float]) -> Array:
    """Return the cumulated shares, ready to be searched with numbers from [0, 1)."""
    shares = np.cumsum(np.asarray(weights, float))
    shares /= shares[-1]
    return shares


def drawn(rng: Generator, weights: Sequence[float], count: int) -> Array:
    """Draw *count* positions in *weights*."""
    return np.searchsorted(shares_of(weights), rng.random(count), side="right").astype(np.int32)


def absent(rng: Generator, column: str, count: int) -> Array:
    """Draw in which of *count* rows the column says nothing."""
    return rng.random(count) < words.ABSENT[column]


def texts(codes: Array, values: Sequence[str], mask: Array | None = None) -> pa.Array:
    """Return the values that the codes stand for; null where *mask*."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=mask), pa.array(values)).cast(pa.string())


def times(milliseconds: Array, mask: Array | None = None) -> pa.Array:
    """Return moments, UTC; null where *mask*."""
    return pa.array(milliseconds, mask=mask).cast(pa.timestamp("ms", "UTC"))


def fixed_texts(letters: Array) -> pa.Array:
    """Return each row of letters, shape (n, width) of uint8, as one text."""
    count, width = letters.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(letters)))


def ids(numbers: Array, prefix: bytes) -> pa.Array:
    """Return a vendor's id, 20 letters that look like chance, for each number."""
    letters = np.empty((len(numbers), ID_WIDTH), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    scrambled = numbers.astype(np.uint64)
    for place in range(len(prefix), ID_WIDTH):
        if (place - len(prefix)) % 9 == 0:  # nine letters are what 64 bits hold with some to spare
            scrambled = scrambled * np.uint64(0x9FB21C651E98DF25) + np.uint64(0xD1B54A32D192ED03)
            scrambled ^= scrambled >> np.uint64(32)
            scrambled *= np.uint64(0xD6E8FEB86659FD93)
            scrambled ^= scrambled >> np.uint64(29)
            rest = scrambled
        rest, digit = np.divmod(rest, np.uint64(len(ALPHABET)))
        letters[:, place] = ALPHABET[digit]
    return fixed_texts(letters)


def lists(rows: Array, codes: Array, values: Sequence[str], count: int) -> pa.Array:
    """Return for each of *count* rows the different values that it was dealt, in the order of the values."""
    pairs = np.unique(rows.astype(np.int64) * len(values) + codes)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(pairs // len(values), minlength=count))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), texts(pairs % len(values), values))


def group_names() -> tuple[list[str], list[float]]:
    """Name all groups but everyone's, each with its weight: a long tail, in an order that has no meaning."""
    ordinary = words.ordinary_groups()
    tail = 1 / np.arange(2, len(ordinary) + 2) ** 1.05
    weights = np.empty(len(ordinary))
    weights[np.random.default_rng(SEED).permutation(len(ordinary))] = tail
    rare = [weight * float(tail.sum()) for weight in words.RARE_GROUPS.values()]
    return [*ordinary, *words.RARE_GROUPS], [*weights.tolist(), *rare]


def users_of(rng: Generator, first: int) -> tuple[pa.Table, Array, Array]:
    """Return a chunk of users from number *first* on; also who is no person, and when each was made (ms)."""
    n = CHUNK
    numbers = np.arange(first, first + n)
    given = texts(rng.integers(0, len(words.GIVEN_NAMES), n), words.GIVEN_NAMES)
    family = texts(rng.integers(0, len(words.FAMILY_NAMES), n), words.FAMILY_NAMES)
    name = pc.binary_join_element_wise(given, family, pa.array(numbers).cast(pa.string()), ".")
    login = pc.binary_join_element_wise(name, "corp.example", "@")
    alias = pc.binary_join_element_wise(name, "mail.corp.example", "@")
    user_type = drawn(rng, list(words.USER_TYPES.values()), n)
    titles = [level + function for level in words.LEVELS for function in words.FUNCTIONS]
    title_weights = np.outer(list(words.LEVELS.values()), list(words.FUNCTIONS.values())).ravel()
    department_weights = 1 / np.arange(3, len(words.DEPARTMENTS) + 3) ** 0.8
    country_weights = 1 / np.arange(1, len(words.COUNTRIES) + 1) ** 1.1

    role_counts = np.where(rng.random(n) < words.ADMINISTRATORS, rng.integers(1, 4, n), 0)
    role_rows = np.repeat(np.arange(n), role_counts)
    roles = drawn(rng, list(words.ROLES.values()), len(role_rows))
    names, weights = group_names()
    group_counts = np.minimum(rng.lognormal(1.8, 0.85, n).astype(int), 90)
    group_rows = np.concatenate([np.arange(n), np.repeat(np.arange(n), group_counts)])
    groups = np.concatenate([np.zeros(n, np.int64), 1 + drawn(rng, weights, int(group_counts.sum()))])

    created = NOW_MS - rng.integers(1, 3650, n) * DAY_MS - rng.integers(0, DAY_MS, n)
    last_login = np.maximum(NOW_MS - (rng.exponential(25, n) * DAY_MS).astype(np.int64), created)
    phone = np.empty((n, 12), np.uint8)
    phone[:, :2] = np.frombuffer(b"+1", np.uint8)
    phone[:, 2:] = rng.integers(ord("0"), ord("9") + 1, (n, 10))
    table = pa.table(
        {
            "id": ids(numbers, b"00u"),
            "login": login,
            "email": pc.if_else(pa.array(rng.random(n) < words.SAME_ADDRESS), login, alias),
            "status": texts(drawn(rng, list(words.STATUSES.values()), n), list(words.STATUSES)),
            "userType": texts(user_type, list(words.USER_TYPES)),
            "department": texts(drawn(rng, department_weights, n), words.DEPARTMENTS, absent(rng, "department", n)),
            "title": texts(drawn(rng, title_weights, n), titles, absent(rng, "title", n)),
            "manager": pc.if_else(
                pa.array(absent(rng, "manager", n)), None, ids(first + (numbers - first) // 9, b"00u")
            ),
            "country": texts(drawn(rng, country_weights, n), words.COUNTRIES),
            "deviceType": texts(drawn(rng, list(words.DEVICES.values()), n), list(words.DEVICES)),
            "adminRoles": lists(role_rows, roles, list(words.ROLES), n),
            "groups": lists(group_rows, groups, [words.EVERYONE, *names], n),
            "lastLogin": times(last_login, absent(rng, "lastLogin", n)),
            "created": times(created),
            "phone": pc.if_else(pa.array(absent(rng, "phone", n)), None, fixed_texts(phone)),
        }
    )
    return table, user_type == SERVICE, created


def factors_of(
    rng: Generator, first: int, user_ids: pa.Array, is_service: Array, made: Array
) -> tuple[pa.Table, Array]:
    """Return the factors of a chunk of users, in no order; also the row of the user that each belongs to."""
    n = CHUNK
    counts = drawn(rng, words.FACTORS_EACH, n)
    counts[is_service] = 0
    shares = np.array([share for share, _ in words.FACTORS.values()])
    # The k smallest of exponentials with these rates are k different methods drawn by their shares.
    favourites = np.argsort(rng.exponential(size=(n, len(shares))) / shares, axis=1)
    place = np.arange(len(shares))[None, :] < counts[:, None]
    rows, kinds = np.repeat(np.arange(n), counts), favourites[place]
    shuffled = rng.permutation(len(rows))
    rows, kinds = rows[shuffled], kinds[shuffled]
    m = len(rows)
    created = np.minimum(NOW_MS - DAY_MS, made[rows] + rng.integers(0, 400, m) * DAY_MS)
    verified = np.maximum(NOW_MS - (rng.exponential(60, m) * DAY_MS).astype(np.int64), created)
    table = pa.table(
        {
            "id": ids(first * len(shares) + np.arange(m), b"mfa"),
            "userId": user_ids.take(pa.array(rows)),
            "factorType": texts(kinds, list(words.FACTORS)),
            "provider": texts(kinds, [provider for _, provider in words.FACTORS.values()]),
            "status": texts(drawn(rng, list(words.FACTOR_STATUSES.values()), m), list(words.FACTOR_STATUSES)),
            "created": times(created),
            "lastVerified": times(verified, absent(rng, "lastVerified", m)),
        }
    )
    return table, rows


def chunk(number: int, count: int, seed: int = SEED) -> dict[str, pa.Table]:
    """
    Make one chunk of the directory.

    Args:
        number: Which chunk, from 0.
        count: How many of its CHUNK users are wanted.
        seed: The same seed gives the same rows.

    Returns:
        "users", shape (count, 15), and "factors", shape (about 1.8 x count, 7).
    """
    rng = np.random.default_rng([seed, number])
    users, is_service, made = users_of(rng, number * CHUNK)
    factors, rows = factors_of(rng, number * CHUNK, users["id"].chunk(0), is_service, made)
    return {"users": users.slice(0, count), "factors": factors.filter(pa.array(rows < count))}
