"""Without this file the reviewed documents would be half written: manifest and baseline, whole or not at all."""

import os
from dataclasses import dataclass
from pathlib import Path

from migration import baseline as baselines
from migration import manifest as manifests
from migration.baseline import Baseline
from migration.manifest import Manifest


@dataclass(frozen=True, slots=True)
class StackDocuments:
    """The documents of one stack, beside the program that reads them."""

    folder: Path
    stack: str

    @property
    def manifest_path(self) -> Path:
        """Where the manifest lies."""
        return self.folder / f"rollout.{self.stack}.json"

    @property
    def baseline_path(self) -> Path:
        """Where the baseline lies."""
        return self.folder / f"baseline.{self.stack}.json"

    def manifest(self) -> Manifest:
        """Read the published manifest."""
        return manifests.read(self.manifest_path, self.stack)

    def has_manifest(self) -> bool:
        """Say whether a manifest is published."""
        return self.manifest_path.is_file()

    def publish(self, manifest: Manifest) -> None:
        """Write the manifest aside, then in place."""
        _write(self.manifest_path, manifests.render(manifest))

    def withdraw(self) -> None:
        """Remove the manifest."""
        self.manifest_path.unlink(missing_ok=True)

    def baseline(self) -> Baseline:
        """Read the reviewed baseline."""
        return baselines.read(self.baseline_path, self.stack)

    def keep_baseline(self, baseline: Baseline) -> None:
        """Write the baseline aside, then in place."""
        _write(self.baseline_path, baselines.render(baseline))


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)
