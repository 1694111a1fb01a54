"""Without this file every layer would fail in its own words, and nobody would know what to type next."""


class OfframpError(Exception):
    """A broken world, told so that somebody can act on it; a domain "no" is a value instead.

    Attributes:
        code: Stable kebab-case name, documented and unique.
        exit_code: 1 refused, 2 the command or a file of ours cannot be used, 3 what comes from outside failed,
            did not answer or cannot be used, 4 integrity: stop and call a human.
        message: What happened, with the value; ids and counts only, never an address or a secret.
        context: Where: file and line, or address.
        hint: The next command to type.
        problems: All that is wrong, where it is more than one thing.
    """

    code: str = "offramp-failed"
    exit_code: int = 3

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), context: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.problems = problems
        self.message = message
        self.context = context
        self.hint = hint


class ExportUnreadable(OfframpError):
    """A file of the export is missing, cut off, or in no form that we read."""

    code = "export-unreadable"
    exit_code = 3


class ExportEmpty(OfframpError):
    """A file of the export says nothing where nothing cannot be true."""

    code = "export-empty"
    exit_code = 3


class ExportForeign(OfframpError):
    """A file of the export is well formed and is something else."""

    code = "export-foreign"
    exit_code = 3


class RejectsTooMany(OfframpError):
    """So many rows could not be used that the rest may be another company."""

    code = "rejects-too-many"
    exit_code = 4


class SourceInvalid(OfframpError):
    """A column map cannot be used as written; `problems` lists all that is wrong."""

    code = "source-invalid"
    exit_code = 2


class ClusterUnavailable(OfframpError):
    """The cluster that was named does not answer, or its library is not installed."""

    code = "cluster-unavailable"
    exit_code = 3


class RuleBookInvalid(OfframpError):
    """The rule book cannot place everyone as written; `problems` lists all that is wrong."""

    code = "rule-book-invalid"
    exit_code = 2


class PersonUnknown(OfframpError):
    """Nobody in the export, or more than one account, answers to what was asked."""

    code = "person-unknown"
    exit_code = 2


class SnapshotUnreadable(OfframpError):
    """There is no snapshot there, or one that this version does not read."""

    code = "snapshot-unreadable"
    exit_code = 2


class SnapshotExists(OfframpError):
    """Another snapshot lies there already, and plans may refer to it."""

    code = "snapshot-exists"
    exit_code = 1


class SnapshotChanged(OfframpError):
    """A sealed snapshot is no longer what was sealed."""

    code = "snapshot-changed"
    exit_code = 4
