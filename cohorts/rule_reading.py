"""Without this file a rule book with a slip in it would be believed: it is read, checked and refused before any row."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cohorts.columns import ASKABLE
from cohorts.errors import RuleBookInvalid
from cohorts.facts import MOST_ATOMS
from cohorts.rule_answers import Lookups
from cohorts.rule_check import WORDS, Checking, fits, shown, strange_words
from cohorts.rule_conditions import Condition, Leaf, leaves
from cohorts.rule_reach import unreachable
from cohorts.rules import RULES_PATH, Expect, Rule, RuleBook
from cohorts.snapshot import COHORTS, METHODS, digest_of

TABLES = frozenset({"rule", "lookup", "targets", "expect", "cohorts"})
RULE_KEYS = frozenset({"cohort", "because", "when", "priority"})
EXPECT_KEYS = frozenset({"person", "cohort", "because"})
MOST_BYTES = 4 * 2**20
MOST_RULES = 1_000
MOST_CONDITIONS = 5_000
MOST_COHORTS = 255  # each is kept as one byte
LAST = "the last rule must match everyone: give it no `when`"


def read_rules(path: Path = RULES_PATH) -> RuleBook:
    """Read a rule book and check that it places everyone.

    Args:
        path: A TOML file of `[[rule]]` with `cohort`, `because` and `when`, a list of conditions that must all hold:
            `["column", "test", value]`, `{ any = [...] }`, `{ all = [...] }` or `{ not = ... }`. It may also have
            `cohorts`, `[lookup.NAME]`, `[targets]` and `[[expect]]`; `rules.toml` says what they mean.

    Raises:
        RuleBookInvalid: It does not; `problems` says all that is wrong, not only the first.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _invalid(path, [f"cannot be read: it has {size} bytes, and {MOST_BYTES} are possible"])
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        told = "it is nested too deeply" if isinstance(error, RecursionError) else told
        raise _invalid(path, [f"cannot be read: {told}"]) from error
    reader = _Reader(document, text)
    book = reader.book()
    if reader.problems:
        raise _invalid(path, reader.problems)
    return book


def _invalid(path: Path, problems: Sequence[str]) -> RuleBookInvalid:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return RuleBookInvalid(
        f"{count} in {path.name}: {'; '.join(problems)}",
        problems=tuple(problems),
        context=str(path),
        hint="offramp cohort check says whether it is mended",
    )


