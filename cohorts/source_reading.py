"""Without this file a new export would need code: each source is one TOML file, checked here before any row is read."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cohorts.columns import SUBJECTS, WORDS, Form
from cohorts.errors import SourceInvalid
from cohorts.sources import Origin, Path_, Source

VENDORS = Path(__file__).with_name("vendors")
IDPS = ("okta", "entra", "hr")
FORMS = ("csv", "jsonl", "json", "parquet")
KEYS = frozenset(
    {"title", "idp", "subject", "forms", "is_account_list", "recognise", "columns", "words", "constants", "only"}
)
RECOGNISE_KEYS = frozenset({"has", "has_not", "stems"})
ORIGIN_KEYS = frozenset({"from", "separators"})
# A step is in single quotes where it holds a dot itself.
STEP = re.compile(r"'([^']+)'|([^.']+)")
PATH = re.compile(r"(?:'[^']+'|[^.']+)(?:\.(?:'[^']+'|[^.']+))*")


def read_sources(*folders: Path) -> tuple[Source, ...]:
    """Read our sources and those of *folders*; a file in a later folder takes the place of one of the same name.

    Returns:
        In order of their keys.

    Raises:
        SourceInvalid: At least one file is no source; all that is wrong with all of them is listed.
    """
    paths = {path.stem: path for folder in (VENDORS, *folders) for path in sorted(folder.glob("*.toml"))}
    sources, problems, wrong = [], [], []
    for key in sorted(paths):
        found = read_source(paths[key])
        if isinstance(found, Source):
            sources.append(found)
        else:
            problems += [f"{paths[key].name}: {problem}" for problem in found]
            wrong.append(paths[key])
    if problems:
        raise SourceInvalid(
            f"{len(wrong)} of {len(paths)} source files cannot be used; {problems[0]}",
            problems=tuple(problems),
            context=str(wrong[0]),
            hint=f"correct {wrong[0].name}; docs/sources/README.md says what may stand there",
        )
    return tuple(sources)


def read_source(path: Path) -> Source | tuple[str, ...]:
    """Read one source file; what is wrong with it instead, where anything is."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        return (f"not TOML: {error}",)
    except UnicodeDecodeError:
        return ("not UTF-8",)
    except OSError as error:
        return (f"cannot be read: {error.strerror}",)
    problems: list[str] = []
    source = _source(path.stem, told, problems)
    return tuple(problems) if problems else source


def path_of(written: str) -> Path_:
    """Return the steps of a path: parts between dots, a part with a dot of its own in single quotes."""
    return tuple(quoted or step for quoted, step in STEP.findall(written))


def _source(key: str, told: Mapping[str, Any], problems: list[str]) -> Source:
    problems += [f"{name}: no such key" for name in sorted(told.keys() - KEYS)]
    subject = _one_of(told, "subject", tuple(SUBJECTS), problems)
    known = SUBJECTS.get(subject, {})
    recognise = _table(told, "recognise", problems)
    problems += [f"recognise.{name}: no such key" for name in sorted(recognise.keys() - RECOGNISE_KEYS)]
    has = _paths(recognise.get("has", []), "recognise.has", problems)
    if not has:
        problems.append("recognise.has: names nothing that the source could be recognised by")
    source = Source(
        key=key,
        title=_text(told, "title", problems),
        idp=_one_of(told, "idp", IDPS, problems),
        subject=subject,
        forms=_forms(told, problems),
        columns={
            column: _origin(column, value, known, problems)
            for column, value in _table(told, "columns", problems).items()
        },
        has=has,
        has_not=_paths(recognise.get("has_not", []), "recognise.has_not", problems),
        stems=_texts(recognise.get("stems", []), "recognise.stems", problems),
        words={
            column: _words(subject, column, known, words, problems)
            for column, words in _table(told, "words", problems).items()
        },
        constants={
            column: _constant(column, value, known, problems)
            for column, value in _table(told, "constants", problems).items()
        },
        is_account_list=_flag(told, problems),
        only={
            column: frozenset(word.casefold() for word in _texts(words, f"only.{column}", problems))
            for column, words in _table(told, "only", problems).items()
        },
    )
    filled = source.columns.keys() | source.constants.keys()
    problems += [
        f"columns.{column}: must be told" for column, one in known.items() if one.is_required and column not in filled
    ]
    for name, column in [
        *(("only", column) for column in source.only),
        *(("words", column) for column in source.words),
    ]:
        if column not in filled:
            problems.append(f"{name}.{column}: is not one of the columns")
    problems += [
        f"constants.{column}: is told by columns too" for column in source.constants if column in source.columns
    ]
    if {"account_id", "login"} <= known.keys() and not {"account_id", "login"} & filled:
        problems.append("columns: neither account_id nor login says whose a row is")
    return source


