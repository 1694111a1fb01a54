"""Without this file a forecast would be a table of dates: who is off SMS so far, and how it goes on, as a curve."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from migration.report_forecast import CohortForecast
from migration.report_markup import Markup, element, joined
from migration.report_words import day, people

WIDTH, HEIGHT = 340.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 8.0, 24.0, 22.0
_LONGEST_AFTER = timedelta(days=60)  # what comes later would press the rest together
_MONTHS = 12
_TICK_ROOM = 46.0
_LABEL_ROOM = 34.0

Points = Sequence[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class _Plane:
    """Which day and which number of people is where; pixels of the view box."""

    first_on: date
    last_on: date
    most: int

    def x(self, on: date) -> float:
        """Return the place of a day; one beyond the last is at its edge."""
        span = (self.last_on - self.first_on).days
        later = min(span, (on - self.first_on).days)
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * later / span

    def y(self, count: int) -> float:
        """Return the height of a number of people."""
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * count / max(1, self.most)

    def months(self) -> Iterable[date]:
        """Yield the first days of months that get a word, few enough to be read."""
        every = max(1, round((self.last_on - self.first_on).days / 30.4 * _TICK_ROOM / (WIDTH - _LEFT - _RIGHT) + 0.5))
        month = self.first_on.year * _MONTHS + self.first_on.month
        while (on := date(month // _MONTHS, month % _MONTHS + 1, 1)) < self.last_on:
            if month % every == 0:
                yield on
            month += 1


def burn_up(one: CohortForecast, today: date, finish_on: date) -> Markup:
    """Return the curve of one cohort: what has moved, how it goes on now, and between which others it lies."""
    plane = _plane(one, today, finish_on)
    best, likely, worst = (course.points for course in (one.best, one.likely, one.worst))
    past = [*((on, count) for on, count in one.past if on <= today), (today, one.moved_count)]
    at_finish = one.likely.moved_count
    parts = [
        *_frame(plane),
        element("path", d=_band(plane, best, worst), class_="band"),
        element(
            "path",
            d=f"{_steps(plane, past)}L{plane.x(today):.1f} {plane.y(0):.1f}L{plane.x(past[0][0]):.1f} "
            f"{plane.y(0):.1f}z",
            class_="enforce",
        ),
        element("path", d=_steps(plane, _extended(likely, plane.last_on)), class_="likely"),
        _upright(plane, today, "today"),
        _upright(plane, finish_on, "finish"),
    ]
    if finish_on > today:
        parts.append(_reading(plane, finish_on, at_finish))
    label = (
        f"{one.cohort}: {people(one.moved_count)} of {one.people_count:,} off SMS today; on {day(finish_on)} as it "
        f"goes now {at_finish:,}, between {one.worst.moved_count:,} and {one.best.moved_count:,}"
    )
    return element("svg", *parts, viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", role="img", aria_label=label)


def burn_up_key() -> Markup:
    """Return what the colours and lines of every curve mean, once."""
    signs = (
        (element("rect", width=10, height=10, rx=2, class_="enforce"), "off SMS so far"),
        (element("line", x1=0, x2=10, y1=5, y2=5, class_="likely"), "as it goes now"),
        (element("rect", width=10, height=10, rx=2, class_="band"), "between at worst and at best"),
        (element("line", x1=5, x2=5, y1=0, y2=10, class_="today"), "today"),
        (element("line", x1=5, x2=5, y1=0, y2=10, class_="finish"), "the finishing date"),
    )
    items = (element("li", element("svg", sign, viewBox="0 0 10 10", aria_hidden="true"), word) for sign, word in signs)
    return element("ul", *items, class_="key")


def _plane(one: CohortForecast, today: date, finish_on: date) -> _Plane:
    days = [on for course in (one.best, one.likely, one.worst) for on, _ in course.points]
    days += [on for on, _ in one.past]
    last_on = min(max([finish_on, today, *days]), max(finish_on, today) + _LONGEST_AFTER)
    first_on = min([today, finish_on, *days])
    return _Plane(first_on - timedelta(days=4), last_on + timedelta(days=6), one.people_count)


def _frame(plane: _Plane) -> list[Markup]:
    base = plane.y(0)
    lines = [
        joined(
            element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=plane.y(count), y2=plane.y(count), class_="grid"),
            element("text", f"{count:,}", x=_LEFT - 5, y=plane.y(count) + 4, text_anchor="end", class_="soft"),
        )
        for count in sorted({0, plane.most // 2, plane.most})
    ]
    words = [
        joined(
            element("line", x1=plane.x(on), x2=plane.x(on), y1=base, y2=base + 4, class_="grid"),
            element("text", f"{on:%b}", x=plane.x(on) + 2, y=base + 15, class_="soft"),
        )
        for on in plane.months()
        if plane.x(on) + _TICK_ROOM / 2 < WIDTH
    ]
    return lines + words


def _upright(plane: _Plane, on: date, css: str) -> Markup:
    return element("line", x1=plane.x(on), x2=plane.x(on), y1=_TOP - 14, y2=plane.y(0), class_=css)


def _reading(plane: _Plane, on: date, count: int) -> Markup:
    """Mark what is read off at the finishing date, with its number."""
    x, y = plane.x(on), plane.y(count)
    return joined(
        element("circle", cx=x, cy=y, r=3.5, class_="likely-dot"),
        element("text", f"{count:,}", x=x - 6, y=y - 7, text_anchor="end", class_="strong halo"),
    )


def _extended(points: Points, last_on: date) -> Points:
    return [*points, (last_on, points[-1][1])] if points[-1][0] < last_on else points


def _steps(plane: _Plane, points: Points) -> str:
    """Return a line that is level until the day on which a number changes."""
    first_on, first = points[0]
    path = f"M{plane.x(first_on):.1f} {plane.y(first):.1f}"
    for _, (on, count) in pairwise(points):
        path += f"H{plane.x(on):.1f}V{plane.y(count):.1f}"
    return path


def _band(plane: _Plane, best: Points, worst: Points) -> str:
    upper = _steps(plane, _extended(best, plane.last_on))
    lower = _extended(worst, plane.last_on)
    back = f"L{plane.x(lower[-1][0]):.1f} {plane.y(lower[-1][1]):.1f}"
    for (on, _), (_, before) in zip(reversed(lower[1:]), reversed(lower[:-1]), strict=True):
        back += f"H{plane.x(on):.1f}V{plane.y(before):.1f}"
    return f"{upper}{back}H{plane.x(lower[0][0]):.1f}z"
