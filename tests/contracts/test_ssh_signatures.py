import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from approval_builders import NOON, a_key, an_approver, asked_of

from migration.adapters.ssh_signatures import SshKeygenMissing, SshSignatures, allowed_signer
from migration.approvals import NAMESPACE
from migration.approvers import key_of_signature

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH's ssh-keygen is not installed")
TEXT = asked_of().text.encode()


def keygen(*arguments):
    """Run the real thing."""
    subprocess.run(["ssh-keygen", "-q", *arguments], check=True, capture_output=True)


class Holder:
    """Somebody with a key of their own, and what they sign with it."""

    def __init__(self, folder: Path, kind: str = "ed25519") -> None:
        folder.mkdir()
        self.folder = folder
        keygen("-t", kind, "-N", "", "-C", "r.lee@example.com", "-f", str(folder / "key"))

    @property
    def approver(self):
        """The entry that the approvers file has of them."""
        words = (self.folder / "key.pub").read_text(encoding="utf-8").split()
        return replace(an_approver(), key=" ".join(words[:2]))

    def sign(self, text: bytes = TEXT, namespace: str = NAMESPACE) -> str:
        """Sign a text as one does by hand."""
        file = self.folder / "r.txt"
        file.write_bytes(text)
        (self.folder / "r.txt.sig").unlink(missing_ok=True)
        keygen("-Y", "sign", "-n", namespace, "-f", str(self.folder / "key"), str(file))
        return (self.folder / "r.txt.sig").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lee(tmp_path_factory):
    """Make somebody who may approve."""
    return Holder(tmp_path_factory.mktemp("keys") / "lee")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Make somebody who may not."""
    return Holder(tmp_path_factory.mktemp("keys") / "stranger")


def check(signature, approver, text=TEXT, at=NOON):
    """Ask the adapter."""
    return SshSignatures().verify(text, signature, approver, at)


def test_a_good_signature_is_good(lee):
    """Made as the documentation says: text to a file, `ssh-keygen -Y sign`, the file with the signature."""
    assert True is check(lee.sign(), lee.approver)


@pytest.mark.parametrize("kind", ["ecdsa"])
def test_other_curves_are_good_too(tmp_path, kind):
    """Whatever the approvers file allows, ssh-keygen checks."""
    holder = Holder(tmp_path / kind, kind)

    assert True is check(holder.sign(), holder.approver)


@pytest.mark.parametrize("text", [TEXT + b"\n", TEXT[:-1], TEXT.replace(b"scanner", b"Scanner"), b""])
def test_a_signature_over_another_text_is_none(lee, text):
    """To the byte: a request that was changed after it was read is another request."""
    assert [False, False] == [check(lee.sign(), lee.approver, text), check(lee.sign(text), lee.approver)]


def test_the_signature_of_somebody_else_is_none(lee, stranger):
    """Also where it says another name: only the key in the file counts."""
    assert [False, False] == [check(stranger.sign(), lee.approver), check(lee.sign(), stranger.approver)]


@pytest.mark.parametrize("namespace", ["file", "git", "offramp", "offramp-approval2"])
def test_what_was_signed_for_another_purpose_is_none(lee, namespace):
    """A signed commit or a signed mail must not turn into a yes."""
    assert False is check(lee.sign(namespace=namespace), lee.approver)


@pytest.mark.parametrize(
    ("at", "is_good"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 1, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 1, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 8, 59, 59, tzinfo=timezone(timedelta(hours=9))), True),
        (datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=9))), False),
    ],
)
def test_validity_counts_at_the_moment_that_it_is_told(lee, at, is_good):
    """By the programme's clock, in UTC: neither this machine's clock nor its zone decides."""
    assert is_good is check(lee.sign(), lee.approver, at=at)


def test_the_zone_of_the_machine_does_not_matter(lee, monkeypatch):
    """An operator in Tokyo and a runner in Oregon get the same answer."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")

    assert [True, False] == [
        check(lee.sign(), lee.approver, at=at)
        for at in (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 10, 31, 23, 59, tzinfo=UTC))
    ]


def test_a_key_without_an_end_in_sight_is_good(lee):
    """The last day of the calendar is a day like any other."""
    approver = replace(lee.approver, valid_until=date.max)

    assert True is check(lee.sign(), approver)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "yes",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\n" + "A" * 40_000 + "\n-----END SSH SIGNATURE-----\n",
        "なぜ\x00",
    ],
)
def test_garbage_is_no_signature(lee, garbage):
    """It is judged, it breaks nothing."""
    assert False is check(garbage, lee.approver)


def test_a_signature_that_was_cut_or_mended_is_none(lee):
    """Every byte of it counts."""
    good = lee.sign().splitlines(keepends=True)
    cut = "".join(good[:-2] + good[-1:])
    last = good[-2]
    mended = "".join([*good[:-2], last[:4] + ("A" if last[4] != "A" else "B") + last[5:], good[-1]])

    assert [False, False] == [check(cut, lee.approver), check(mended, lee.approver)]


def test_a_signature_names_the_key_that_made_it(lee, stranger):
    """So that one key under two names is found, whatever the file says later."""
    assert lee.approver.blob == key_of_signature(lee.sign())
    assert stranger.approver.blob == key_of_signature(stranger.sign())


def test_the_fingerprint_is_the_one_that_everybody_sees(lee):
    """As `ssh-keygen -l` shows it."""
    said = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(lee.folder / "key.pub")], check=True, capture_output=True, text=True
    )

    assert lee.approver.fingerprint == said.stdout.split()[1]


def test_the_line_for_ssh_keygen_says_who_for_what_and_when(lee):
    """Nothing else in it: no pattern, no other purpose, no comment."""
    assert (
        'r.lee namespaces="offramp-approval",valid-after="20261101",valid-before="20261130235959"'
        f" {lee.approver.key}\n" == allowed_signer(lee.approver)
    )


def test_nothing_is_left_behind(lee, monkeypatch, tmp_path):
    """Keys and signatures are no secrets, and still nobody has to clean up."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    check(lee.sign(), lee.approver)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("program", ["/nowhere/ssh-keygen", "/"], ids=["missing", "no program"])
def test_without_ssh_keygen_nobody_is_believed(lee, program):
    """It is an error with a way out, not a yes and not a no."""
    with pytest.raises(SshKeygenMissing) as broken:
        SshSignatures(program).verify(TEXT, lee.sign(), lee.approver, NOON)

    assert ("ssh-keygen-missing", 3) == (broken.value.code, broken.value.exit_code)


def test_one_that_is_too_old_to_be_told_the_time_is_refused(lee, tmp_path):
    """Else this machine's clock would decide, and nobody would notice."""
    old = tmp_path / "ssh-keygen"
    old.write_text('#!/bin/sh\necho "Invalid option \\"verify-time=2026\\"" >&2\nexit 255\n', encoding="utf-8")
    old.chmod(0o700)

    with pytest.raises(SshKeygenMissing, match="cannot be told at which moment"):
        SshSignatures(str(old)).verify(TEXT, lee.sign(), lee.approver, NOON)


def test_a_key_of_another_kind_is_never_shown_to_ssh_keygen(tmp_path):
    """What the file does not hold is refused before any program reads it."""
    silent = tmp_path / "ssh-keygen"
    silent.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    silent.chmod(0o700)
    approver = replace(an_approver(), key=a_key(7))

    assert False is SshSignatures(str(silent)).verify(TEXT, "-----BEGIN SSH SIGNATURE-----", approver, NOON)
