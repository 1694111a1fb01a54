"""Without this file every command would need ten options: what `offramp.toml` may say, and what it means."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from migration.calendar import Calendar, Freeze
from migration.errors import ConfigInvalid
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


class Config(_Strict):
    """One project: its stack, its places and its plan's frame."""

    stack: str
    ledger: str
    snapshots: Path
    rules: Path
    calendar: CalendarSettings
    strategy: StrategySettings

    def calendar_value(self) -> Calendar:
        """Return the calendar that the core works with."""
        freezes = tuple(Freeze(item.first_on, item.last_on, item.because) for item in self.calendar.freeze)
        return Calendar(self.calendar.finish_on, freezes)

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
