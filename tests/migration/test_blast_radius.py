import pytest
from builders import a_lease, a_provision

from migration.blast_radius import objections
from migration.model import Step
from migration.posture import Stage


def a_step_manifest():
    """Make a manifest that moves the wave in slot-1."""
    return a_provision().with_slot(a_lease(Stage.ENROL))


def test_a_provision_that_only_creates_may_begin():
    """The first update builds; there is nothing that it could break."""
    steps = [Step("create", "slot-1 group", "okta:group"), Step("create", "break-glass session", "okta:signon")]

    assert () == objections(a_provision(), steps, ())


@pytest.mark.parametrize("operation", ["update", "delete", "replace", "create-replacement", "delete-replaced"])
def test_a_provision_changes_and_removes_nothing(operation):
    """What stands already is not the business of a provision."""
    found = objections(a_provision(), [Step(operation, "slot-1 group", "okta:group")], ())

    assert (f"slot-1 group: {operation} is not part of a provision",) == found


def test_a_step_that_updates_what_was_proposed_may_begin():
    """In place, and in the slot of the wave that moves."""
    steps = [Step("update", "slot-1 sign-in payroll", "okta:rule", ("status",))]

    assert () == objections(a_step_manifest(), steps, ("slot-1",))


@pytest.mark.parametrize("operation", ["create", "delete", "replace", "import"])
def test_a_step_neither_creates_nor_deletes_nor_replaces(operation):
    """A replacement is a moment in which nothing of ours decides."""
    found = objections(a_step_manifest(), [Step(operation, "slot-1 session", "okta:signon")], ("slot-1",))

    assert (f"slot-1 session: {operation} is not part of a step",) == found


@pytest.mark.parametrize("name", ["slot-2 session", "slot-10 session", "break-glass session", "home-standard group"])
def test_a_step_touches_no_set_but_the_ones_that_were_proposed(name):
    """An update of another set is drift or somebody's hand; it is looked at before anything is written."""
    found = objections(a_step_manifest(), [Step("update", name, "okta:x")], ("slot-1",))

    assert (f"{name}: not in slot-1",) == found


def test_every_objection_is_named_and_not_the_first_alone():
    """Whoever has to decide sees all that is wrong at once."""
    steps = [
        Step("update", "slot-1 session", "okta:x"),
        Step("update", "slot-2 session", "okta:x"),
        Step("delete", "slot-1 group", "okta:x"),
    ]

    assert 2 == len(objections(a_step_manifest(), steps, ("slot-1",)))


def test_a_step_that_names_no_slot_may_touch_nothing():
    """Silence is no permission."""
    assert 1 == len(objections(a_step_manifest(), [Step("update", "slot-1 session", "okta:x")], ()))
