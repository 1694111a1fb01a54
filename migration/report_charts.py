"""Without this file dates would be read row by row: the timeline, the stages and the ready share, as inline SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from migration.report_facts import ProgrammeReport
from migration.report_markup import Markup, element, joined
from migration.report_waves import WaveFacts
from migration.report_words import STAGES, counted, day, people, percent

WIDTH = 720.0
LABEL = 138.0  # the column of names, left of the calendar
ROW = 19.0
TOP = 46.0
ROWS_PER_CHART = 20  # what is left of the first sheet of A4; a longer chart would be cut through or moved on
MOST_ROWS = 72  # beyond this a row is a cohort, not a wave
_LABEL_LETTERS = 21
_LABEL_ROOM = 92.0  # the width of "finish 29 Jan 2027"
_SHORT_SPAN_DAYS = 75
_TICK_ROOM = 54.0
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class _Bar:
    """One row of the timeline; `stage` is None for a row that sums up several waves."""

    name: str
    stage: str | None
    enrol_on: date
    enforce_on: date
    settle_on: date
    expected_on: date | None
    hover: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """Which day is where; pixels of the view box."""

    first_on: date
    last_on: date

    def x(self, on: date) -> float:
        """Return the place of a day's first moment."""
        span = (self.last_on - self.first_on).days
        return LABEL + (WIDTH - LABEL - 6) * (on - self.first_on).days / span

    def ticks(self) -> Iterable[tuple[date, str]]:
        """Yield the days that get a line and a word: Mondays of a short calendar, else months."""
        span = (self.last_on - self.first_on).days
        if span <= _SHORT_SPAN_DAYS:
            on = self.first_on + timedelta(days=-self.first_on.weekday() % 7)
            step = 7 if span * _TICK_ROOM / 7 < WIDTH - LABEL else 14
            while on < self.last_on:
                yield on, f"{on.day} {on:%b}"
                on += timedelta(days=step)
            return
        every = max(1, round(span / 30.4 * _TICK_ROOM / (WIDTH - LABEL) + 0.5))
        month = self.first_on.year * _MONTHS + self.first_on.month
        while (on := date(month // _MONTHS, month % _MONTHS + 1, 1)) < self.last_on:
            if month % every == 0:
                yield on, f"{on:%b %Y}" if every > 1 or on.month == 1 else f"{on:%b}"
            month += 1


def swatch(stage: str) -> Markup:
    """Return the little square that stands for a stage in a legend."""
    square = element("rect", width=10, height=10, rx=2, class_=stage.lower())
    return element("svg", square, viewBox="0 0 10 10", aria_hidden="true")


def ready_bar(wave: WaveFacts) -> Markup:
    """Return the share of a wave's people who are ready as a bar; it is full only when everyone is."""
    share = wave.ready_share
    bar = element(
        "svg",
        element("rect", width=100, height=10, rx=2, class_="none"),
        element("rect", width=100 * min(1.0, share or 0.0), height=10, rx=2, class_="enforce"),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    unread = element("small", f"{wave.unread_count:,} unknown") if wave.unread_count else None
    return joined(element("div", bar, percent(share), class_="bar", title=f"{wave.ready_count:,} ready"), unread)


def stage_bar(report: ProgrammeReport) -> Markup:
    """Return everyone as one bar, those who moved first, with a legend that carries the numbers."""
    parts = [(stage, report.stage_counts.get(stage, 0), stage.lower()) for stage in STAGES]
    parts = [part for part in parts if part[1] or part[0] in report.stage_counts]
    parts.append(("no wave", report.without_wave_count, "none"))
    total = sum(count for _, count, _ in parts) or 1
    drawn, at = [], 0.0
    for name, count, css in parts:
        width = WIDTH * count / total
        if count:
            hover = element("title", f"{name}: {people(count)}")
            # A gap of one pixel keeps neighbours apart where colours cannot be told.
            drawn.append(element("rect", hover, x=at, y=0, width=max(1.0, width - 1), height=30, class_=css))
        at += width
    bar = element(
        "svg",
        *drawn,
        viewBox=f"0 0 {WIDTH:.0f} 30",
        role="img",
        aria_label="People per stage: " + ", ".join(f"{name} {count:,}" for name, count, _ in parts),
    )
    key = (element("li", swatch(css), f"{name} ", element("b", f"{count:,}")) for name, count, css in parts)
    return element("figure", element("figcaption", "People per stage"), bar, element("ul", *key, class_="key"))


def timeline(report: ProgrammeReport) -> Markup:
    """Return the waves against the calendar, in as many figures as fit a sheet each."""
    bars = [_of_wave(wave) for wave in report.waves]
    what = "wave"
    if len(bars) > MOST_ROWS:
        bars = [_of_cohort(cohort.cohort, cohort.waves) for cohort in report.cohorts if cohort.waves]
        what = "cohort"
    if not bars:
        return Markup()
    today = report.at.date()
    days = [today, report.finish_on, *(bar.enrol_on for bar in bars), *(bar.settle_on for bar in bars)]
    days += [bar.expected_on for bar in bars if bar.expected_on]
    scale = _Scale(min(days) - timedelta(days=4), max(days) + timedelta(days=6))
    sheet_count = -(-len(bars) // ROWS_PER_CHART)
    size = -(-len(bars) // sheet_count)
    sheets = [bars[start : start + size] for start in range(0, len(bars), size)]
    return joined(*(_sheet(sheet, scale, today, report.finish_on, what) for sheet in sheets), _key(what))


def _of_wave(wave: WaveFacts) -> _Bar:
    hover = (
        f"{wave.key}: {people(wave.member_count)}, {wave.stage}; enrol {day(wave.enrol_on)}, "
        f"enforce {day(wave.enforce_on)}, settle {day(wave.settle_on)}"
    )
    return _Bar(
        wave.key,
        wave.stage,
        wave.enrol_on,
        wave.enforce_on,
        wave.settle_on,
        wave.expected_settle_on,
        hover,
    )


def _of_cohort(cohort: str, waves: Sequence[WaveFacts]) -> _Bar:
    expected = [wave.expected_settle_on for wave in waves if wave.expected_settle_on]
    return _Bar(
        cohort,
        None,
        min(wave.enrol_on for wave in waves),
        min(wave.enforce_on for wave in waves),
        max(wave.settle_on for wave in waves),
        max(expected, default=None),
        f"{cohort}: {counted(len(waves), 'wave')}",
    )


def _sheet(bars: Sequence[_Bar], scale: _Scale, today: date, finish_on: date, what: str) -> Markup:
    bottom = TOP + ROW * len(bars)
    grid = [
        joined(
            element("line", x1=scale.x(on), x2=scale.x(on), y1=TOP - 6, y2=bottom, class_="grid"),
            element("text", word, x=scale.x(on) + 3, y=TOP - 10, class_="soft"),
        )
        for on, word in scale.ticks()
    ]
    # Where the two words would run into each other, the finishing date's goes one line down.
    is_close = abs(scale.x(today) - scale.x(finish_on)) < 2 * _LABEL_ROOM
    lines = [
        _mark(scale.x(today), bottom, f"today {day(today)}", "today", 10),
        _mark(scale.x(finish_on), bottom, f"finish {day(finish_on)}", "finish", 22 if is_close else 10),
    ]
    rows = [_row(bar, scale, TOP + ROW * position) for position, bar in enumerate(bars)]
    drawing = element(
        "svg",
        *grid,
        *rows,
        *lines,
        viewBox=f"0 0 {WIDTH:.0f} {bottom + 4:.0f}",
        role="img",
        aria_label=f"Timeline, {bars[0].name} to {bars[-1].name}; the same dates are in the table of waves",
    )
    caption = f"One row per {what}: when people enrol, when SMS is refused, when the {what} has settled"
    return element("figure", element("figcaption", caption), element("div", drawing, class_="wide"))


def _mark(x: float, bottom: float, word: str, css: str, y: float) -> Markup:
    is_right = x > WIDTH - _LABEL_ROOM - 14
    return joined(
        element("line", x1=x, x2=x, y1=y - 9, y2=bottom + 2, class_=css),
        element("text", word, x=x + (-5 if is_right else 5), y=y, text_anchor="end" if is_right else None, class_=css),
    )


def _row(bar: _Bar, scale: _Scale, y: float) -> Markup:
    enrol, enforce, settle = scale.x(bar.enrol_on), scale.x(bar.enforce_on), scale.x(bar.settle_on)
    has_enrolled = bar.stage not in {None, "PLANNED"}
    has_enforced = bar.stage in {"ENFORCE", "SETTLED", "RETIRE"}
    second = "relaxed" if bar.stage == "RELAXED" else "enforce"
    is_settled = bar.stage == "SETTLED"
    ahead = "" if has_enforced or bar.stage == "RELAXED" else " ahead"
    name = bar.name if len(bar.name) <= _LABEL_LETTERS else bar.name[: _LABEL_LETTERS - 1] + "…"
    middle = y + ROW / 2
    parts = [
        element("title", bar.hover),
        element("text", name, x=LABEL - 8, y=middle + 4, text_anchor="end"),
        element(
            "rect",
            x=enrol,
            y=y + 4,
            width=max(1.0, enforce - enrol),
            height=ROW - 8,
            class_="enrol" if has_enrolled else "enrol ahead",
        ),
        element(
            "rect",
            x=enforce,
            y=y + 4,
            width=max(1.0, settle - enforce),
            height=ROW - 8,
            class_=second + ahead,
        ),
        element("rect", x=enrol, y=y + 4, width=max(1.0, settle - enrol), height=ROW - 8, class_="edge"),
    ]
    if bar.expected_on and bar.expected_on > bar.settle_on:
        parts.append(element("line", x1=settle, x2=scale.x(bar.expected_on), y1=middle, y2=middle, class_="slip"))
    ends = scale.x(bar.expected_on or bar.settle_on) if is_settled else settle
    diamond = f"M{ends:.1f} {middle - 6:.1f}l5 6l-5 6l-5 -6z"
    parts.append(element("path", d=diamond, class_="settled" if is_settled else "edge"))
    return element("g", *parts)


def _key(what: str) -> Markup:
    faint = f"pale: still to come for this {what}" if what == "wave" else "pale: planned; one row sums up its waves"
    words = [
        (swatch("enrol"), "enrolment"),
        (swatch("enforce"), "enforced, being watched"),
        (swatch("settled"), "◆ settled"),
        (None, faint),
        (None, "red dashes: later than planned, as of today"),
    ]
    return element("ul", *(element("li", sign, word) for sign, word in words), class_="key")
