import json

import pytest
from builders import STACK, a_baseline, a_lease, a_provision
from pydantic import ValidationError

from migration import manifest as manifests
from migration.exception_classes import SIGN_IN_CLASSES, set_key
from migration.manifest import (
    BootstrapContent,
    Manifest,
    ManifestEdited,
    ManifestUnreadable,
    accepts_nothing,
    free_slot,
)
from migration.posture import AIMS, BREAK_GLASS, Stage, Target, posture_at


def write(path, document):
    """Write a document as a file, and return where."""
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def published(tmp_path):
    """Publish a step manifest with everything in it as a file."""
    manifest = a_provision(zone_id="nzo-desk", canary="canary").with_slot(a_lease(Stage.ENFORCE)).decided(3, "a" * 64)
    return write(tmp_path / "rollout.json", manifests.render(manifest)), manifest


def test_the_first_manifest_holds_every_set_at_its_provisioned_content():
    """Slots are free, homes and break-glass hold their final posture, and there is a home per cohort with an aim."""
    manifest = a_provision()

    assert "provision" == manifest.kind
    assert a_baseline().digest == manifest.baseline_digest
    assert {cohort: posture_at(aim, Stage.ENFORCE) for cohort, aim in AIMS.items()} == {
        home.cohort: home.posture for home in manifest.homes
    }
    assert posture_at(BREAK_GLASS, Stage.ENFORCE) == manifest.break_glass.posture
    assert all(accepts_nothing(slot) for slot in manifest.slots)


EXCEPTIONS = [
    f"exception-{one}-{cohort}"
    for one in ("dated-totp", "shared-workstation-key")
    for cohort in ("administrators", "standard")
]


@pytest.mark.parametrize("zone_id", [None, "nzo-desk"])
def test_the_order_in_which_sets_decide_is_fixed(zone_id):
    """The order of the sets is the order of their priorities, and neither a stage nor a missing desk changes it."""
    first = a_provision(zone_id=zone_id)
    desk = ["bootstrap"] if zone_id else []
    homes, slots = ["home-administrators", "home-standard"], ["slot-1", "slot-2", "slot-3"]
    keys = ["break-glass", *desk, *EXCEPTIONS, *homes, *slots, "joiners"]

    assert keys == [content.key for content in first.sets]
    assert keys == [content.key for content in first.with_slot(a_lease(Stage.ENROL, slot="slot-3")).sets]


def test_there_is_a_set_for_each_class_of_exceptions_and_each_cohort():
    """It accepts the cohort's target or the class's own method at sign-in, decides nothing else, and lasts as long."""
    found = {one.key: one.posture for one in a_provision().exceptions}

    assert {
        set_key(one.key, cohort): one.posture(aim) for one in SIGN_IN_CLASSES for cohort, aim in AIMS.items()
    } == found
    assert set(EXCEPTIONS) == set(found)


def test_joiners_are_as_at_enrol():
    """Whoever was hired after the plan adds no phone, and everything else is as before."""
    assert posture_at(AIMS["standard"], Stage.ENROL) == a_provision().joiners.posture


def test_without_a_zone_there_is_no_desk():
    """A rule that accepts a password would otherwise accept it anywhere."""
    assert a_provision().bootstrap is None
    assert ("nzo-desk", None) == (
        a_provision(zone_id="nzo-desk").bootstrap.zone_id,
        a_provision(zone_id="nzo-desk").bootstrap.posture,
    )


def test_a_step_changes_one_slot_and_nothing_else():
    """Whatever moves, moves alone."""
    before = a_provision(zone_id="nzo-desk", canary="canary").decided(1, "a" * 64)
    after = before.with_slot(a_lease(Stage.ENROL, slot="slot-2"))

    assert "step" == after.kind
    assert a_lease(Stage.ENROL, slot="slot-2") == after.slot("slot-2")
    assert after.decided_by is None
    assert [before.slot(key) for key in ("slot-1", "slot-3")] == [after.slot(key) for key in ("slot-1", "slot-3")]
    kept = ("break_glass", "bootstrap", "exceptions", "homes", "joiners", "canary", "baseline_digest")
    assert [getattr(before, name) for name in kept] == [getattr(after, name) for name in kept]


def test_a_slot_that_does_not_exist_is_an_error():
    """No manifest has a slot that nobody provisioned."""
    with pytest.raises(KeyError):
        a_provision().slot("slot-9")


def test_a_leased_slot_is_not_free_and_a_slot_that_lost_its_wave_alone_is_not_either():
    """A slot is free only when nobody leases it and it would accept nothing."""
    leased = a_lease(Stage.PLANNED)

    assert not accepts_nothing(leased)
    assert not accepts_nothing(leased.model_copy(update={"wave": None}))
    assert accepts_nothing(free_slot("slot-1", "ENFORCE"))


