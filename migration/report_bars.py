"""Without this file a row of numbers would have to be compared by eye: exceptions by age, the help desk by week."""

from collections.abc import Sequence

from migration.report_desk import MILLI, DeskWeek, HelpDesk
from migration.report_exceptions import ExceptionFacts
from migration.report_markup import Markup, element, joined
from migration.report_words import counted, people

WIDTH = 720.0
MOST_ROWS = 20  # more are in the table alone
ROW = 20.0
_NAME = 150.0
_WORDS = 74.0
_HEAD = 26.0
_WARN_DAYS = 7
_LEAST_SPAN = 10
_DESK_HEIGHT = 170.0
_LEFT, _TOP, _BOTTOM = 40.0, 16.0, 24.0
_TICK_ROOM = 58.0
_LONG_NAME = 21


def exception_ages(found: Sequence[ExceptionFacts]) -> Markup:
    """Return one row per exception: how old it is left of today, how long it still lasts right of it."""
    shown = found[:MOST_ROWS]
    if not shown:
        return Markup()
    before = max([_LEAST_SPAN, *(one.age_days for one in shown)])
    after = max([_LEAST_SPAN, *(one.days_left for one in shown)])
    scale = (WIDTH - _NAME - 2 * _WORDS) / (before + after)
    today = _NAME + _WORDS + before * scale
    bottom = _HEAD + ROW * len(shown)
    warn = today + _WARN_DAYS * scale
    rows = (_exception_row(one, today, scale, _HEAD + ROW * place) for place, one in enumerate(shown))
    drawing = element(
        "svg",
        element("line", x1=warn, x2=warn, y1=_HEAD - 6, y2=bottom, class_="slip"),
        *rows,
        element("line", x1=today, x2=today, y1=_HEAD - 8, y2=bottom + 2, class_="today"),
        element("text", "today", x=today, y=_HEAD - 13, text_anchor="middle", class_="today"),
        element("text", "age", x=today - 34, y=_HEAD - 13, text_anchor="end", class_="soft"),
        element("text", "days left", x=max(today + 34, warn + 5), y=_HEAD - 13, class_="soft"),
        viewBox=f"0 0 {WIDTH:.0f} {bottom + 4:.0f}",
        role="img",
        aria_label=f"Age and days left of {counted(len(shown), 'exception')}; the same numbers are in the table",
    )
    key = (
        (element("rect", width=10, height=10, rx=2, class_="relaxed"), "stands"),
        (element("rect", x=0.5, y=0.5, width=9, height=9, rx=2, class_="edge"), "asked for, or ending"),
        (element("rect", width=10, height=10, rx=2, class_="relaxed ahead"), "still to come"),
        (element("circle", cx=5, cy=5, r=3.5, class_="renewal"), "one renewal"),
        (element("line", x1=5, x2=5, y1=0, y2=10, class_="slip"), "seven days left"),
    )
    return element(
        "figure",
        element("figcaption", "Open exceptions, the oldest first"),
        element("div", drawing, class_="wide"),
        _key(key),
    )


def _exception_row(one: ExceptionFacts, today: float, scale: float, y: float) -> Markup:
    start, end, middle = today - one.age_days * scale, today + one.days_left * scale, y + ROW / 2
    name = one.key if len(one.key) <= _LONG_NAME else f"{one.key[: _LONG_NAME - 1]}…"
    hover = (
        f"{one.key}: {one.exception_class}, {people(one.people_count)} of {one.cohort}, {one.state}, "
        f"{counted(one.age_days, 'day')} old, {counted(one.days_left, 'day')} left, "
        f"{counted(one.renewals_count, 'renewal')}"
    )
    marks = [
        element("circle", cx=start + 7 + 9 * place, cy=middle, r=3.5, class_="renewal")
        for place in range(one.renewals_count)
    ]
    height = ROW - 8
    return element(
        "g",
        element("title", hover),
        element("text", name, x=_NAME - 8, y=middle + 4, text_anchor="end"),
        element("text", f"{one.age_days} d", x=start - 5, y=middle + 4, text_anchor="end", class_="soft"),
        element(
            "rect",
            x=start,
            y=y + 4,
            width=max(1.0, today - start),
            height=height,
            class_="relaxed" if one.stands else "edge",
        ),
        element("rect", x=today, y=y + 4, width=max(1.0, end - today), height=height, class_="relaxed ahead"),
        element("text", f"{one.days_left} d", x=end + 5, y=middle + 4, class_="halo"),
        *marks,
    )


