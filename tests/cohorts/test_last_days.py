import pytest
from export_builders import NOON, a_user, write_export

from cohorts.rules import RULES_PATH
from cohorts.segment import classify_export


def export_with_hr(folder, *people):
    """Write an export of u1 and boss, and what HR says of u1."""
    users = [a_user("u1", profile={"employeeNumber": "7"}), a_user("boss")]
    export = write_export(folder, users=users)
    heading = "Employee number,Status,Termination date\n"
    (export / "hr.csv").write_text(heading + "".join(f"{one}\n" for one in people), encoding="utf-8")
    return export


def leavers(found):
    """Say which accounts are found to be a leaver's."""
    return [one.records for one in found.findings if one.kind == "leaver-still-active"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("7,Active,2026-11-01", [(("okta", "u1"),)]),
        ("7,,2026-11-01", [(("okta", "u1"),)]),
        ("7,Terminated,", [(("okta", "u1"),)]),
        ("7,Active,2026-11-02", []),
        ("7,Active,2027-01-31", []),
        ("7,Active,", []),
    ],
)
def test_whose_last_day_is_over_has_left(tmp_path, row, expected):
    """HR's word lags behind its dates; on the last day itself one still works."""
    found = classify_export(export_with_hr(tmp_path / "export", row), RULES_PATH, NOON)

    assert expected == leavers(found)
