"""Without this file secrets would stand in clear in configuration and state."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from pathlib import Path

from sandbox.engine.refusals import EngineError

ROUNDS = 1_000_000
CHECK = "pulumi"


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _passphrase() -> str:
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return os.environ["PULUMI_CONFIG_PASSPHRASE"]
    if file := os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EngineError(f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE: {error.strerror}") from error
    raise EngineError(
        "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
    )


class Vault:
    """The stack's passphrase secrets provider; the key, which takes a third of a second, is made when first used."""

    def __init__(self, salt: str | None) -> None:
        self._salt = salt
        self._key: bytes | None = None
        self._lock = threading.Lock()

    @property
    def salt(self) -> str:
        """The salt text as settings and state hold it; a new stack gets a new one."""
        if self._salt is None:
            with self._lock:
                self._make_salt()
        assert self._salt is not None  # noqa: S101 - _make_salt sets it
        return self._salt

    def open(self) -> None:
        """
        Make the key and check it against the salt.

        Raises:
            EngineError: No passphrase is set, or it is not the stack's.
        """
        with self._lock:
            if self._key is not None:
                return
            if self._salt is None:
                self._make_salt()
                return
            _version, salt, check = self._salt.split(":", 2)
            key = self._derive(base64.b64decode(salt))
            if self._decrypt(key, check) != CHECK:
                raise EngineError("incorrect passphrase")
            self._key = key

    def encrypt(self, text: str) -> str:
        """Give the value text of a secret."""
        self.open()
        assert self._key is not None  # noqa: S101 - open() sets it
        return self._encrypt(self._key, text)

    def decrypt(self, value: str) -> str:
        """Give back the text of a secret."""
        self.open()
        assert self._key is not None  # noqa: S101 - open() sets it
        return self._decrypt(self._key, value)

    def _make_salt(self) -> None:
        salt = os.urandom(8)
        self._key = self._derive(salt)
        self._salt = f"v1:{_encode(salt)}:{self._encrypt(self._key, CHECK)}"

    @staticmethod
    def _derive(salt: bytes) -> bytes:
        return hashlib.pbkdf2_hmac("sha256", _passphrase().encode(), salt, ROUNDS, 32)

    @staticmethod
    def _encrypt(key: bytes, text: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - slow to import

        nonce = os.urandom(12)
        return f"v1:{_encode(nonce)}:{_encode(AESGCM(key).encrypt(nonce, text.encode(), None))}"

    @staticmethod
    def _decrypt(key: bytes, value: str) -> str:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to import
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - slow to import

        _version, nonce, data = value.split(":")
        try:
            return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(data), None).decode()
        except InvalidTag:
            raise EngineError("incorrect passphrase") from None
