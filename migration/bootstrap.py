"""Without this file nobody would put the parts together: configuration and environment become one desk."""

import getpass
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from migration import config
from migration.adapters.clock import clock
from migration.adapters.documents import StackDocuments
from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from migration.adapters.pulumi_engine import PulumiEngine
from migration.adapters.sql_ledger import SqlLedger
from migration.adapters.ssh_signatures import SshSignatures
from migration.adapters.ticket_file import TicketFile
from migration.errors import ConfigInvalid
from migration.operations.ports import Desk, ExportFrame, Surroundings


def open_desk(path: Path, say: Callable[[str], None]) -> Desk:
    """
    Put the parts together from *path* and the environment.

    Nothing is opened yet: the tenant, the engine and the ledger are reached when a use case needs them.

    Environment:
        OFFRAMP_OKTA_URL, OFFRAMP_OKTA_TOKEN: The tenant; the token is never shown or kept.
        OFFRAMP_PULUMI: The `bin/pulumi` to run instead of the one on PATH.
        OFFRAMP_ACTOR: Who acts, for the ledger; default: the login name.
        OFFRAMP_NOW: A clock to follow; loopback targets only.

    Raises:
        ConfigInvalid: The configuration cannot be used.
    """
    settings = config.read(path)
    root = path.resolve().parent
    environment = os.environ
    url = environment.get("OFFRAMP_OKTA_URL", "")

    def connect() -> OktaClient:
        token = environment.get("OFFRAMP_OKTA_TOKEN")
        if not url or not token:
            raise ConfigInvalid(
                "Nobody said which tenant this is about",
                context="OFFRAMP_OKTA_URL and OFFRAMP_OKTA_TOKEN",
                hint="set both; docs/configuration.md says how",
            )
        return OktaClient(url, token)

    return Desk(
        stack=settings.stack,
        actor=environment.get("OFFRAMP_ACTOR") or getpass.getuser(),
        now=clock(environment.get("OFFRAMP_NOW"), url),
        ledger=SqlLedger(_under(root, settings.ledger)),
        engine=PulumiEngine(root, settings.stack, environment.get("OFFRAMP_PULUMI")),
        idp=Okta(connect, url, settings.rehearsal.from_ip if settings.rehearsal else None),
        documents=StackDocuments(root / "stacks", settings.stack),
        snapshots=root / settings.snapshots,
        rules=root / settings.rules,
        calendar=settings.calendar_value(),
        strategy=settings.strategy_value(),
        say=say,
        gates=root / settings.gates,
        approvers=root / settings.approvers,
        tickets=TicketFile(root / settings.tickets.path, settings.tickets.named()) if settings.tickets else None,
        signatures=SshSignatures(),
        around=Surroundings(
            desk_zone=settings.bootstrap.zone if settings.bootstrap else None,
            canary=settings.rehearsal.canary if settings.rehearsal else None,
            longest_silence=timedelta(hours=settings.tick.longest_silence_hours),
            exception_share=settings.exceptions.largest_share,
        ),
        rounds=settings.rounds_from,
        export=ExportFrame(
            sources=root / settings.export.sources if settings.export.sources else None,
            region=settings.export.region,
            max_rejects=settings.export.max_rejects,
            longest_evidence_days=settings.export.longest_evidence_days,
        ),
    )


def _under(root: Path, url: str) -> str:
    """Return a ledger address whose SQLite file, when relative, lies under *root*."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(f"{prefix}/"):
        return f"{prefix}{root / url.removeprefix(prefix)}"
    return url
