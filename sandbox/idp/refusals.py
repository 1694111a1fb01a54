"""Without this file a wrong call to the sandbox's own interface would be a crash instead of an answer."""


class BadRequest(Exception):
    """
    The call itself is wrong.

    Attributes:
        field: The field, dotted when nested.
        why: One plain clause.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class NotModelledHere(Exception):
    """The call asks for something that the sandbox does not do; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not modelled: {what}")
        self.what = what


class NoSuchThing(Exception):
    """The call names a person, a fault or a path that is not there; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no {what}")
        self.what = what
