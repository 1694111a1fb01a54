from datetime import date

from builders import a_calendar, a_plan, a_strategy, a_wave, year_end

from migration.carryover import LEFT, CarryOver, Unready, carry_over

TODAY = date(2026, 11, 16)  # a Monday


def unready(name, reason="needs-key"):
    """Make somebody who is not ready."""
    return Unready(f"00u-{name}", f"key-{name}", reason, "holds nothing that counts")


def carried(*people, wave=None, plan=None, today=TODAY):
    """Carry people over from the plan's one wave."""
    one = wave or a_wave()
    return carry_over(one, people, plan or a_plan(one), a_strategy(), a_calendar(year_end()), today=today)


def test_who_is_not_ready_goes_to_a_named_wave_with_dates():
    """They are asked again from the next open day on, with as much time as everybody had."""
    found = carried(unready("ann"), unready("bob")).wave

    assert ("standard-01-carried-1", "standard", 2, "standard-01") == (
        found.key,
        found.cohort,
        found.member_count,
        found.carried_from,
    )
    assert (date(2026, 11, 17), date(2026, 12, 1), date(2026, 12, 8)) == (
        found.enrol_on,
        found.enforce_on,
        found.settle_on,
    )


def test_the_record_names_each_with_reason_and_wave():
    """Accounts and reasons alone: nobody's name is in the ledger."""
    assert (
        {
            "account": "00u-ann",
            "person": "key-ann",
            "reason": "needs-key",
            "because": "holds nothing that counts",
            "wave": "standard-01-carried-1",
        },
    ) == carried(unready("ann")).documents


def test_who_has_left_is_in_no_later_wave():
    """An account that cannot sign in is not asked to enrol again."""
    found = carried(unready("ann"), unready("bob", LEFT))

    assert ["standard-01-carried-1", None] == [one["wave"] for one in found.documents]
    assert 1 == found.wave.member_count
    assert CarryOver(None, (unready("bob", LEFT),)) == carried(unready("bob", LEFT))


def test_a_freeze_moves_the_dates_and_not_the_people():
    """Nobody is asked anything over the turn of the year."""
    assert date(2027, 1, 4) == carried(unready("ann"), today=date(2026, 12, 17)).wave.enrol_on


def test_who_is_carried_over_again_keeps_the_name_of_the_first_wave():
    """Names stay short, and count how often somebody was carried."""
    first = carried(unready("ann")).wave
    again = carried(unready("ann"), wave=first, plan=a_plan(a_wave(), first)).wave

    assert ("standard-01-carried-2", "standard-01-carried-1") == (again.key, again.carried_from)


def test_the_order_in_which_people_are_named_does_not_matter():
    """The digest of a proposal is that of its content."""
    assert carried(unready("ann"), unready("bob")) == carried(unready("bob"), unready("ann"))
