"""Without this file every command would need ten options: what `offramp.toml` may say, and what it means."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from migration.calendar import Calendar, Freeze
from migration.errors import ConfigInvalid
from migration.rounds import COSTS, Rounds
from migration.tickets import TicketColumns, columns
from migration.waves import Strategy


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FreezeSettings(_Strict):
    """Days on which nobody is moved forward."""

    first_on: date
    last_on: date
    because: str

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_on < self.first_on:
            raise ValueError("the freeze ends before it begins, and would hold on no day")
        return self


class CalendarSettings(_Strict):
    """When people may be moved, and by when all of them shall have been."""

    finish_on: date
    freeze: tuple[FreezeSettings, ...] = ()


class StrategySettings(_Strict):
    """Order, size and pace of the waves."""

    order: tuple[str, ...]
    largest_wave: int = Field(gt=0)
    days_between_waves: int = Field(ge=0)
    enrol_days: int = Field(ge=0)
    enforce_days: int = Field(ge=0)


class ExportSettings(_Strict):
    """How exports are read."""

    sources: Path | None = None
    region: str = Field(default="US", pattern="^[A-Z]{2}$")
    max_rejects: float = Field(default=0.005, ge=0, le=1)
    longest_evidence_days: int = Field(default=30, gt=0)


class RoundSettings(_Strict):
    """Caps on the weekly rounds of a draft."""

    largest_share: float = Field(default=0.06, gt=0, le=1)
    department_share: float = Field(default=0.20, gt=0, le=1)
    help_desk_per_day: float = Field(default=1.0, gt=0)
    most_rounds: int = Field(default=400, gt=0, le=32767)
    costs: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=lambda: dict(COSTS))

    @model_validator(mode="after")
    def _knows_every_cost(self) -> Self:
        if set(self.costs) != set(COSTS):
            raise ValueError(f"costs are given for each of {', '.join(COSTS)}")
        return self


class TicketSettings(_Strict):
    """Where the help desk's tickets lie, and what its columns are called."""

    path: Path
    columns: dict[str, str]
    sign_in_categories: tuple[str, ...] = ()
    time_zone: str = "UTC"
    time_format: str | None = None

    def named(self) -> TicketColumns:
        """Return the column map that the core works with."""
        return columns(
            self.columns,
            sign_in_categories=self.sign_in_categories,
            time_zone=self.time_zone,
            time_format=self.time_format,
        )


class BootstrapSettings(_Strict):
    """The supervised registration desk: a network zone of the tenant."""

    zone: str


class RehearsalSettings(_Strict):
    """
    The app that carries a wave's ENFORCE content before the others do.

    `from_ip` is where people are supposed to be when the tenant is asked which rule would decide; without it a rule
    that names a network zone stays open, and so does the answer.
    """

    canary: str
    from_ip: str | None = None


class TickSettings(_Strict):
    """How long the scheduler may be silent before nobody is moved forward."""

    longest_silence_hours: float = Field(default=26, gt=0)


class ExceptionSettings(_Strict):
    """How many people may be excused at once."""

    largest_share: float = Field(default=0.02, gt=0, le=1)


class Config(_Strict):
    """One project: its stack, its places and its plan's frame."""

    stack: str
    ledger: str
    snapshots: Path
    rules: Path
    calendar: CalendarSettings
    strategy: StrategySettings
    export: ExportSettings = ExportSettings()
    rounds: RoundSettings = RoundSettings()
    gates: Path = Path("gates.toml")
    approvers: Path = Path("approvers.toml")
    tickets: TicketSettings | None = None
    bootstrap: BootstrapSettings | None = None
    rehearsal: RehearsalSettings | None = None
    tick: TickSettings = TickSettings()
    exceptions: ExceptionSettings = ExceptionSettings()

    def calendar_value(self) -> Calendar:
        """Return the calendar that the core works with."""
        freezes = tuple(Freeze(item.first_on, item.last_on, item.because) for item in self.calendar.freeze)
        return Calendar(self.calendar.finish_on, freezes)

    def rounds_from(self, first_on: date) -> Rounds:
        """Return the rounds that begin on *first_on*, each large enough for one person of any readiness."""
        told = self.rounds.model_dump()
        return Rounds(self.calendar_value(), first_on, **told, least_cost=max(self.rounds.costs.values()))

    def strategy_value(self) -> Strategy:
        """Return the strategy that the core works with."""
        return Strategy(**self.strategy.model_dump())


def read(path: Path) -> Config:
    """
    Read the project's configuration.

    Raises:
        ConfigInvalid: Missing, not TOML, or with fields that are wrong; all of them are named.
    """
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigInvalid(
            "There is no configuration here",
            context=path.name,
            hint="run offramp in the project's folder, or give --config PATH",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"The configuration is not TOML: {error}", context=path.name, hint="mend it") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ConfigInvalid(
            f"{error.error_count()} setting(s) are wrong",
            context=f"{path.name}: {wrong}",
            hint="docs/configuration.md lists every setting",
        ) from error
