"""Without this file a table of seconds would say nothing: what is promised, as ratios, and whether it holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

OURS, READ, POLARS, DASK = "ours", "polars reads", "polars", "ours on Dask"
MILLION, TEN_MILLIONS = 1_000_000, 10_000_000
TIMES_READING = {"parquet": 5.0, "csv": 4.0, "jsonl": 2.0}
AGAINST_POLARS = 1.0
# Size from which on so much of what polars needs to read the columns is enough; below it the imports weigh most.
MEMORY_OF_READING = {MILLION: 0.8, TEN_MILLIONS: 0.35}
GROWTH_TIME, GROWTH_MEMORY = 13.0, 4.0
WAVES_SHARE = 0.20
MOVED_BEYOND_FEWEST = 0.0
LIMIT_UNUSED = 0.05
CALLS_REPEATED = 0.0
START_UP = 4.0
DASK_TIME = 1.5


@dataclass(frozen=True, slots=True)
class Setting:
    """One set of data: how many users, and in which form."""

    size: int
    form: str

    @property
    def label(self) -> str:
        """Name it shortly: parquet-1m."""
        return f"{self.form}-{short(self.size)}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one process said of itself: in-process time after imports, highest memory, seconds by stage."""

    round_number: int
    seconds: float
    peak_bytes: int
    stages: Mapping[str, float]


Readings = Mapping[tuple[Setting, str], Sequence[Reading]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One promise: at most *goal*; *value* is what came out."""

    name: str
    value: float
    goal: float

    @property
    def holds(self) -> bool:
        """Say whether the promise is kept."""
        return self.value <= self.goal


def short(size: int) -> str:
    """Write a number of users shortly: 1m, 100k."""
    for unit, letter in ((10**6, "m"), (10**3, "k")):
        if size % unit == 0:
            return f"{size // unit}{letter}"
    return str(size)


def time_ratio(readings: Readings, setting: Setting, program: str, other: str) -> float | None:
    """Return the median, over the rounds that both took part in, of time by time; None where there is none."""
    of_round = {reading.round_number: reading.seconds for reading in readings.get((setting, other), ())}
    ratios = [
        reading.seconds / of_round[reading.round_number]
        for reading in readings.get((setting, program), ())
        if reading.round_number in of_round
    ]
    return median(ratios) if ratios else None


def memory_ratio(readings: Readings, setting: Setting, program: str, other: str) -> float | None:
    """Return median peak memory by median peak memory; None where either was not run."""
    one, two = readings.get((setting, program)), readings.get((setting, other))
    return median(r.peak_bytes for r in one) / median(r.peak_bytes for r in two) if one and two else None


def cells(readings: Readings) -> Iterator[Cell]:
    """Work out every promise that *readings* can answer."""
    settings = list(dict.fromkeys(setting for setting, _ in readings))
    for setting in settings:
        yield from _of_setting(readings, setting)
    yield from _growth(readings)
    shares = [
        median(reading.stages["waves"] / reading.seconds for reading in told)
        for (_, program), told in readings.items()
        if program == OURS and all("waves" in reading.stages for reading in told)
    ]
    if shares:
        yield Cell("waves-share", max(shares), WAVES_SHARE)


def _of_setting(readings: Readings, setting: Setting) -> Iterator[Cell]:
    by_time = time_ratio(readings, setting, OURS, READ)
    if by_time is not None:
        yield Cell(f"{setting.label}-time", by_time, TIMES_READING[setting.form])
    if setting.form != "parquet":
        return
    against = time_ratio(readings, setting, OURS, POLARS)
    if against is not None:
        yield Cell(f"{setting.label}-against-polars", against, AGAINST_POLARS)
    by_memory = memory_ratio(readings, setting, OURS, READ)
    if by_memory is not None and setting.size >= MILLION:
        goal = max((size, share) for size, share in MEMORY_OF_READING.items() if size <= setting.size)[1]
        yield Cell(f"{setting.label}-memory", by_memory, goal)
    on_dask = time_ratio(readings, setting, DASK, OURS)
    if on_dask is not None:
        yield Cell(f"dask-{short(setting.size)}-time", on_dask, DASK_TIME)


def _growth(readings: Readings) -> Iterator[Cell]:
    small = readings.get((Setting(MILLION, "parquet"), OURS))
    large = readings.get((Setting(TEN_MILLIONS, "parquet"), OURS))
    if small and large:
        seconds = [median(reading.seconds for reading in told) for told in (small, large)]
        peaks = [median(reading.peak_bytes for reading in told) for told in (small, large)]
        yield Cell("growth-time", seconds[1] / seconds[0], GROWTH_TIME)
        yield Cell("growth-memory", peaks[1] / peaks[0], GROWTH_MEMORY)
