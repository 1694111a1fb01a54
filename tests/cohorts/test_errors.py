import re
import subprocess
import sys

from cohorts import errors
from cohorts.errors import OfframpError

LEAVES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, OfframpError)]


def test_every_error_has_a_code_of_its_own():
    """A code is what documentation and scripts hold on to."""
    codes = [leaf.code for leaf in LEAVES]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", code) for code in codes)
    assert {1, 2, 3, 4} >= {leaf.exit_code for leaf in LEAVES}


def test_an_error_carries_where_and_what_to_type():
    """Message, context and hint are kept apart, and the text is the message."""
    error = errors.ExportEmpty("users.jsonl is empty", context="/x", hint="pull again")

    assert ("users.jsonl is empty", "/x", "pull again") == (str(error), error.context, error.hint)


def test_what_stands_upstream_of_everyone_loads_no_pandas():
    """Every `pulumi up` imports these, and must not wait for a library that it never uses."""
    program = "import sys, cohorts.snapshot, cohorts.errors; print({'pandas', 'numpy', 'pyarrow'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "set()" == told.stdout.strip()
