"""Without this file a stack would have no configuration: no target, no credentials, no encryption salt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.engine.files import write_whole
from sandbox.engine.passphrase import Vault
from sandbox.engine.refusals import EngineError, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.project import Project


@dataclass(frozen=True)
class Setting:
    """One configuration value; `text` is the value text of a secret when `secret`."""

    text: str
    secret: bool = False

    def plain(self, vault: Vault) -> str:
        """Give the value in clear."""
        return vault.decrypt(self.text) if self.secret else self.text


def full_key(key: str, project: Project) -> str:
    """
    Give the `namespace:name` form of a key.

    Raises:
        EngineError: The key has more parts than a key can have.
    """
    parts = key.split(":")
    if len(parts) == 1:
        return f"{project.name}:{key}"
    if len(parts) == 3 and parts[1] == "config":  # noqa: PLR2004 - the old NAMESPACE:config:NAME form
        return f"{parts[0]}:{parts[2]}"
    if len(parts) != 2:  # noqa: PLR2004 - NAMESPACE:NAME
        raise EngineError(f"invalid configuration key: could not parse {key} as a configuration key")
    return key


class StackSettings:
    """The file Pulumi.STACK.yaml: values, and the salt that goes with the stack's passphrase."""

    def __init__(self, project: Project, path: Path, state_salt: str | None = None) -> None:
        self.project = project
        self.path = path
        self._document: dict[str, Any] = {}
        if path.exists():
            self._document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        provider = self._document.get("secretsprovider")
        if provider not in {None, "", "passphrase", "default"}:
            raise Refused(f"open secrets with {str(provider).split(':', 1)[0]}")
        self.vault = Vault(self._document.get("encryptionsalt") or state_salt)

    @property
    def values(self) -> dict[str, Setting]:
        """Every value by full key, the project's defaults included, in alphabetical order."""
        found: dict[str, Setting] = {}
        defaults = self.project.settings.get("config") or {}
        for key, value in defaults.items():
            given = value.get("value", value.get("default")) if isinstance(value, dict) else value
            if given is not None:
                found[full_key(key, self.project)] = _read_setting(given)
        for key, value in (self._document.get("config") or {}).items():
            found[full_key(key, self.project)] = _read_setting(value)
        return dict(sorted(found.items()))

    def plain_values(self) -> dict[str, str]:
        """Every value in clear by full key."""
        return {key: setting.plain(self.vault) for key, setting in self.values.items()}

    def set(self, key: str, value: str, *, secret: bool) -> None:
        """Set one value and write the file."""
        stored: object = {"secure": self.vault.encrypt(value)} if secret else value
        config = {full_key(k, self.project): v for k, v in (self._document.get("config") or {}).items()}
        config[full_key(key, self.project)] = stored
        self._document["config"] = dict(sorted(config.items()))
        self.save(with_salt=secret)

    def remove(self, keys: list[str]) -> None:
        """Remove values, present or not, and write the file."""
        gone = {full_key(key, self.project) for key in keys}
        config = self._document.get("config") or {}
        self._document["config"] = {k: v for k, v in config.items() if full_key(k, self.project) not in gone}
        if not self._document["config"]:
            del self._document["config"]
        self.save()

    def save(self, *, with_salt: bool = False) -> None:
        """Write the file, with the stack's salt when there is a secret to go with it."""
        if with_salt:
            self._document = {**self._document, "encryptionsalt": self.vault.salt}
        ordered = {key: self._document[key] for key in sorted(self._document, key=_order)}
        write_whole(self.path, yaml.safe_dump(ordered, sort_keys=False, width=1000) if ordered else "{}\n")


def _order(key: str) -> int:
    known = ["secretsprovider", "encryptedkey", "encryptionsalt"]
    return known.index(key) if key in known else len(known)


def _read_setting(value: object) -> Setting:
    if isinstance(value, dict) and set(value) == {"secure"}:
        return Setting(str(value["secure"]), secret=True)
    if isinstance(value, dict | list):
        if "secure" in json.dumps(value):
            raise Refused("read secrets inside structured configuration")
        return Setting(json.dumps(value))
    if isinstance(value, bool):
        return Setting("true" if value else "false")
    return Setting(str(value))
