"""Without this file state could not move between the stand-in and the Pulumi CLI: deployment version 3."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.engine.passphrase import Vault
from sandbox.engine.refusals import EngineError, Refused
from sandbox.engine.values import SECRET, SIGNATURE, is_secret

if TYPE_CHECKING:
    from sandbox.engine.backend import StackRef

VERSION = "v3.260.0"
ROOT_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPE = "pulumi:providers:"

State = dict[str, Any]

FIELDS = (
    "urn",
    "custom",
    "delete",
    "id",
    "type",
    "inputs",
    "outputs",
    "parent",
    "protect",
    "external",
    "dependencies",
    "initErrors",
    "provider",
    "propertyDependencies",
    "pendingReplacement",
    "additionalSecretOutputs",
    "aliases",
    "customTimeouts",
    "importID",
    "retainOnDelete",
    "deletedWith",
    "created",
    "modified",
    "sourcePosition",
    "stackTrace",
    "ignoreChanges",
    "replaceOnChanges",
)


def now() -> str:
    """Give the present as the state writes times."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def tidy(state: State) -> State:
    """Put fields in the state's order and leave out empty ones; `custom` always stays."""
    known = [key for key in FIELDS if key in state]
    rest = [key for key in state if key not in FIELDS]
    return {
        key: state[key] for key in (*known, *rest) if key == "custom" or state[key] not in ({}, [], False, "", None)
    }


def is_root(state: State) -> bool:
    """Say whether this is the stack's own resource."""
    return bool(state["type"] == ROOT_TYPE)


def is_provider(state: State) -> bool:
    """Say whether this is a provider, default or explicit."""
    return str(state["type"]).startswith(PROVIDER_TYPE)


def is_default_provider(state: State) -> bool:
    """Say whether the engine made this provider by itself; such ones are never counted."""
    return is_provider(state) and state["urn"].rsplit("::", 1)[1].startswith("default")


def reference(state: State) -> str:
    """Give what resources of this provider hold in `provider`."""
    return f"{state['urn']}::{state['id']}"


def referred(state: State) -> set[str]:
    """Give the URNs this resource cannot be without."""
    found = set(state.get("dependencies") or [])
    for urns in (state.get("propertyDependencies") or {}).values():
        found.update(urns)
    found.update({state.get("parent") or "", state.get("deletedWith") or ""})
    if state.get("provider"):
        found.add(state["provider"].rsplit("::", 1)[0])
    return found - {"", state["urn"]}


class Sealer:
    """Encrypts and decrypts the secrets of one state; what did not change keeps its text."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._texts: dict[str, str] = {}

    def opened(self, value: Any) -> Any:
        """Turn stored secrets, encrypted or exported in clear, into marked values."""
        if is_secret(value):
            if "plaintext" in value:
                return {SIGNATURE: SECRET, "value": self.opened(json.loads(value["plaintext"]))}
            text = self.vault.decrypt(value["ciphertext"])
            self._texts[text] = value["ciphertext"]
            return {SIGNATURE: SECRET, "value": self.opened(json.loads(text))}
        if isinstance(value, dict):
            return {key: self.opened(item) for key, item in value.items()}
        return [self.opened(item) for item in value] if isinstance(value, list) else value

    def sealed(self, value: Any, *, in_clear: bool = False) -> Any:
        """Turn marked values into stored secrets."""
        if is_secret(value):
            text = json.dumps(value["value"], separators=(",", ":"), ensure_ascii=False)
            if in_clear:
                return {SIGNATURE: SECRET, "plaintext": text}
            if text not in self._texts:
                self._texts[text] = self.vault.encrypt(text)
            return {SIGNATURE: SECRET, "ciphertext": self._texts[text]}
        if isinstance(value, dict):
            return {key: self.sealed(item, in_clear=in_clear) for key, item in value.items()}
        return [self.sealed(item, in_clear=in_clear) for item in value] if isinstance(value, list) else value


def salt_of(document: State) -> str | None:
    """Give the salt recorded in a checkpoint, for a stack whose settings file has none."""
    latest = document["checkpoint"].get("latest") or {}
    provider = latest.get("secrets_providers") or {}
    if provider.get("type") not in {None, "", "passphrase"}:
        raise Refused(f"open secrets with {provider['type']}")
    salt = (provider.get("state") or {}).get("salt")
    return str(salt) if salt else None


def new_document(stack: StackRef, latest: State | None) -> State:
    """Make a whole checkpoint document; a stack just initialised has no deployment."""
    checkpoint: State = {"stack": stack.qualified}
    if latest is not None:
        checkpoint["latest"] = latest
    return {"version": 3, "checkpoint": checkpoint}


def new_deployment(resources: list[State], pending: list[State], vault: Vault) -> State:
    """Make the deployment part from resources that are tidy and whose secrets are sealed."""
    deployment: State = {
        "manifest": {
            "time": now(),
            "magic": hashlib.sha256(VERSION.encode()).hexdigest(),
            "version": VERSION,
        },
        "secrets_providers": {"type": "passphrase", "state": {"salt": vault.salt}},
    }
    if resources:
        deployment["resources"] = resources
    if pending:
        deployment["pending_operations"] = [
            {"resource": tidy(each["resource"]), "type": each["type"]} for each in pending
        ]
    deployment["metadata"] = {}
    return deployment


def export(document: State, vault: Vault, *, show_secrets: bool) -> State:
    """Give what `stack export` prints."""
    latest = document["checkpoint"].get("latest")
    if latest is None:
        return {
            "version": 3,
            "deployment": {"manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}},
        }
    if show_secrets:
        sealer = Sealer(vault)
        latest = sealer.sealed(sealer.opened(latest), in_clear=True)
    return {"version": 3, "deployment": latest}


def take_in(exported: Any, stack: StackRef, vault: Vault, *, force: bool) -> State:
    """
    Turn an exported deployment into this stack's checkpoint document.

    Args:
        exported: The JSON document given to `stack import`.
        stack: Where it goes.
        vault: This stack's secrets; encrypted values must have been sealed with the same salt.
        force: Take resources of another stack too.

    Raises:
        EngineError: It is no version 3 deployment, or it is another stack's.
    """
    if not isinstance(exported, dict) or exported.get("version") != 3:  # noqa: PLR2004 - the only version modelled
        raise EngineError("could not deserialize deployment: the stand-in reads deployment version 3 only")
    deployment = exported.get("deployment") or {}
    provider = deployment.get("secrets_providers") or {}
    if provider.get("type") not in {None, "", "passphrase"}:
        raise Refused(f"open secrets with {provider['type']}")
    salt = (provider.get("state") or {}).get("salt")
    source, target = Sealer(Vault(salt) if salt and salt != vault.salt else vault), Sealer(vault)
    resources: list[State] = [tidy(target.sealed(source.opened(each))) for each in deployment.get("resources") or []]
    pending: list[State] = [target.sealed(source.opened(each)) for each in deployment.get("pending_operations") or []]
    for state in resources:
        if not force and state["urn"].split("::")[:2] != [f"urn:pulumi:{stack.name}", stack.project]:
            raise EngineError(
                f"resource '{state['urn']}' does not belong to stack '{stack.name}'; use --force to override"
            )
    return new_document(stack, new_deployment(resources, pending, vault))
