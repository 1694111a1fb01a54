"""Without this file an account id would be the only name for a person, and would say which vendor to ask."""

import hashlib
from collections.abc import Iterable


def person_keys(idp: str, account_ids: Iterable[str]) -> list[str]:
    """Return a stable pseudonymous key per account: "p-" and 16 hex digits, the same in every export."""
    return [f"p-{hashlib.sha256(f'{idp}:{account_id}'.encode()).hexdigest()[:16]}" for account_id in account_ids]
