"""One tenant is provisioned for the whole folder; every module walks on its own copy of it."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from journey_road import Road


@pytest.fixture(scope="session")
def provisioned(tmp_path_factory) -> Path:
    """A folder with a provisioned project, its stack's state and its tenant, at rest."""
    road = Road(tmp_path_factory.mktemp("provisioned"))
    road.copy_project()
    road.start()
    try:
        (road.folder / "theirs.json").write_text(json.dumps(road.objects()))
        road.pulumi("stack", "init", "okta-sandbox")
        road.seal()
        road.execute("plan", "propose", "--apply")
    finally:
        road.stop()
    return road.folder


@pytest.fixture(scope="session")
def walking(provisioned, tmp_path_factory) -> Callable:
    """Start a road on a copy of the provisioned one, for as long as a block lasts."""

    @contextmanager
    def start() -> Iterator[Road]:
        folder = tmp_path_factory.mktemp("road") / "copy"
        shutil.copytree(provisioned, folder, symlinks=True)
        road = Road(folder)
        road.start()
        try:
            # The engine remembers its choice by the project's place, and the copy lies elsewhere.
            road.pulumi("stack", "select", "okta-sandbox")
            yield road
        finally:
            road.stop()

    return start


@pytest.fixture(scope="session")
def still(walking) -> Iterator[Road]:
    """A provisioned road that nobody walks: every test leaves it as it found it."""
    with walking() as found:
        yield found


@pytest.fixture(scope="module")
def road(walking) -> Iterator[Road]:
    """A provisioned road of a module's own, to be walked."""
    with walking() as found:
        yield found
