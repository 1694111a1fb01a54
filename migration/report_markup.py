"""Without this file every line of a page would have to remember to escape: text becomes markup here only."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape


class Markup(str):
    """Text that is HTML already; everything else is escaped on its way in."""

    __slots__ = ()


_SHORT = 10  # rows that paper keeps on one sheet
_SLIM = 4  # columns that a small screen has room for
_VOID = frozenset({"meta", "br", "rect", "line", "path", "circle"})


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """
    Return one element; children and attribute values are escaped unless they are Markup.

    Args:
        tag: The element's name.
        children: Text, numbers or Markup, in order; None is left out.
        attributes: `class_` is written `class`, `stroke_width` as `stroke-width`; None is left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in _VOID and not children:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: object) -> Markup:
    """Return the children one after another, escaped unless they are Markup."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(_text(child)) for child in children if child is not None)
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str | None = None) -> Markup:
    """Return a table whose first column names the row; a head that ends in # is a column of numbers."""
    css = ["n" if head.endswith("#") else None for head in heads]
    top = (
        element("th", head.removesuffix("#"), scope="col", class_=kind) for head, kind in zip(heads, css, strict=True)
    )
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell, class_=kind) for cell, kind in zip(row[1:], css[1:], strict=True)),
        )
        for row in rows
    ]
    drawn = element(
        "table",
        element("caption", caption) if caption else None,
        element("thead", element("tr", *top)),
        element("tbody", *body),
        class_=" ".join(_shapes(len(heads), len(body))) or None,
    )
    return element("div", drawn, class_="wide")


def _shapes(columns: int, rows: int) -> Iterator[str]:
    """Say what the style must know of a table: whether paper keeps it whole, and a small screen holds it."""
    if rows <= _SHORT:
        yield "short"
    if columns <= _SLIM:
        yield "slim"


def unbroken(word: str) -> Markup:
    """Return a date or a time that a narrow column must not break."""
    return element("span", word, class_="day")


def _text(value: object) -> str:
    """Write a coordinate as short as it can be; a page has thousands of them."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
