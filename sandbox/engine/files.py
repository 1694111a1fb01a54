"""Without this file a crash in the middle of a write could leave half a checkpoint."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str, *, keep_previous: bool = False) -> None:
    """
    Replace a file so that a reader, or a crash, sees either the old text or the new one.

    Args:
        path: The file; its folders are made.
        text: The new content.
        keep_previous: Leave the old content in `<path>.bak`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if keep_previous and path.exists():
        shutil.copyfile(path, path.with_name(path.name + ".bak"))
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # The rename itself is only durable once the folder is.
        os.fsync(folder)
    finally:
        os.close(folder)