def desk_weeks(found: HelpDesk) -> Markup:
    """Return one bar per week, of which there is one at least: expected tickets, against what can be taken."""
    weeks = found.weeks
    most = max(max(one.cost, one.most_cost) for one in weeks) or MILLI
    step = (WIDTH - _LEFT) / len(weeks)
    base = _DESK_HEIGHT - _BOTTOM
    per_cost = (base - _TOP) / most
    every = max(1, round(_TICK_ROOM / step + 0.5))
    bars = (
        _bar(one, _LEFT + step * place, step, base, per_cost, has_word=place % every == 0)
        for place, one in enumerate(weeks)
    )
    line = "".join(
        f"{'M' if place == 0 else 'L'}{_LEFT + step * place:.1f} {base - one.most_cost * per_cost:.1f}h{step:.1f}"
        for place, one in enumerate(weeks)
    )
    grid = (
        joined(
            element("line", x1=_LEFT, x2=WIDTH, y1=base - cost * per_cost, y2=base - cost * per_cost, class_="grid"),
            element(
                "text", _tickets(cost), x=_LEFT - 5, y=base - cost * per_cost + 4, text_anchor="end", class_="soft"
            ),
        )
        for cost in (0, most // 2, most)
    )
    drawing = element(
        "svg",
        *grid,
        *bars,
        element("path", d=line, class_="limit"),
        viewBox=f"0 0 {WIDTH:.0f} {_DESK_HEIGHT:.0f}",
        role="img",
        aria_label="Expected tickets per week against what the help desk can take; the same numbers are in the table",
    )
    key = (
        (element("rect", width=10, height=10, rx=2, class_="enrol"), "expected tickets"),
        (element("rect", width=10, height=10, rx=2, class_="over"), "▲ more than it can take"),
        (element("line", x1=0, x2=10, y1=5, y2=5, class_="limit"), "what it can take"),
    )
    return element(
        "figure",
        element("figcaption", "Tickets a week, by its Monday"),
        element("div", drawing, class_="wide"),
        _key(key),
    )


def _bar(one: DeskWeek, x: float, step: float, base: float, per_cost: float, *, has_word: bool) -> Markup:
    height = one.cost * per_cost
    middle = x + step / 2
    hover = (
        f"Week of {one.starts_on}: {people(one.people_count)}, {_tickets(one.cost)} tickets expected, "
        f"{_tickets(one.most_cost)} can be taken"
    )
    return element(
        "g",
        element("title", hover),
        element(
            "rect",
            x=x + step * 0.16,
            y=base - height,
            width=step * 0.68,
            height=height,
            rx=1.5,
            class_="over" if one.is_short else "enrol",
        ),
        element("text", "▲", x=middle, y=base - height - 3, text_anchor="middle", class_="finish")
        if one.is_short
        else None,
        element(
            "text",
            f"{one.starts_on.day} {one.starts_on:%b}",
            x=middle,
            y=base + 15,
            text_anchor="middle",
            class_="soft",
        )
        if has_word
        else None,
    )


def _tickets(cost: int) -> str:
    tickets = cost / MILLI
    return f"{tickets:,.0f}" if tickets >= _WARN_DAYS + 3 or not cost else f"{tickets:.1f}"


def _key(signs: Sequence[tuple[Markup, str]]) -> Markup:
    items = (element("li", element("svg", sign, viewBox="0 0 10 10", aria_hidden="true"), word) for sign, word in signs)
    return element("ul", *items, class_="key")
