"""Without this file every line of a page would have to remember to escape: text becomes markup here only."""

from collections.abc import Iterable, Sequence
from html import escape

SHORT = 12  # rows that paper keeps on one sheet
MOST_LETTERS = 300  # of one cell; a field of megabytes would drown the page
_VOID = frozenset({"meta", "rect", "path"})


class Markup(str):
    """Text that is HTML already; everything else is escaped on its way in."""

    __slots__ = ()


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """
    Return one element; children and attribute values are escaped unless they are Markup.

    Args:
        tag: The element's name.
        children: Text, numbers or Markup, in order; None is left out.
        attributes: `class_` is written `class`, `text_anchor` as `text-anchor`; None is left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    is_empty = tag in _VOID and not children
    return Markup(f"<{tag}{written}/>" if is_empty else f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: object) -> Markup:
    """Return the children one after another, escaped unless they are Markup."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(_text(child)) for child in children if child is not None)
    )


def listed(items: Iterable[object]) -> Markup:
    """Return a list of points."""
    return element("ul", *(element("li", item) for item in items))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> Markup:
    """Return a table whose first column names the row; a head that ends in # is a column of numbers."""
    css = ["n" if head.endswith("#") else None for head in heads]
    top = [
        element("th", head.removesuffix("#"), scope="col", class_=kind) for head, kind in zip(heads, css, strict=True)
    ]
    body = [
        element(
            "tr",
            element("th", _cell(row[0]), scope="row", class_=css[0]),
            *(element("td", _cell(cell), class_=kind) for cell, kind in zip(row[1:], css[1:], strict=True)),
        )
        for row in rows
    ]
    drawn = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *top)),
        element("tbody", *body),
        class_="short" if len(body) <= SHORT else None,
    )
    # What scrolls must be reachable without a mouse, and then say what it is.
    return element("div", drawn, class_="wide", role="region", tabindex=0, aria_label=caption)


def _cell(value: object) -> object:
    if isinstance(value, Markup) or value is None:
        return value
    text = _text(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _text(value: object) -> str:
    """Write a number as people read it."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _short(value: object) -> str:
    """Write a coordinate as short as it can be."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
