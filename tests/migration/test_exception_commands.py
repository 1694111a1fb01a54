import json
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest
from approval_builders import LEAD, RISK
from click.testing import CliRunner
from exception_desk import LEGACY, TOTP_SET, an_excepting_world, approve, members, write_approvers
from fakes import FakeSignatures

from migration.adapters.ssh_signatures import SshSignatures
from migration.cli.bootstrap import bootstrap
from migration.cli.exception import exception
from migration.policy_exceptions import State

ASK = (
    *("request", "--class", "dated-totp", "--person", LEGACY, "--reason", "a scanner"),
    *("--control", "looked after", "--owner", "k.brown", "--until", "2026-11-22"),
)
DESK = ("request", "--person", "adm1", "--on", "2026-11-02", "--owner", "k.brown")


@pytest.fixture
def world(tmp_path):
    """Make a tenant with a set for every class."""
    return an_excepting_world(tmp_path)


def run(world, *words, noun=exception, code=0):
    """Type a command."""
    found = CliRunner().invoke(noun, words, obj=SimpleNamespace(desk=lambda: world.desk))
    assert code == found.exit_code, found.output + repr(found.exception)
    return found


def asked(world, *words, noun=exception):
    """Type a request, see it, and do what was seen; return the key."""
    shown = json.loads(run(world, *words, "--json", noun=noun).stdout)
    run(world, *words, "--execute", "--expect", shown["digest"], noun=noun)
    return shown["exception"]["key"]


def test_a_request_shows_everything_and_records_nothing(world):
    """Who, what, why, until when; without --execute it is a look."""
    shown = run(world, *ASK)

    assert "exception-0001 (dated-totp): requested; 1 of standard: totp beside the target" in shown.stderr
    assert "from 2026-11-02 12:00 until 2026-11-22 00:00 UTC, owner k.brown, by m.ito" in shown.stderr
    assert [] == world.kinds


def test_what_must_not_be_asked_for_exits_with_1(world):
    """With the reason and what to type instead."""
    refused = run(world, *ASK[:-1], "2026-12-22", code=1)

    assert "refused: request: it would last longer than the 30 day(s) that dated-totp may" in refused.stderr
    assert "next:  at the latest --until 2026-12-02T12:00:00" in refused.stderr
    assert [] == world.kinds


def test_a_request_without_a_terminal_needs_the_digest_that_was_shown(world):
    """Nobody asks for what they have not read."""
    found = run(world, *ASK, "--execute", code=1)

    assert "expect-missing" == found.exception.code
    assert [] == world.kinds


def test_what_is_shown_to_be_signed_is_the_text_to_the_byte(world):
    """On stdout alone, so that a shell can keep it in a file."""
    key = asked(world, *ASK)

    shown = run(world, "show", key, "--request")

    assert world.state.exceptions[key].asked.text.encode() == shown.stdout_bytes


def test_the_documented_road_from_the_request_to_the_grant(world, tmp_path):
    """Text to a file, ssh-keygen, the signature to the command: with real keys, for two people."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH's ssh-keygen is not installed")
    people = [replace(one, key=new_key(tmp_path, one.name)) for one in (LEAD, RISK)]
    write_approvers(world.desk.approvers, *people)
    world.desk = replace(world.desk, signatures=SshSignatures())
    key = asked(world, *ASK)
    (tmp_path / "r.txt").write_bytes(run(world, "show", key, "--request").stdout_bytes)

    for one in people:
        signature = sign(tmp_path, one.name)
        run(world, "approve", key, "--as", one.name, "--signature", signature, "--execute")

    assert (State.ACTIVE, {LEGACY}) == (world.state.exceptions[key].state, members(world))


def new_key(folder, name):
    """Make a key pair, and return its public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    return " ".join((folder / f"{name}.pub").read_text(encoding="utf-8").split()[:2])


def sign(folder, name):
    """Sign r.txt by hand, and return the signature's path."""
    (folder / "r.txt.sig").unlink(missing_ok=True)
    words = [
        "ssh-keygen",
        "-q",
        "-Y",
        "sign",
        "-n",
        "offramp-approval",
        "-f",
        str(folder / name),
        str(folder / "r.txt"),
    ]
    subprocess.run(words, check=True, capture_output=True)
    return str(folder / "r.txt.sig")


def test_a_file_that_is_no_signature_is_refused_and_not_a_crash(world, tmp_path):
    """Whatever lies in it."""
    key = asked(world, *ASK)
    (tmp_path / "r.txt.sig").write_bytes(b"\xff\x00no signature")

    refused = run(world, "approve", key, "--as", "r.lee", "--signature", str(tmp_path / "r.txt.sig"), code=1)

    assert f"refused: approve {key}: the signature is not one of r.lee" in refused.stderr


def test_a_hint_says_exactly_how_to_sign(world):
    """Three commands, to be pasted."""
    key = asked(world, *ASK)

    assert (
        f"offramp exception show {key} --request > {key}.txt"
        f" && ssh-keygen -Y sign -n offramp-approval -f ~/.ssh/id_ed25519 {key}.txt"
        f" && offramp exception approve {key} --as NAME --signature {key}.txt.sig --execute"
    ) in run(world, "show", key).stderr


