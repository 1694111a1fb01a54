"""Without this file readiness would be read row by row: everybody as one bar, each cohort as another, in SVG."""

from collections.abc import Iterator, Mapping, Sequence

from cohorts.markup import Markup, element, joined
from cohorts.readiness import READINESS

WIDTH = 720.0
LABEL = 138.0  # the column of names, left of the bars
COUNT = 128.0  # the column of numbers, right of them
ROW = 22.0
ROWS_PER_CHART = 30  # what fits a sheet of A4
LABEL_LETTERS = 21
LEAST = 1.5  # of a bar: one person of a million is seen
UNKNOWN = READINESS[-1]
WORDS = {
    "ready": "ready",
    "one-prompt-away": "one prompt away",
    "needs-key": "needs a key",
    "needs-supervision": "needs supervision",
    "blocked": "blocked",
    "unknown": "not known",
}


def words(code: str) -> str:
    """Return a readiness code as people say it; one that is not known is shown as it is."""
    return WORDS.get(code, code)


def percent(part: int, whole: int) -> str:
    """Return a share as a percentage, rounded down: 100 % means everyone."""
    if not whole:
        return "\N{EN DASH}"
    share = 100 * part // whole
    return "under 1 %" if part and not share else f"{share} %"


def summed(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return readiness code → accounts of all cohorts, each of our codes and any that is not ours."""
    codes = dict.fromkeys(READINESS, 0)
    for cohort in counts.values():
        for code, count in cohort.items():
            codes[code] = codes.get(code, 0) + count
    return codes


def swatch(code: str) -> Markup:
    """Return the little square that stands for a readiness."""
    square = element("rect", x=0.5, y=0.5, width=9, height=9, rx=2, class_=code)
    return element("svg", square, viewBox="0 0 10 10", aria_hidden="true")


def everybody(counts: Mapping[str, Mapping[str, int]]) -> Markup:
    """Return all accounts as one bar, with a legend that carries the numbers."""
    codes = summed(counts)
    # Stripes are told from the colours by whoever sees none of them.
    stripes = element(
        "pattern",
        element("path", d="M0 0v6", class_="stripe"),
        id="unknown",
        width=4,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    bar = element(
        "svg",
        element("defs", stripes),
        *_segments(codes, 0.0, 0.0, WIDTH, 30.0),
        viewBox=f"0 0 {WIDTH:.0f} 30",
        role="img",
        aria_label="Accounts by readiness: " + ", ".join(f"{words(code)} {count:,}" for code, count in codes.items()),
    )
    key = (element("li", swatch(code), f"{words(code)} ", element("b", count)) for code, count in codes.items())
    return element("figure", element("figcaption", "Accounts by readiness"), bar, element("ul", *key, class_="key"))


def cohorts(counts: Mapping[str, Mapping[str, int]]) -> Markup:
    """Return one bar a cohort, all of one length, parted by readiness; in as many figures as fit a sheet each."""
    rows = list(counts.items())
    return joined(*(_sheet(rows[start : start + ROWS_PER_CHART]) for start in range(0, len(rows), ROWS_PER_CHART)))


def _sheet(rows: Sequence[tuple[str, Mapping[str, int]]]) -> Markup:
    drawing = element(
        "svg",
        *(_row(cohort, codes, ROW * place) for place, (cohort, codes) in enumerate(rows)),
        viewBox=f"0 0 {WIDTH:.0f} {ROW * len(rows):.0f}",
        role="img",
        aria_label=f"Readiness within each cohort, {rows[0][0]} to {rows[-1][0]}; the numbers are in the table below",
    )
    caption = "Readiness within each cohort: how much of it is ready, and how many accounts it has"
    return element("figure", element("figcaption", caption), element("div", drawing, class_="wide"))


def _row(cohort: str, codes: Mapping[str, int], y: float) -> Markup:
    total, ready = sum(codes.values()), codes.get("ready", 0)
    name = cohort if len(cohort) <= LABEL_LETTERS else f"{cohort[: LABEL_LETTERS - 1]}…"
    hover = f"{cohort}: {total:,} accounts, {ready:,} ready"
    right = WIDTH - COUNT
    return element(
        "g",
        element("title", hover),
        element("text", name, x=LABEL - 8, y=y + 15, text_anchor="end"),
        *_segments(codes, LABEL, y + 3, right - LABEL, ROW - 6),
        element("text", percent(ready, total), x=right + 66, y=y + 15, text_anchor="end"),
        element("text", total, x=WIDTH, y=y + 15, text_anchor="end", class_="soft"),
    )


def _segments(codes: Mapping[str, int], x: float, y: float, width: float, height: float) -> Iterator[Markup]:
    """Yield the parts of a bar; every part is seen, and together they are as long as the bar."""
    total = sum(codes.values())
    parts = [(code, codes[code]) for code in (*READINESS, *sorted(set(codes) - set(READINESS))) if codes.get(code)]
    free = width - LEAST * len(parts)
    for code, count in parts:
        room = LEAST + free * count / total
        # A gap keeps neighbours apart where colours cannot be told.
        drawn = max(1.0, room - 1)
        hover = element("title", f"{words(code)}: {count:,}, {percent(count, total)}")
        yield element("rect", hover, x=x, y=y, width=drawn, height=height, class_=code)
        x += room
