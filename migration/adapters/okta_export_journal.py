"""Without this file a pull that was killed would begin again: what is whole on the disk, and where each list stands."""

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

FOLDER = ".pull"
STALE_AFTER_HOURS = 24
_JOURNAL = "journal.json"
_SCHEMA_VERSION = 1
Row = Mapping[str, Any]


class Journal:
    """
    The pages of one pull beside the export, and a record of how far each of them counts.

    A page counts once its lines are on the disk and the record that says so has taken the place of the one before;
    whatever lies behind the recorded length is cut off when the pull goes on. Used with `with`: one pull at a time.

    Attributes:
        folder: Where the pages are.
        terms: What the pull laid down when it began.
        notes: Why an interrupted pull is not continued, for whoever expected it.
        is_new: Nothing of an earlier pull is kept.
    """

    def __init__(self, export: Path, *, tenant: str, asked: Mapping[str, Any], terms: Mapping[str, str]) -> None:
        """
        Prepare; nothing is touched yet.

        Args:
            export: The folder of the export; the journal lies in it.
            tenant: Whose pages these are; those of another one are of no use.
            asked: What was asked for; a pull that was asked for something else is not continued.
            terms: What a pull that begins lays down; one that continues keeps those of its beginning.
        """
        self.folder = export / FOLDER
        self.terms = terms
        self._export = export
        self._header = {"schema_version": _SCHEMA_VERSION, "tenant": tenant, "asked": dict(asked)}
        self._files: dict[str, dict[str, int]] = {}
        self._places: dict[str, Any] = {}
        self._is_whole = False
        self._open: dict[str, IO[bytes]] = {}
        self._lock = -1
        self.notes: list[str] = []
        self.is_new = True

    def __enter__(self) -> Self:
        """
        Take the folder, and up what an earlier pull left there.

        Raises:
            OSError: The folder cannot be written, or another pull writes it.
        """
        self._export.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._export, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._take_up()
        except BlockingIOError:
            os.close(self._lock)
            raise BlockingIOError(errno.EAGAIN, "another pull is writing it") from None
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for file in self._open.values():
                file.close()
            if not self._places:
                shutil.rmtree(self.folder)
        finally:
            os.close(self._lock)

    def place(self, name: str) -> Any:
        """Return where one list stands, as it was recorded; None is at its beginning."""
        return self._places.get(name)

    def count(self, file_name: str) -> int:
        """Return how many lines of a file count."""
        return self._files.get(file_name, {}).get("lines", 0)

    def append(self, file_name: str, rows: Iterable[Row]) -> None:
        """Write lines that do not count before the next `record`."""
        lines = [_line(row) for row in rows]
        written = b"".join(lines)
        self._file(file_name).write(written)
        size = self._files.setdefault(file_name, {"bytes": 0, "lines": 0})
        size["bytes"] += len(written)
        size["lines"] += len(lines)

    def record(self, name: str, place: Any, file_name: str) -> None:
        """Make everything written to a file count, and say where the list that it came from stands."""
        file = self._file(file_name)
        file.flush()
        os.fsync(file.fileno())
        self._places[name] = place
        self._write()

    def rows(self, file_name: str, *, at: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the lines that count from byte *at* on, each with the place of the next."""
        until = self._files.get(file_name, {}).get("bytes", 0)
        if at >= until:
            return
        with (self.folder / file_name).open("rb") as file:
            file.seek(at)
            while at < until:
                line = file.readline()
                at += len(line)
                yield at, json.loads(line)

    def publish(self, names: Sequence[str]) -> Mapping[str, int]:
        """
        Move the files into the export, all of them, and forget the rest; goes on where it was interrupted.

        Returns:
            File name → lines.
        """
        counts = {name: self.count(name) for name in names}
        if not self._is_whole:
            for name in names:
                file = self._file(name)
                if not counts[name]:
                    file.write(b"[]\n")  # nobody, said aloud: an empty file would be a cut-off one
                file.flush()
                os.fsync(file.fileno())
            self._is_whole = True
            self._write()
        for name in names:
            if (self.folder / name).exists():
                (self.folder / name).replace(self._export / name)
        _sync(self._export)
        (self.folder / _JOURNAL).unlink()
        self._places.clear()
        return counts

    def _take_up(self) -> None:
        left = self._left()
        if left is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
            return
        self.is_new = False
        self.terms, self._is_whole = left["terms"], left["is_whole"]
        self._files, self._places = left["files"], left["places"]

    def _left(self) -> dict[str, Any] | None:
        """Return what an earlier pull left, or None, with a note why it is of no use."""
        path = self.folder / _JOURNAL
        if not path.exists():
            return None
        try:
            left: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            because = self._unfit(left, (time.time() - path.stat().st_mtime) / 3600)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            because = "its record cannot be read, or its files are gone"
        if because is None:
            return left
        self.notes.append(f"an interrupted pull is not continued, all is read anew: {because}")
        return None

    def _unfit(self, left: Mapping[str, Any], hours: float) -> str | None:
        if left["tenant"] != self._header["tenant"]:
            return "it was of another tenant"
        if {name: left[name] for name in self._header} != self._header:
            return "it was asked for something else"
        if hours > STALE_AFTER_HOURS:
            return f"it stopped {hours:.0f} hours ago"
        sizes = {name: size["bytes"] for name, size in left["files"].items() if not left["is_whole"]}
        if any((self.folder / name).stat().st_size < size for name, size in sizes.items()):
            return "its files were cut off"
        return None

    def _file(self, name: str) -> IO[bytes]:
        if name not in self._open:
            path = self.folder / name
            path.touch()
            file = path.open("r+b")
            file.truncate(self._files.setdefault(name, {"bytes": 0, "lines": 0})["bytes"])
            file.seek(0, os.SEEK_END)
            self._open[name] = file
        return self._open[name]

    def _write(self) -> None:
        state = {"is_whole": self._is_whole, "files": self._files, "places": self._places}
        aside = self.folder / f"{_JOURNAL}.new"
        with aside.open("w", encoding="utf-8") as file:
            json.dump({**self._header, "terms": self.terms, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / _JOURNAL)
        _sync(self.folder)


def _line(row: Row) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half a character, which no file can hold but escaped
        return json.dumps(row).encode() + b"\n"


def _sync(folder: Path) -> None:
    """Make renames in a folder last: they are the folder's own content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
