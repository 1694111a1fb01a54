"""Without this file a refusal would not look like the vendor's, and no client could tell one from another."""

from typing import Any


class OktaError(Exception):
    """
    A refusal in the vendor's own shape.

    Attributes:
        status: HTTP status.
        code: The vendor's code, such as `E0000001`.
        summary: The vendor's sentence.
        causes: What was wrong, one sentence each.
    """

    def __init__(self, status: int, code: str, summary: str, *causes: str) -> None:
        super().__init__(summary)
        self.status = status
        self.code = code
        self.summary = summary
        self.causes = causes

    def body(self, error_id: str) -> dict[str, Any]:
        """Show the error as the vendor's JSON."""
        return {
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": error_id,
            "errorCauses": [{"errorSummary": cause} for cause in self.causes],
        }


def invalid(field: str, why: str) -> OktaError:
    """Return the vendor's 400 for a value that it refuses."""
    return OktaError(400, "E0000001", f"Api validation failed: {field}", f"{field}: {why}")


def malformed(*causes: str) -> OktaError:
    """Return the vendor's 400 for a body that does not fit its schema."""
    return OktaError(400, "E0000003", "The request body was not well-formed.", *causes)


def not_found(key: str, kind: str) -> OktaError:
    """Return the vendor's 404 for one object."""
    return OktaError(404, "E0000007", f"Not found: Resource not found: {key} ({kind})")


def no_such_path() -> OktaError:
    """Return the vendor's 404 for a path that its API does not have."""
    return OktaError(404, "E0000008", "The requested path was not found")


def forbidden(*causes: str) -> OktaError:
    """Return the vendor's 403 for an act that nobody may do."""
    return OktaError(403, "E0000006", "You do not have permission to perform the requested action", *causes)


def wrong_status() -> OktaError:
    """Return the vendor's 403 for a lifecycle step that the user's status does not allow."""
    return OktaError(403, "E0000038", "This operation is not allowed in the user's current status.")


def no_such_method() -> OktaError:
    """Return the vendor's 405."""
    return OktaError(405, "E0000022", "The endpoint does not support the provided HTTP method")


def unauthorised() -> OktaError:
    """Return the vendor's 401 for a missing token."""
    return OktaError(401, "E0000011", "Invalid token provided")


def too_many() -> OktaError:
    """Return the vendor's 429."""
    return OktaError(429, "E0000047", "API call exceeded rate limit due to too many requests.")


def broken() -> OktaError:
    """Return the vendor's 500."""
    return OktaError(500, "E0000009", "Internal Server Error")


def read_only() -> OktaError:
    """Return the vendor's 503."""
    return OktaError(503, "E0000010", "Service is in read only mode.")
