"""Without this file nobody could approve anything: people with keys of their own, and the file that names them."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.demo.stage import Stage

NAMESPACE = "offramp-approval"
ROLES = {"r.lee": "security-lead", "m.ito": "risk-owner", "k.brown": "security-lead"}
STRANGER = "stranger"


@dataclass(slots=True)
class Signers:
    """Approvers with keys, and somebody whose key nobody reviewed."""

    stage: Stage
    keys: dict[str, Path] = field(default_factory=dict)

    def set_up(self) -> None:
        """Make a key for each, and write the reviewed file."""
        folder = self.stage.folder / "keys"
        folder.mkdir(exist_ok=True)
        listed = []
        for name in (*ROLES, STRANGER):
            key = folder / name
            made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)]
            subprocess.run(made, check=True, capture_output=True)
            self.keys[name] = key
            if name in ROLES:
                public = Path(f"{key}.pub")
                listed.append(
                    f'[[approver]]\nname = "{name}"\nroles = ["{ROLES[name]}"]\n'
                    f'key = "{" ".join(public.read_text().split()[:2])}"\n'
                    "valid_from = 2020-01-01\nvalid_until = 2099-12-31\n"
                )
        (self.stage.project / "approvers.toml").write_text("\n".join(listed), encoding="utf-8")

    def sign(self, name: str, text: str) -> Path:
        """Sign exactly *text* with the key of *name*; return the signature's file."""
        folder = self.stage.folder / "keys"
        request = folder / f"{name}-request.txt"
        request.write_text(text, encoding="utf-8")
        signature = Path(f"{request}.sig")
        signature.unlink(missing_ok=True)
        signing = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(self.keys[name]), str(request)]
        subprocess.run(signing, check=True, capture_output=True)
        return signature
