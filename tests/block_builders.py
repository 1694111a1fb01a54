"""Values for tests of readers: one file, recognised and read, and what became of its rows."""

from cohorts.exports.reading import parts, read
from cohorts.exports.recognising import recognise
from cohorts.source_reading import read_sources

SOURCES = read_sources()


def reading(folder, content, name):
    """Recognise one file and read all of its parts."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (file,) = recognise(path, SOURCES).files
    return [read(part) for part in parts(file)]


def column(blocks, name):
    """Return all values of one column."""
    return [value for block in blocks for value in block.columns[name].to_pylist()]


def lost(blocks):
    """Return all rows that could not be taken apart."""
    return [row for block in blocks for row in block.lost]
