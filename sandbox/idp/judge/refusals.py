"""Without this file the judge could only guess: how it says that it does not know."""


class NotModelled(Exception):
    """
    The answer hangs on something that the judge does not model.

    Args:
        what: The path, value or expression, as the vendor's JSON spells it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"not modelled: {what}")
        self.what = what


class BadQuestion(Exception):
    """
    The question itself is wrong.

    Args:
        field: The question's field, dotted when nested.
        why: One plain clause.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why
