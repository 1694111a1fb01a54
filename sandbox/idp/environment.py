"""Without this file a shell would talk to the real vendor: everything that points the tools at one sandbox."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

_MARK = "sandbox.engine"
# Our own script says in its first lines what it starts; the real CLI is far larger than that.
_START_BYTES = 4096
_PLUGIN = "resource-okta-v7.0.1"


class EngineMissing(Exception):
    """The sandbox cannot be used as asked; the text says why and what to do."""


def exports(endpoints: Path, engine: str | None) -> list[str]:
    """
    Prepare the files beside *endpoints* and return the lines that a shell evaluates.

    Args:
        endpoints: What `start` wrote.
        engine: "real", "stand-in", or None for the real one if PATH has it.

    Raises:
        EngineMissing: No such sandbox, or no real engine where it was asked for.
    """
    try:
        document = json.loads(endpoints.read_text())
    except (OSError, ValueError) as error:
        raise EngineMissing(f"{endpoints} does not name a running sandbox; start one first") from error
    folder = endpoints.resolve().parent
    okta, control = document["okta"], document["control"]
    pulumi = _engine(folder / "bin", engine)
    home = folder / "pulumi-home"
    _plugin(home)
    state = folder / "pulumi-state"
    state.mkdir(parents=True, exist_ok=True)
    path = [str(folder / "bin"), str(Path(sys.executable).parent)]
    kept = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part and part not in path]
    values = {
        "OKTA_HTTP_PROXY": okta,
        "OKTA_API_TOKEN": "sandbox-pulumi",
        "OKTA_ORG_NAME": "sandbox",
        "OKTA_BASE_URL": "localhost",
        "OFFRAMP_OKTA_URL": okta,
        "OFFRAMP_OKTA_TOKEN": "sandbox-offramp",
        "OFFRAMP_PULUMI": str(pulumi),
        "PATH": os.pathsep.join([*path, *kept]),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "OFFRAMP_NOW": f"{control}/clock",
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in values.items()]


def _engine(bin_folder: Path, wanted: str | None) -> Path:
    """Put a `pulumi` into *bin_folder*: a link to the real one, or the stand-in."""
    real = None if wanted == "stand-in" else _real(bin_folder)
    if wanted == "real" and real is None:
        raise EngineMissing("there is no Pulumi CLI on PATH; install it, or use --engine stand-in")
    bin_folder.mkdir(parents=True, exist_ok=True)
    pulumi = bin_folder / "pulumi"
    pulumi.unlink(missing_ok=True)
    if real is not None:
        pulumi.symlink_to(real)
    else:
        _script(pulumi, "sandbox.engine")
    return pulumi


def _real(own: Path) -> Path | None:
    """Return the Pulumi CLI that PATH has, passing over what a sandbox made."""
    folders = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    for folder in folders:
        found = shutil.which("pulumi", path=folder)
        if found is None or Path(folder).resolve() == own.resolve():
            continue
        resolved = Path(found).resolve()
        with resolved.open("rb") as file:
            start = file.read(_START_BYTES)
        if _MARK.encode() not in start:
            return resolved
    return None


def _plugin(home: Path) -> None:
    folder = home / "plugins" / _PLUGIN
    folder.mkdir(parents=True, exist_ok=True)
    _script(folder / "pulumi-resource-okta", "sandbox.providers.okta")


def _script(path: Path, module: str) -> None:
    """Write an executable that runs one of our modules with this Python, whatever the caller's directory."""
    aside = path.with_suffix(".tmp")
    root = Path(__file__).resolve().parents[2]
    lines = [
        "#!/bin/sh",
        f'PYTHONPATH={shlex.quote(str(root))}"${{PYTHONPATH:+:$PYTHONPATH}}"; export PYTHONPATH',
        f'exec {shlex.quote(sys.executable)} -m {module} "$@"',
    ]
    aside.write_text("\n".join(lines) + "\n")
    aside.chmod(0o755)
    aside.replace(path)
