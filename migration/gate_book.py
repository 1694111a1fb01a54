"""Without this file thresholds would be somebody's memory: the reviewed book of what is asked before each move."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from cohorts.errors import OfframpError
from cohorts.snapshot import COHORTS
from migration.gates import QUESTIONS, SOAK_DAYS, Direction, Gate, Question
from migration.lifecycle import NEXT
from migration.posture import Stage
from migration.programme import OKTA
from migration.reviewed_file import ReviewedFile

SETTLE: Final = "settle"
# RETIRE is not here: it is asked for by name and approved by two people, which is more than a gate.
MOVES: Final = (Stage.ENROL.name, Stage.REHEARSE.name, Stage.ENFORCE.name, SETTLE)
DEFAULT: Final = "default"
_NEVER_FAILS: Final = "it never fails; say asked = false, and why"


class GatesInvalid(OfframpError):
    """The gate book cannot be used as written; `problems` lists all that is wrong."""

    code = "gates-invalid"
    exit_code = 2


_FILE = ReviewedFile(
    "gate book",
    GatesInvalid,
    without="no wave may move",
    to_have_one="copy gates.toml from the project, and have it reviewed",
)


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A gate that is left out on purpose, and why."""

    key: str
    because: str


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What the book says of one gate, before it is known from which stage a wave comes.

    Attributes:
        gate: As asked of a wave whose stage is not in *by_stage*: with the strictest of its thresholds.
        by_stage: Stage that the wave leaves → threshold, where it differs by stage.
    """

    gate: Gate
    by_stage: Mapping[str, float] = field(default_factory=dict)

    def at(self, source: Stage) -> Gate:
        """Return the gate for a wave that is at *source*."""
        threshold = self.by_stage.get(source.name, self.gate.threshold)
        gate = self.gate
        return Gate(gate.key, threshold, gate.minimum, gate.longest_age, gate.within, gate.fewer_because)


Lines = Mapping[str, Rule | NotAsked]


@dataclass(frozen=True, slots=True)
class GateBook:
    """
    Every gate of every move.

    Attributes:
        moves: Move → cohort, or DEFAULT → gate → what the book says; the default names every gate.
    """

    moves: Mapping[str, Mapping[str, Lines]]

    def lines(self, cohort: str, source: Stage, to: str) -> tuple[Gate | NotAsked, ...]:
        """
        Return what is asked of a wave of *cohort* at *source* before it moves to *to*, in the order of `QUESTIONS`.

        A move that is not one of `MOVES` asks for nothing.
        """
        if to not in self.moves:
            return ()
        found = {**self.moves[to][DEFAULT], **self.moves[to].get(cohort, {})}
        lines = (found[key] for key in QUESTIONS)
        return tuple(line.at(source) if isinstance(line, Rule) else line for line in lines)


def read(path: Path) -> GateBook:
    """
    Read the gate book.

    Raises:
        GatesInvalid: Missing, not TOML, or with lines that are wrong or missing; all of them are named.
    """
    return parse(_FILE.text(path), path.name)


def parse(text: str, where: str = "gates.toml") -> GateBook:
    """
    Read the text of a gate book.

    Raises:
        GatesInvalid: Not TOML, or with lines that are wrong or missing; all of them are named.
    """
    document = _FILE.document(text, where)
    problems: list[str] = []
    moves = _tables(document.pop("into", {}), "into", problems)
    problems += [f"{name}: nobody knows what that is" for name in document]
    problems += [f"into.{name}: a move is one of {', '.join(MOVES)}" for name in moves if name not in MOVES]
    problems += [f"into.{name}: nothing is said of it" for name in MOVES if name not in moves]
    book = {name: _move(name, moves[name], problems) for name in MOVES if name in moves}
    _FILE.refuse(problems, where)
    return GateBook(book)


def _tables(found: object, where: str, problems: list[str]) -> Mapping[str, Any]:
    if isinstance(found, dict):
        return found
    problems.append(f"{where}: it is a table")
    return {}


def _move(name: str, found: object, problems: list[str]) -> Mapping[str, Lines]:
    where = f"into.{name}"
    table = _tables(found, where, problems)
    if "asked" in table:
        said = _not_asked("", table, where, problems)
        return {DEFAULT: {key: NotAsked(key, said.because) for key in QUESTIONS}}
    book = {}
    for cohort, lines in table.items():
        if cohort not in {DEFAULT, *COHORTS}:
            problems.append(f"{where}.{cohort}: there is no such cohort")
        book[cohort] = _lines(name, f"{where}.{cohort}", _tables(lines, f"{where}.{cohort}", problems), problems)
    # A gap would be a gate that opens by silence.
    missing = [key for key in QUESTIONS if key not in table.get(DEFAULT, {})]
    problems += [f'{where}.{DEFAULT}.{key}: say what is asked, or asked = false, because = "..."' for key in missing]
    return book


def _lines(move: str, where: str, table: Mapping[str, Any], problems: list[str]) -> Lines:
    book: dict[str, Rule | NotAsked] = {}
    for key, line in table.items():
        there = f"{where}.{key}"
        question = QUESTIONS.get(key)
        if question is None:
            problems.append(f"{there}: a gate is one of {', '.join(QUESTIONS)}")
            continue
        said = _tables(line, there, problems)
        if "asked" in said:
            book[key] = _not_asked(key, said, there, problems)
            continue
        wrong = list(_wrong(question, said, move))
        problems += [f"{there}: {one}" for one in wrong]
        if not wrong:
            book[key] = _rule(question, said)
    return book


def _not_asked(key: str, said: Mapping[str, Any], where: str, problems: list[str]) -> NotAsked:
    if said.get("asked") is not False or set(said) - {"asked", "because"}:
        problems.append(f'{where}: a gate that is not asked says asked = false, because = "..." and nothing else')
    because = said.get("because")
    if not isinstance(because, str) or not because.strip():
        problems.append(f"{where}: say why it is not asked: because")
    return NotAsked(key, str(because))


def _wrong(question: Question, said: Mapping[str, Any], move: str) -> Iterator[str]:
    """Yield what is wrong with a line that asks."""
    threshold_key = _threshold_key(question)
    required = {threshold_key, *({"within_days"} if question.has_window else ())}
    if question.key != SOAK_DAYS:
        required.add("longest_age_hours")
    if question.counts:
        required.add("minimum")
    optional = {"fewer_because"} if question.counts else set()
    for name in sorted(required - set(said)):
        yield f"{name} is missing"
    for name in sorted(set(said) - required - optional):
        yield f"nobody knows what {name} is; this gate takes {', '.join(sorted(required | optional))}"
    if threshold_key in said:
        yield from _wrong_threshold(question, said[threshold_key], move)
    if "minimum" in said and not (type(said["minimum"]) is int and said["minimum"] >= 1):
        yield "minimum is a whole number from 1 on; that fewer are fine is said by fewer_because"
    for name in {"within_days", "longest_age_hours"} & set(said):
        if not _is_number(said[name]) or said[name] <= 0:
            yield f"{name} is a number above 0"
    because = said.get("fewer_because", "-")
    if not isinstance(because, str) or not because.strip():
        yield "fewer_because says why fewer samples are fine"


def _wrong_threshold(question: Question, found: Any, move: str) -> Iterator[str]:
    name = _threshold_key(question)
    if isinstance(found, dict):
        if question.key == SOAK_DAYS:
            yield from _wrong_by_stage(name, found, move)
        else:
            yield f"{name} is one number; only {SOAK_DAYS} differs by stage"
    elif not _is_number(found) or found < 0:
        yield f"{name} is a number from 0 on"
    elif question.is_share and found > 1:
        yield f"{name} is a share: a number from 0 to 1"
    elif found == 0 if question.direction is Direction.AT_LEAST else question.is_share and found == 1:
        yield _NEVER_FAILS


def _wrong_by_stage(name: str, found: Mapping[str, Any], move: str) -> Iterator[str]:
    sources = _sources(move)
    for stage in sources:
        if stage not in found:
            yield f"{name} says nothing of a wave at {stage}"
    for stage in found:
        if stage not in sources:
            yield f"{name}: no wave comes from {stage} to {move}"
    if not all(_is_number(days) and days >= 0 for days in found.values()):
        yield f"{name} is a number of days from 0 on for each stage"
    elif not any(found.values()):
        yield _NEVER_FAILS


def _threshold_key(question: Question) -> str:
    return question.direction.value.replace(" ", "_")


def _sources(move: str) -> tuple[str, ...]:
    """Return the stages from which a wave can make a move."""
    if move == SETTLE:
        return (Stage.ENFORCE.name,)
    return tuple(source.name for source, following in NEXT[OKTA].items() if Stage[move] in following)


def _is_number(value: Any) -> bool:
    # NaN compares with nothing, and would pass no gate and fail none; true is not 1.
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def _rule(question: Question, said: Mapping[str, Any]) -> Rule:
    found = said[_threshold_key(question)]
    by_stage = {stage: float(value) for stage, value in found.items()} if isinstance(found, dict) else {}
    within, longest = said.get("within_days"), said.get("longest_age_hours")
    gate = Gate(
        key=question.key,
        threshold=max(by_stage.values()) if by_stage else float(found),
        minimum=said.get("minimum", 1),
        longest_age=None if longest is None else timedelta(hours=longest),
        within=None if within is None else timedelta(days=within),
        fewer_because=said.get("fewer_because"),
    )
    return Rule(gate, by_stage)
