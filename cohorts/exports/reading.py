"""Without this file callers would have to know forms: cut any recognised file into parts, and read one of them."""

from collections.abc import Callable, Iterator, Mapping

from cohorts.blocks import Block, ExportFile, Part
from cohorts.exports import csv, json_lines, json_whole, parquet

_PARTS: Mapping[str, Callable[[ExportFile], Iterator[Part]]] = {
    "csv": csv.parts,
    "jsonl": json_lines.parts,
    "json": json_whole.parts,
    "parquet": parquet.parts,
}
_READ: Mapping[str, Callable[[Part], Block]] = {
    "csv": csv.read,
    "jsonl": json_lines.read,
    "json": json_whole.read,
    "parquet": parquet.read,
}


def parts(file: ExportFile) -> Iterator[Part]:
    """Cut a file into pieces that can be read alone: about 8 MB of text, one row group, or so many elements.

    Raises:
        ExportUnreadable: It is gone, or does not end as it begins.
    """
    return _PARTS[file.form](file)


def read(part: Part) -> Block:
    """Read one part; pure, and safe in any thread or process.

    Returns:
        Every row of the part is in exactly one of `columns` and `lost`.

    Raises:
        ExportUnreadable: The file is gone, cut off or damaged.
    """
    return _READ[part.file.form](part)