def test_who_decided_is_no_part_of_what_was_decided():
    """The intent's entry carries the digest of the content, so the content cannot name the entry."""
    content = a_provision()
    decided = content.decided(7, "b" * 64)

    assert content.content_digest == decided.content_digest
    assert content.digest != decided.digest
    assert (7, "b" * 64) == (decided.decided_by.entry, decided.decided_by.digest)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.with_slot(a_lease(Stage.ENROL)),
        lambda manifest: manifest.model_copy(update={"stack": "other"}),
        lambda manifest: manifest.model_copy(update={"baseline_digest": "0" * 64}),
        lambda manifest: manifest.model_copy(update={"homes": ()}),
        lambda manifest: manifest.model_copy(update={"exceptions": manifest.exceptions[1:]}),
        lambda manifest: manifest.model_copy(update={"joiners": None}),
        lambda manifest: manifest.model_copy(update={"canary": "payroll"}),
        lambda manifest: manifest.model_copy(update={"bootstrap": BootstrapContent(zone_id="nzo-desk")}),
    ],
)
def test_two_contents_never_share_a_digest(change):
    """Whatever is different in the document is different in its digest."""
    assert a_provision().content_digest != change(a_provision()).content_digest


def test_a_manifest_is_read_as_it_was_published(published):
    """The document goes round without loss: postures, order, and who decided it."""
    path, manifest = published

    assert manifest == manifests.read(path, STACK)


def test_a_published_manifest_reads_as_a_document(published):
    """A pull request shows one field a line, stages and targets by name, and a newline at the end."""
    text = published[0].read_text(encoding="utf-8")

    assert text.endswith("}\n")
    assert '      "stage": "ENFORCE",\n' in text
    assert '        "target": "phishing-resistant",\n' in text


def test_there_is_no_stack_without_a_manifest(tmp_path):
    """Where nothing is published nothing is guessed."""
    with pytest.raises(ManifestUnreadable, match="no manifest for stack okta-sandbox") as caught:
        manifests.read(tmp_path / "rollout.json", STACK)

    assert "offramp plan propose --execute" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "", "[]", "null", '"manifest"', "{}"])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    """A file cut off, empty or of another form is no instruction."""
    with pytest.raises(ManifestUnreadable):
        manifests.read(write(tmp_path / "rollout.json", text), STACK)


def test_a_folder_is_no_manifest(tmp_path):
    """What cannot be opened is refused in our words."""
    with pytest.raises(ManifestUnreadable, match="not readable"):
        manifests.read(tmp_path, STACK)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("schema_version", 3, "schema_version"),
        ("kind", "destroy", "kind"),
        ("note", "by hand", "note"),
        ("slots", None, "slots"),
    ],
)
def test_a_document_of_another_schema_is_refused_and_the_field_is_named(published, field, value, named):
    """A field that we do not know may mean something that we would not do."""
    path, _ = published
    document = {**json.loads(path.read_text(encoding="utf-8")), field: value}

    with pytest.raises(ManifestUnreadable, match=named):
        manifests.read(write(path, document), STACK)


def test_a_posture_with_a_field_that_we_do_not_know_is_refused(published):
    """An unknown path of a posture would be silently without policy."""
    path, _ = published
    document = json.loads(path.read_text(encoding="utf-8"))
    document["slots"][0]["posture"]["remember_me"] = "ours"

    with pytest.raises(ManifestUnreadable, match="remember_me"):
        manifests.read(write(path, document), STACK)


def test_a_manifest_of_another_stack_is_refused(published):
    """The production tenant is not the sandbox."""
    with pytest.raises(ManifestUnreadable, match="is for stack okta-sandbox, not for okta-prod"):
        manifests.read(published[0], "okta-prod")


@pytest.mark.parametrize("by_hand", ["posture", "stage", "decided_by", "digest"])
def test_a_manifest_that_was_changed_by_hand_is_refused(published, by_hand):
    """Only what was decided is carried out: any edit after publication is found."""
    path, _ = published
    document = json.loads(path.read_text(encoding="utf-8"))
    if by_hand == "posture":
        document["slots"][0]["posture"]["target"] = Target.NOTHING
    elif by_hand == "stage":
        document["slots"][0]["stage"] = "RETIRE"
    elif by_hand == "decided_by":
        document["decided_by"]["entry"] = 4
    else:
        del document["digest"]

    with pytest.raises(ManifestEdited) as caught:
        manifests.read(write(path, document), STACK)

    assert 4 == caught.value.exit_code


def test_nobody_edits_a_manifest_in_place():
    """A manifest is a value; a change is a new one."""
    with pytest.raises(ValidationError):
        a_provision().stack = "other"


def test_the_digest_is_taken_of_the_document_not_of_its_layout(published):
    """A formatter may move spaces without anybody having to decide again."""
    path, manifest = published
    write(path, json.dumps(json.loads(path.read_text(encoding="utf-8"))))

    assert manifest.digest == manifests.read(path, STACK).digest
    assert manifest == Manifest.model_validate(manifest.model_dump(mode="json"))