def _origin(column: str, value: Any, known: Mapping[str, Any], problems: list[str]) -> Origin:
    where = f"columns.{column}"
    if known and column not in known:
        problems.append(f"{where}: no such column; there are {', '.join(sorted(known))}")
    separators: tuple[str, ...] = ()
    if isinstance(value, Mapping):
        problems += [f"{where}.{name}: no such key" for name in sorted(value.keys() - ORIGIN_KEYS)]
        separators = _texts(value.get("separators", []), f"{where}.separators", problems)
        if separators and column in known and known[column].form is not Form.NAMES:
            problems.append(f"{where}.separators: the column is no list")
        value = value.get("from", [])
    paths = _paths([value] if isinstance(value, str) else value, where, problems)
    if not paths:
        problems.append(f"{where}: does not say from where")
    return Origin(paths, separators)


def _paths(value: Any, where: str, problems: list[str]) -> tuple[Path_, ...]:
    texts = _texts(value, where, problems)
    problems += [f"{where}: {text!r} is no path" for text in texts if not PATH.fullmatch(text)]
    return tuple(path_of(text) for text in texts)


def _words(subject: str, column: str, known: Mapping[str, Any], words: Any, problems: list[str]) -> dict[str, str]:
    where = f"words.{column}"
    if known and column not in known:
        problems.append(f"{where}: no such column")
    if not isinstance(words, Mapping) or not all(isinstance(word, str) for word in words.values()):
        problems.append(f"{where}: is not a table of texts")
        return {}
    allowed = WORDS.get((subject, column))
    strange = sorted({word for word in words.values() if allowed is not None and word not in allowed})
    problems += [f"{where}: {word!r} is none of {', '.join(sorted(allowed or ()))}" for word in strange]
    return {vendor.casefold(): ours for vendor, ours in words.items()}


def _constant(column: str, value: Any, known: Mapping[str, Any], problems: list[str]) -> str:
    if known and column not in known:
        problems.append(f"constants.{column}: no such column")
    if not isinstance(value, str):
        problems.append(f"constants.{column}: is no text")
        return ""
    return value


def _text(told: Mapping[str, Any], key: str, problems: list[str]) -> str:
    value = told.get(key)
    if not isinstance(value, str) or not value.strip():
        problems.append(f"{key}: must be a text")
        return ""
    return value


def _one_of(told: Mapping[str, Any], key: str, allowed: Iterable[str], problems: list[str]) -> str:
    value = _text(told, key, problems)
    if value and value not in allowed:
        problems.append(f"{key}: {value!r} is none of {', '.join(allowed)}")
    return value


def _forms(told: Mapping[str, Any], problems: list[str]) -> tuple[str, ...]:
    forms = _texts(told.get("forms", []), "forms", problems)
    problems += [f"forms: {form!r} is none of {', '.join(FORMS)}" for form in forms if form not in FORMS]
    if not forms:
        problems.append("forms: names none")
    return forms


def _flag(told: Mapping[str, Any], problems: list[str]) -> bool:
    value = told.get("is_account_list", False)
    if not isinstance(value, bool):
        problems.append("is_account_list: must be true or false")
    return value is True


def _table(told: Mapping[str, Any], key: str, problems: list[str]) -> Mapping[str, Any]:
    value = told.get(key, {})
    if isinstance(value, Mapping):
        return value
    problems.append(f"{key}: is no table")
    return {}


def _texts(value: Any, where: str, problems: list[str]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(text, str) and text for text in value):
        return tuple(value)
    problems.append(f"{where}: is no list of texts")
    return ()
