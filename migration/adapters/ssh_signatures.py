"""Without this file a signature would be text: `ssh-keygen -Y verify` says whose it is, and over what."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cohorts.errors import OfframpError
from migration.approvals import NAMESPACE
from migration.approvers import Approver, key_of_signature

LONGEST_SIGNATURE: Final = 16_384
_PATIENCE_SECONDS: Final = 20


class SshKeygenMissing(OfframpError):
    """Nothing here can tell a signature from a forged one."""

    code = "ssh-keygen-missing"
    exit_code = 3


class SshSignatures:
    """Signatures that OpenSSH makes and checks; keys and their validity come from the approvers file alone."""

    def __init__(self, executable: str | None = None) -> None:
        """Use *executable* instead of the `ssh-keygen` on PATH."""
        self._executable = executable

    def verify(self, text: bytes, signature: str, approver: Approver, at: datetime) -> bool:
        """
        Say whether *signature* is that of *approver*, over exactly *text*, in our namespace, valid *at*.

        Args:
            text: What was signed, to the byte.
            signature: Armoured, as `ssh-keygen -Y sign` writes it.
            approver: Whose it has to be.
            at: The moment that counts, aware; this machine's clock does not.

        Raises:
            SshKeygenMissing: There is no `ssh-keygen`, it does not answer, or it is too old to be told the time.
        """
        # Only a key of the file's own kind is ever read by ssh-keygen.
        if len(signature) > LONGEST_SIGNATURE or key_of_signature(signature) != approver.blob:
            return False
        with TemporaryDirectory(prefix="offramp-approval-") as folder:  # 0700
            signers, signed = Path(folder, "allowed_signers"), Path(folder, "signature")
            signers.write_text(allowed_signer(approver), encoding="ascii")
            signed.write_text(signature, encoding="ascii", errors="replace")
            said = self._run(
                *("-Y", "verify", "-f", str(signers), "-I", approver.name, "-n", NAMESPACE, "-s", str(signed)),
                *("-O", f"verify-time={at.astimezone(UTC):%Y%m%d%H%M%S}"),
                text=text,
            )
        if said.returncode and b"verify-time" in said.stderr:
            raise SshKeygenMissing(
                "This ssh-keygen cannot be told at which moment a signature has to be valid",
                context="ssh-keygen -Y verify -O verify-time",
                hint="install OpenSSH 8.9 or newer",
            )
        return said.returncode == 0

    def _run(self, *arguments: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
        found = self._executable or shutil.which("ssh-keygen")
        # Times in the file and on the command line are read in the zone of the environment.
        environment = {"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C"}
        try:
            if not found:
                raise FileNotFoundError("ssh-keygen")
            return subprocess.run(  # noqa: S603 - no shell; every argument is ours or checked by the approvers file
                [found, *arguments],
                input=text,
                capture_output=True,
                check=False,
                timeout=_PATIENCE_SECONDS,
                env=environment,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SshKeygenMissing(
                f"No signature can be checked: {type(error).__name__}",
                context="ssh-keygen",
                hint="install OpenSSH's client, and have ssh-keygen on PATH",
            ) from error


def allowed_signer(approver: Approver) -> str:
    """Return the line that lets *approver* sign for us, on the days that the approvers file says."""
    dates = f'valid-after="{approver.valid_from:%Y%m%d}",valid-before="{approver.valid_until:%Y%m%d}235959"'
    return f'{approver.name} namespaces="{NAMESPACE}",{dates} {approver.key}\n'
