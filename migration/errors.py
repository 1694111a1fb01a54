"""Without this file the planner's broken worlds would have no names; the shape is that of cohorts.errors."""

from cohorts.errors import OfframpError


class ConfigInvalid(OfframpError):
    """The configuration is missing or cannot be used."""

    code = "config-invalid"
    exit_code = 2


class NotFound(OfframpError):
    """What was named does not exist."""

    code = "not-found"
    exit_code = 2


class ExpectMissing(OfframpError):
    """Nobody confirmed what was shown: a digest is needed where no terminal is."""

    code = "expect-missing"
    exit_code = 2


class ProposalChanged(OfframpError):
    """What would be done is no longer what was shown."""

    code = "proposal-changed"
    exit_code = 1


class IntentOpen(OfframpError):
    """Somebody else's intent stands in the way."""

    code = "intent-open"
    exit_code = 1


class NotCarriedOut(OfframpError):
    """The engine has not carried out what is to be confirmed."""

    code = "not-carried-out"
    exit_code = 1


class StepRefused(OfframpError):
    """The engine would do more than a step may do."""

    code = "step-refused"
    exit_code = 4


class DriftFound(OfframpError):
    """The tenant does not hold what is declared."""

    code = "drift-found"
    exit_code = 4


class SlotOccupied(OfframpError):
    """A group that must be empty has members, or the other way round."""

    code = "membership-mismatch"
    exit_code = 4


class IdpUnavailable(OfframpError):
    """The identity provider did not answer, or throttles."""

    code = "idp-unavailable"
    exit_code = 3


class IdpRefused(OfframpError):
    """The identity provider refused a call."""

    code = "idp-refused"
    exit_code = 3


class EngineMissing(OfframpError):
    """There is no engine, or no such stack or plugin."""

    code = "engine-missing"
    exit_code = 3


class EngineFailed(OfframpError):
    """The engine began and did not finish."""

    code = "engine-failed"
    exit_code = 3


class PluginMismatch(OfframpError):
    """A plugin and its SDK are of different major versions."""

    code = "plugin-mismatch"
    exit_code = 3
