"""Without this file every test of a use case would furnish a tenant: a desk on fakes, and people who get ready."""

from dataclasses import dataclass
from pathlib import Path

from builders import EVERYONE, NOON, OPERATOR, STACK, a_baseline, a_calendar, a_strategy, year_end
from export_builders import a_factor, a_membership, a_role, a_user, write_export
from fakes import FakeClock, FakeDocuments, FakeEngine, FakeIdp, MemoryLedger

from cohorts.sealing import seal
from cohorts.segment import classify_export
from cohorts.snapshot import Snapshot
from migration import programme
from migration.ledger import Entry
from migration.operations import moving, planning
from migration.operations.ports import Desk
from migration.posture import Stage
from migration.programme import Programme

RULES = Path(__file__).parents[1] / "cohorts" / "rules.toml"
ADMINS = ("adm1", "adm2", "adm3")
STANDARD = ("std1", "std2", "std3", "std4")
EMERGENCY = ("bg1", "bg2")
WAVE, OTHER_WAVE = "administrators-01", "standard-01"


@dataclass
class World:
    """A desk and the fakes behind it."""

    desk: Desk
    ledger: MemoryLedger
    documents: FakeDocuments
    idp: FakeIdp
    engine: FakeEngine
    clock: FakeClock
    folder: Path
    said: list[str]

    @property
    def state(self) -> Programme:
        """The ledger, folded."""
        return programme.fold(self.ledger.entries())

    @property
    def kinds(self) -> list[str]:
        """The kinds of all entries, oldest first."""
        return [entry.kind for entry in self.ledger.entries()]

    def stage(self, wave: str = WAVE) -> Stage:
        """Return where a wave is."""
        return self.state.lane(wave).stage

    def group(self, key: str) -> set[str]:
        """Return who is in the group of a set."""
        return self.idp.groups[f"id of {key} group"]

    def take_snapshot(
        self,
        *unready: str,
        gone: tuple[str, ...] = (),
        hired: tuple[str, ...] = (),
        promoted: tuple[str, ...] = (),
        demoted: tuple[str, ...] = (),
    ) -> Snapshot:
        """Seal who holds what now: a security key, but *unready* only a phone; and who is an administrator."""
        everyone = {*ADMINS, *STANDARD, *EMERGENCY, "fin1", "svc1", *hired} - set(gone)
        self.idp.holdings = {name: {"sms" if name in unready else "security_key"} for name in everyone}
        users = [an_employee(name) for name in sorted(everyone)]
        export = write_export(
            self.folder / "export",
            users=users,
            factors=[a_factor(name, "sms" if name in unready else "security_key") for name in sorted(everyone)],
            groups=[a_membership(name) for name in sorted(everyone)],
            roles=[a_role(name) for name in sorted({*ADMINS, *promoted} - set(demoted)) if name in everyone],
        )
        classified = classify_export(export, RULES, self.clock.at)
        return seal(classified.header, classified.table, self.desk.snapshots / classified.header.digest)

    def provision(self) -> Entry:
        """Plan, publish, carry out and confirm."""
        return planning.publish(self.desk, planning.propose(self.desk), apply=True)

    def advance(self, to: Stage | None = None, wave: str = WAVE, *, with_engine: bool = True) -> Entry:
        """Move a wave on."""
        return moving.apply(
            self.desk, moving.propose_advance(self.desk, wave, idp="okta", to=to), with_engine=with_engine
        )

    def bring_to(self, stage: Stage, wave: str = WAVE) -> None:
        """Provision and move a wave to ENROL or ENFORCE."""
        self.provision()
        self.advance(Stage.ENROL, wave)
        if stage is Stage.ENFORCE:
            self.advance(Stage.ENFORCE, wave)


def an_employee(name: str) -> dict[str, object]:
    """Make somebody whose cohort is in their name; administrators are named by their roles."""
    kinds = {"bg": "Emergency", "svc": "Service"}
    kind = next((kind for prefix, kind in kinds.items() if name.startswith(prefix)), "Employee")
    department = "Finance" if name.startswith("fin") else "Engineering"
    return a_user(name, profile={"userType": kind, "department": department})


def an_open_book(folder: Path) -> Path:
    """Write a gate book that asks for nothing: these tests are about what follows then."""
    moves = ("ENROL", "REHEARSE", "ENFORCE", "settle")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "gates.toml"
    path.write_text("".join(f'[into.{move}]\nasked = false\nbecause = "a test"\n' for move in moves), encoding="utf-8")
    return path


def a_world(folder: Path) -> World:
    """Make a tenant with a reviewed baseline, no snapshot, and no gate that asks anything."""
    baseline = a_baseline()
    documents, idp = FakeDocuments(baseline), FakeIdp(baseline, groups={EVERYONE: set()})
    engine, ledger, clock = FakeEngine(documents, idp), MemoryLedger(), FakeClock(NOON)
    said: list[str] = []
    desk = Desk(
        stack=STACK,
        actor=OPERATOR,
        now=clock,
        ledger=ledger,
        engine=engine,
        idp=idp,
        documents=documents,
        snapshots=folder / "snapshots",
        rules=RULES,
        calendar=a_calendar(year_end()),
        strategy=a_strategy(),
        say=said.append,
        gates=an_open_book(folder),
    )
    return World(desk, ledger, documents, idp, engine, clock, folder, said)