def test_the_desk_has_a_noun_of_its_own(world):
    """The same life, another list."""
    key = asked(world, *DESK, noun=bootstrap)

    listed = [
        json.loads(run(world, "list", "--json", noun=noun).stdout)["exceptions"] for noun in (bootstrap, exception)
    ]

    assert [[key], []] == [[one["key"] for one in found] for found in listed]
    assert ["2026-11-02T12:00:00+00:00", "2026-11-03T00:00:00+00:00"] == [
        listed[0][0][name] for name in ("starts_at", "ends_at")
    ]
    assert f"offramp bootstrap show {key} --request" in run(world, "show", key, noun=bootstrap).stderr


@pytest.mark.parametrize("words", [("--on", "2026-11-02", "--until", "2026-11-03"), ("--from", "2026-11-03"), ()])
def test_the_desk_is_asked_for_by_a_day_or_by_two_moments(world, words):
    """Not by half of each."""
    run(world, "request", "--person", "adm1", "--owner", "k.brown", *words, noun=bootstrap, code=2)


def test_a_refusal_and_a_revocation_through_the_command_line(world):
    """By the owner: what was asked for is over, with the reason."""
    key = asked(world, *ASK)
    world.desk = replace(world.desk, actor="k.brown")
    shown = json.loads(run(world, "refuse", key, "--because", "a key comes", "--json").stdout)

    run(world, "refuse", key, "--because", "a key comes", "--execute", "--expect", shown["digest"])

    assert State.REFUSED is world.state.exceptions[key].state
    refused = run(world, "revoke", key, "--because", "again", code=1)
    assert f"{key} is refused, and only an active one is revoked" in refused.stderr


def test_the_list_answers_for_an_earlier_day(world):
    """As the ledger stood then."""
    asked(world, *ASK)

    before, now = (
        json.loads(run(world, "list", "--json", *words).stdout)["exceptions"]
        for words in (("--as-of", "2026-11-01"), ())
    )

    assert (0, 1) == (len(before), len(now))


def test_a_person_reads_the_list_as_a_table(world):
    """State, dates, owner, and who approved it with which proof."""
    key = asked(world, *ASK)
    world.desk = replace(world.desk, actor="r.lee")
    shown = json.loads(run(world, "approve", key, "--json").stdout)
    run(world, "approve", key, "--execute", "--expect", shown["digest"])

    table = run(world, "list").stdout

    assert [key, "dated-totp", "standard", "1", "requested"] == table.splitlines()[1].split()[:5]
    assert "r.lee (asserted)" in table
    assert TOTP_SET not in table


def executed(world, *words, noun=exception):
    """Type a command, see what it would do, and do it."""
    shown = json.loads(run(world, *words, "--json", noun=noun).stdout)
    return run(world, *words, "--execute", "--expect", shown["digest"], noun=noun)


def test_the_desk_from_its_request_to_its_end_through_the_command_line(world, tmp_path):
    """Signed by two, opened at once, closed at once; each record is named."""
    key = asked(world, *DESK, noun=bootstrap)
    for name in ("r.lee", "t.abe"):
        (tmp_path / "sig").write_text(FakeSignatures.sign(name, world.state.exceptions[key].asked.text))
        done = run(
            world, "approve", key, "--as", name, "--signature", str(tmp_path / "sig"), "--execute", noun=bootstrap
        )
    assert "entry 5 ExceptionGranted by m.ito" in done.stderr
    shown = run(world, "show", key, noun=bootstrap).stderr
    assert f"{key} (supervised-desk): active; 1 of administrators: a passkey bound with a password" in shown
    assert "approved by t.abe as risk-owner" in shown
    world.desk = replace(world.desk, actor="k.brown")

    ended = executed(world, "revoke", key, "--because", "a false document", noun=bootstrap)

    assert "ends now: revoked by k.brown: a false document" in ended.stderr
    assert "the last way in of 1 people goes; the registration desk opens another" in ended.stderr
    assert "because revoked by k.brown: a false document" in run(world, "show", key, noun=bootstrap).stderr


def test_a_request_for_the_desk_is_withdrawn(world):
    """By whoever asked."""
    key = asked(world, *DESK, noun=bootstrap)

    executed(world, "refuse", key, "--because", "the desk is closed", noun=bootstrap)

    assert State.REFUSED is world.state.exceptions[key].state


def test_a_renewal_says_what_it_renews(world):
    """And that it is not the first."""
    key = asked(world, *ASK)
    approve(world, key)
    world.clock.forward(days=15)

    shown = run(world, "renew", key, "--until", "2026-12-20", "--reason", "the scanner is late")
    answer = executed(world, "renew", key, "--until", "2026-12-20", "--reason", "the scanner is late")
    document = json.loads(run(world, "list", "--json").stdout)["exceptions"]

    assert f"renews {key}; renewal 1" in shown.stderr
    assert "ExceptionRequested by m.ito" in answer.stderr
    assert {key: 0, document[1]["key"]: 1} == {one["key"]: one["renewals_count"] for one in document}


def test_what_was_recorded_can_be_read_by_a_program(world):
    """The newest entry is the document; all of them are said."""
    shown = json.loads(run(world, *ASK, "--json").stdout)

    entry = json.loads(run(world, *ASK, "--execute", "--expect", shown["digest"], "--json").stdout)

    assert ("entry", "ExceptionRequested") == (entry["kind"], entry["fact"])
