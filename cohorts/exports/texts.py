"""Without this file every reader would open text in its own way: the bytes of a text, as UTF-8, whatever it is in."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from cohorts.blocks import ExportFile
from cohorts.errors import ExportUnreadable

MARK = b"\xef\xbb\xbf"
STEP = 1 << 20


def byte_digest(path: Path) -> str:
    """Return the sha-256 hex digest of the bytes of a file.

    Raises:
        ExportUnreadable: It is not there, or may not be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ExportUnreadable:
    """Return what to raise for a file that the system does not give."""
    return ExportUnreadable(
        f"{path.name} cannot be read: {error.strerror or 'it is gone'}",
        context=str(path),
        hint=f"ls -l {path.name}",
    )


def head(path: Path, count: int) -> bytes:
    """Return the first *count* bytes of a file, as they are."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise unreadable(path, error) from error


def size_of(file: ExportFile) -> int:
    """Return how many bytes the text of *file* has as UTF-8, without byte-order mark."""
    match file.encoding:
        case "utf-8":
            return stat_of(file.path).st_size
        case "utf-8-sig":
            return stat_of(file.path).st_size - len(MARK)
        case _:
            return len(_whole(file))


def span(file: ExportFile, start: int, stop: int) -> bytes:
    """Return bytes *start* to *stop* of the text of *file* as UTF-8, without byte-order mark.

    What cannot be said in UTF-8 comes as a byte that is none, so that the row it stands in is found out.
    """
    if file.encoding not in {"utf-8", "utf-8-sig"}:
        return _whole(file)[start:stop]
    ahead = len(MARK) if file.encoding == "utf-8-sig" else 0
    try:
        with file.path.open("rb", buffering=0) as opened:
            opened.seek(start + ahead)
            pieces, wanted = [], stop - start
            while wanted > 0 and (piece := opened.read(wanted)):
                pieces.append(piece)
                wanted -= len(piece)
    except OSError as error:
        raise unreadable(file.path, error) from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def as_utf_8(content: bytes, encoding: str) -> bytes:
    """Turn text in UTF-16 or Windows-1252 into UTF-8; what is no character there stays a byte that is none here.

    Raises:
        UnicodeDecodeError: UTF-16 that ends in the middle of a character.
    """
    if encoding == "cp1252":
        return content.decode(encoding, "surrogateescape").encode("utf-8", "surrogateescape")
    return content.decode(encoding, "surrogatepass").removeprefix("\ufeff").encode("utf-8", "surrogatepass")


def start_as_utf_8(content: bytes, encoding: str) -> bytes:
    """Return the beginning of a text as UTF-8, without byte-order mark and without half a character at its end."""
    if encoding in {"utf-8", "utf-8-sig"}:
        return content.removeprefix(MARK)
    even = content if encoding == "cp1252" else content[: len(content) // 2 * 2]
    try:
        return as_utf_8(even, encoding)
    except UnicodeDecodeError:
        return as_utf_8(even[:-2], encoding)


def _whole(file: ExportFile) -> bytes:
    at = stat_of(file.path)
    return _decoded(file.path, file.encoding, at.st_mtime_ns, at.st_size)


@lru_cache(maxsize=2)
def _decoded(path: Path, encoding: str, _changed_at: int, size: int) -> bytes:
    try:
        return as_utf_8(head(path, size), encoding)
    except UnicodeDecodeError as error:
        raise ExportUnreadable(
            f"{path.name} ends in the middle of a character",
            context=str(path),
            hint="export it again: it was cut off while it was written",
        ) from error


def stat_of(path: Path) -> os.stat_result:
    """Return what the system knows of a file."""
    try:
        return path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