class _Reader:
    """One document while it is read; `problems` collects all that is wrong."""

    def __init__(self, document: Mapping[str, Any], text: str) -> None:
        self.document = document
        self.text = text
        self.problems: list[str] = [f"unknown table {shown(name)}" for name in document if name not in TABLES]
        self.cohorts = self._cohorts()
        self.lookups = self._lookups()
        derived = {name: frozenset(table.values()) for name, (_, table) in self.lookups.items()}
        self.kinds = {**ASKABLE, **dict.fromkeys(derived, "text")}
        self.words = {**WORDS, **derived}
        self.condition_count = 0

    def book(self) -> RuleBook:
        """Return the book; worth something only where there is no problem."""
        tables, titles = self._tables("rule"), self._titles("rule")
        if len(tables) > MOST_RULES:
            self.problems.append(f"there are {len(tables)} rules, and {MOST_RULES} are possible")
            tables = []
        read = [self._rule(title, table) for title, table in zip(titles, tables, strict=False)]
        order = self._order(titles, tables)
        if self.condition_count > MOST_CONDITIONS:
            self.problems.append(f"there are {self.condition_count} conditions, and {MOST_CONDITIONS} are possible")
        elif order is not None:
            # A rule with a slip in it is not judged: it would seem to match more people than it is meant to.
            sound = [(rule, titles[place]) for place in order if (rule := read[place]) is not None]
            self.problems += unreachable([rule for rule, _ in sound], [title for _, title in sound])
        expects = tuple(map(self._expect, self._titles("expect"), self._tables("expect")))
        targets = self._targets()
        if order is not None and (not tables or tables[order[-1]].get("when")):
            self.problems.append(LAST)
        rules = tuple(rule for place in order or () if (rule := read[place]) is not None)
        book = RuleBook(rules, self._digest(rules, targets), self.cohorts, self.lookups, targets, expects)
        for column in (name for name, kind in self.kinds.items() if kind == "names"):
            count = len(book.atoms(column))
            if count > MOST_ATOMS:
                self.problems.append(f"the book asks {count} questions about {column!r}; {MOST_ATOMS} are possible")
        return book

    def _digest(self, rules: Sequence[Rule], targets: Mapping[str, frozenset[str]] | None) -> str:
        # Examples say nothing about anybody else: they are no part of what is said.
        said = [[rule.cohort, rule.because, [_said(one) for one in rule.when]] for rule in rules]
        methods = {cohort: sorted(accepted) for cohort, accepted in (targets or {}).items()}
        return digest_of([said, list(self.cohorts), self.lookups, methods])

    def _cohorts(self) -> tuple[str, ...]:
        told = self.document.get("cohorts", list(COHORTS))
        if not isinstance(told, list) or not told or not all(isinstance(one, str) and one.strip() for one in told):
            self.problems.append("`cohorts` is a list of names, the riskiest first")
            return COHORTS
        self.problems += [f"cohort {shown(name)} is listed twice" for name, count in Counter(told).items() if count > 1]
        if len(told) > MOST_COHORTS:
            self.problems.append(f"there are {len(told)} cohorts, and {MOST_COHORTS} are possible")
        return tuple(dict.fromkeys(told))

    def _lookups(self) -> Lookups:
        told = self.document.get("lookup", {})
        if not isinstance(told, dict):
            self.problems.append("look-ups are written as [lookup.NAME]")
            return {}
        return {name: found for name, table in told.items() if (found := self._lookup(name, table)) is not None}

    def _lookup(self, name: str, table: Any) -> tuple[str, Mapping[str, str]] | None:
        where = f"lookup {shown(name)}"
        if not isinstance(table, dict) or set(table) != {"from", "values"}:
            self.problems.append(f"{where} has `from` and `values`, nothing else")
            return None
        base, values = table["from"], table["values"]
        if name in ASKABLE:
            self.problems.append(f"{where} has the name of a column")
            return None
        if not isinstance(base, str) or ASKABLE.get(base) != "text":
            self.problems.append(f"{where}: `from` must be a column of texts, not {shown(base)}")
            return None
        if not isinstance(values, dict) or not all(isinstance(one, str) and one for one in values.values()):
            self.problems.append(f"{where}: `values` is a table of texts")
            return None
        folded = Counter(key.casefold() for key in values)
        self.problems += [f"{where}: {shown(key)} is listed twice" for key, count in folded.items() if count > 1]
        strange = strange_words(base, values)
        self.problems += [f"{where}: {base!r} {strange}"] if strange else []
        return base, {key.casefold(): value for key, value in values.items()}

    def _targets(self) -> dict[str, frozenset[str]] | None:
        told = self.document.get("targets")
        if told is None:
            return None
        if not isinstance(told, dict):
            self.problems.append("[targets] is a table: cohort = [methods]")
            return None
        found = {}
        for cohort, methods in told.items():
            if cohort not in self.cohorts:
                self.problems.append(f"targets: no cohort is called {shown(cohort)}")
            elif not isinstance(methods, list) or not methods or not all(one in METHODS for one in methods):
                known = ", ".join(METHODS)
                self.problems.append(f"targets: {shown(cohort)} takes a list out of {known}, not {shown(methods)}")
            else:
                found[cohort] = frozenset(methods)
        missing = [cohort for cohort in self.cohorts if cohort not in told]
        if missing:
            self.problems.append(f"targets: nothing is said of {', '.join(missing)}")
        return found

    def _tables(self, name: str) -> list[Mapping[str, Any]]:
        told = self.document.get(name, [])
        if not isinstance(told, list) or not all(isinstance(table, dict) for table in told):
            problem = f"{name}s are written as [[{name}]]"
            self.problems += [problem] if problem not in self.problems else []
            return []
        return told

    def _titles(self, name: str) -> list[str]:
        """Say which table is which: by its number, and by its line where that is sure."""
        count = len(self._tables(name))
        heading = re.compile(rf"\s*\[\[\s*{name}\s*\]\]")
        lines = [number for number, line in enumerate(self.text.split("\n"), start=1) if heading.match(line)]
        if len(lines) != count:
            return [f"{name} {number}" for number in range(1, count + 1)]
        return [f"{name} {number} (line {line})" for number, line in enumerate(lines, start=1)]

    def _rule(self, title: str, table: Mapping[str, Any]) -> Rule | None:
        found = [f"unknown key {shown(key)}" for key in table if key not in RULE_KEYS]
        cohort, because, when = table.get("cohort"), table.get("because"), table.get("when", [])
        if cohort not in self.cohorts:
            found.append(f"no cohort is called {shown(cohort)}; there are {', '.join(self.cohorts)}")
        if not isinstance(because, str) or not because.strip():
            found.append("`because` must say why, in words")
        if not isinstance(when, list):
            found.append("`when` must be a list of [column, test, value]")
            when = []
        checking = Checking(self.kinds, self.words, found)
        told = [checking.condition(one) for one in when]
        self.problems += [f"{title}: {problem}" for problem in found]
        self.condition_count += sum(1 for one in told if one is not None for _ in leaves(one))
        return None if found else Rule(str(cohort), str(because), tuple(one for one in told if one is not None))

    def _order(self, titles: Sequence[str], tables: Sequence[Mapping[str, Any]]) -> list[int] | None:
        """Return the places of the rules in the order in which they are tried; None where that is not clear."""
        places = [place for place, table in enumerate(tables) if "priority" in table]
        if not places:
            return list(range(len(tables)))
        if len(places) != len(tables):
            self.problems.append("give every rule a `priority`, or none: then the order of the file counts")
            return None
        told = [table["priority"] for table in tables]
        wrong = [place for place in places if not fits("number", told[place])]
        if wrong:
            self.problems += [
                f"{titles[place]}: `priority` is a whole number, not {shown(told[place])}" for place in wrong
            ]
            return None
        shared = [priority for priority, count in Counter(told).items() if count > 1]
        for priority in shared:
            who = ", ".join(titles[place] for place in places if told[place] == priority)
            self.problems.append(f"overlapping priorities: {who} have priority {priority}")
        return None if shared else sorted(places, key=told.__getitem__)

    def _expect(self, title: str, table: Mapping[str, Any]) -> Expect:
        found = [f"unknown key {shown(key)}" for key in table if key not in EXPECT_KEYS]
        person, cohort, because = table.get("person"), table.get("cohort"), table.get("because")
        if not isinstance(person, dict):
            found.append("`person` is a table of columns")
            person = {}
        for column, value in person.items():
            kind = ASKABLE.get(column)
            if kind is None:
                found.append(f"nothing is known of {shown(column)}; a person has {', '.join(ASKABLE)}")
            elif not fits(kind, value):
                found.append(f"{column!r} holds {kind}, not {shown(value)}")
            elif strange := strange_words(
                column, [value] if isinstance(value, str) else value if kind == "names" else []
            ):
                found.append(f"{column!r} {strange}")
        if cohort not in self.cohorts:
            found.append(f"no cohort is called {shown(cohort)}; there are {', '.join(self.cohorts)}")
        if because is not None and not isinstance(because, str):
            found.append("`because` is a text")
        self.problems += [f"{title}: {problem}" for problem in found]
        return Expect(person, str(cohort), because if isinstance(because, str) else None)


def _said(condition: Condition) -> Any:
    if isinstance(condition, Leaf):
        value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
        return [condition.column, condition.test, value]
    return {condition.how: [_said(one) for one in condition.inner]}
