"""Without this file every kind of file would be read on its own: from files to all accounts of a provider."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias, TypeVar

import pyarrow as pa

from cohorts.account_parts import AccountPart, account_part, without_rows
from cohorts.accounts import Accounts, joined
from cohorts.belonging import Belonging, belonging, with_groups
from cohorts.blocks import ExportFile, Part, Reject
from cohorts.columns import SUBJECTS
from cohorts.engine import Engine, Progress
from cohorts.equipment import Equipment, equipment
from cohorts.errors import ExportForeign, ExportUnreadable
from cohorts.exports.reading import parts, read
from cohorts.holdings import Holdings, MethodPart, holdings, method_part
from cohorts.needs import Needs
from cohorts.normalise import Clean, clean
from cohorts.repeats import Rows, repeats
from cohorts.sources import Origin
from cohorts.whose import Keyed, keyed

PULL = "offramp cohort pull"
Result = TypeVar("Result")
Told: TypeAlias = tuple[Result, int, tuple[Reject, ...]]  # what a part gave, its rows, and those that are no use
PEOPLE = "hr"
TEXTS = frozenset({"csv", "jsonl"})
SIDES = ("memberships", "roles", "devices")


@dataclass(frozen=True, slots=True)
class FileRows:
    """What became of the rows of one file; `read_count` is always the sum of the other two."""

    read_count: int
    kept_count: int
    rejected_count: int


@dataclass(frozen=True)
class Provider:
    """All that the export says of the accounts of one identity provider; a role of a group is its members' too."""

    accounts: Accounts
    holdings: Holdings
    groups: Belonging | None
    roles: Belonging | None
    equipment: Equipment | None

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """Rows of side files that could not be used."""
        sides = (self.holdings, self.groups, self.roles, self.equipment)
        return tuple(reject for side in sides if side is not None for reject in side.rejects)

    def __post_init__(self) -> None:
        if self.roles is not None and self.groups is not None and (self.roles.parents or self.roles.unclear_groups):
            object.__setattr__(self, "roles", with_groups(self.roles, self.groups))


@dataclass
class Gathered:
    """An export, read: providers, the people that HR knows, and every row that was not used."""

    providers: tuple[Provider, ...] = ()
    people: Accounts | None = None
    rejects: list[Reject] = field(default_factory=list)
    read_counts: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> Mapping[str, FileRows]:
        """File name → what became of its rows."""
        rejected = dict.fromkeys(self.read_counts, 0)
        for reject in self.rejects:
            rejected[reject.file] += 1
        return {
            name: FileRows(count, count - rejected[name], rejected[name]) for name, count in self.read_counts.items()
        }


def read_clean(part: Part, region: str) -> Clean:
    """Read one part and bring its rows into canonical form."""
    return clean(read(part), region=region)


def accounts_of(part: Part, needs: Needs) -> tuple[AccountPart, int, tuple[Reject, ...]]:
    """Read the accounts of one part; also how many rows it had, and those that could not be used."""
    told = read_clean(part, needs.region)
    return account_part(told, needs), told.read_count, told.rejects


def methods_of(part: Part, needs: Needs) -> tuple[MethodPart, int, tuple[Reject, ...]]:
    """Read the methods of one part, as `accounts_of`."""
    told = read_clean(part, needs.region)
    return method_part(told), told.read_count, told.rejects


def sides_of(part: Part, needs: Needs) -> tuple[Keyed, int, tuple[Reject, ...]]:
    """Read the rows of one part of any other side file, as `accounts_of`."""
    told = read_clean(part, needs.region)
    return keyed(told), told.read_count, told.rejects


def gather(files: Sequence[ExportFile], needs: Needs, engine: Engine, progress: Progress) -> Gathered:
    """Read all files of an export: users first, then what belongs to them.

    Raises:
        ExportForeign: There are no accounts at all, or not one row of a file can be used.
        ExportUnreadable: A row of a roles file cannot be used, and nobody knows whose it is.
    """
    # Arrow's own pools keep what parts have given back; the system's takes it, a fifth of the peak at a million people.
    pa.set_memory_pool(pa.system_memory_pool())
    found = Gathered()
    providers = []
    for idp in dict.fromkeys(file.source.idp for file in files if file.source.idp != PEOPLE):
        own = [file for file in files if file.source.idp == idp]
        providers.append(_provider(found, idp, _with_accounts(own), needs, engine, progress))
    people = [needs.trimmed(file) for file in files if file.source.idp == PEOPLE]
    if people:
        found.people = _accounts(found, PEOPLE, people, needs, engine, progress)
    if not providers:
        raise ExportForeign(
            "No file of the export has accounts of Okta or of Entra",
            context=", ".join(file.name for file in files) or "no files",
            hint=f"{PULL} writes an export; docs/sources lists what can be read",
        )
    found.providers = tuple(providers)
    refuse_foreign(found, files)
    return found


def _with_accounts(files: Sequence[ExportFile]) -> list[ExportFile]:
    """Let a list of methods stand for the accounts where nothing else names them."""
    if any(file.source.subject == "users" for file in files):
        return list(files)
    return [_as_users(file) if file.source.is_account_list else file for file in files]


def _as_users(file: ExportFile) -> ExportFile:
    source = file.source
    columns = {name: origin for name, origin in source.columns.items() if name in SUBJECTS["users"]}
    if "login" in columns:
        # A report without ids names its accounts by what people type.
        ids = columns["account_id"].paths if "account_id" in columns else ()
        columns["account_id"] = Origin((*ids, *columns["login"].paths))
    constants = {**source.constants} if "status" in columns else {"status": "ACTIVE", **source.constants}
    return replace(file, source=replace(source, subject="users", columns=columns, constants=constants))


def _provider(
    found: Gathered, idp: str, files: Sequence[ExportFile], needs: Needs, engine: Engine, progress: Progress
) -> Provider:
    by_subject: dict[str, list[ExportFile]] = {}
    for file in files:
        by_subject.setdefault(file.source.subject, []).append(file)
    if "users" not in by_subject:
        raise ExportUnreadable(
            f"No file of the export has the accounts of {idp}",
            context=", ".join(file.name for file in files),
            hint="add the users file; docs/sources says how it is exported",
        )
    again = partial(read_clean, region=needs.region)
    users = [needs.trimmed(file) for file in by_subject["users"]]
    accounts = _accounts(found, idp, users, needs, engine, progress)
    accounts.index  # noqa: B018 - made here, before threads ask for it

    def side(subject: str, function: Callable[..., Told[Result]]) -> Iterator[Result]:
        return _read(found, by_subject.get(subject, []), function, needs, engine, progress)

    methods = side("methods", methods_of) if "methods" in by_subject else None
    sides = {subject: side(subject, sides_of) for subject in SIDES if subject in by_subject}
    provider = assembled(accounts, methods, sides, again)
    roles = {file.name for file in by_subject.get("roles", [])}
    refuse_lost_roles(reject for reject in found.rejects if reject.file in roles)
    for file in by_subject.get("activity", []):
        # Who used what is asked for one person at a time, by `explain`; here its rows are only checked.
        for _ in _read(found, [file], sides_of, needs, engine, progress):
            pass
    found.rejects += provider.rejects
    accounts.forget_look_ups()
    return provider


def assembled(
    accounts: Accounts,
    methods: Iterable[MethodPart] | None,
    sides: Mapping[str, Iterable[Keyed]],
    again: Callable[[Part], Clean],
) -> Provider:
    """Put together what all files of one provider say of its accounts.

    Args:
        accounts: The accounts.
        methods: Parts of its methods files; None where it has none.
        sides: "memberships", "roles" and "devices", as far as there are files → their parts.
        again: Reads and cleans a part once more.

    Raises:
        ExportUnreadable: A group holds a role, and no file says who is in groups.
    """
    held = holdings(accounts, methods or (), again, is_told=methods is not None)
    groups = roles = devices = None
    if "memberships" in sides:
        groups = belonging(sides["memberships"], accounts, "group_id", "group_name", again)
    if "roles" in sides:
        roles = belonging(sides["roles"], accounts, "role", "role_label", again)
        _refuse_roles_of_nobody(roles, groups)
    if "devices" in sides:
        devices = equipment(sides["devices"], accounts)
    return Provider(accounts, held, groups, roles, devices)


def refuse_lost_roles(rejects: Iterable[Reject]) -> None:
    """Stop where a row of a roles file could not be read at all.

    Raises:
        ExportUnreadable: It names the row.
    """
    for reject in rejects:
        raise ExportUnreadable(
            f"Line {reject.line} of {reject.file}: {reject.because}; whoever it was about may be an administrator",
            context=f"{reject.file}:{reject.line}",
            hint=f"{PULL} again, or repair that line",
        )


def _refuse_roles_of_nobody(roles: Belonging, groups: Belonging | None) -> None:
    count = len(roles.parents.keys() | roles.unclear_groups)
    if groups is None and count:
        raise ExportUnreadable(
            f"{count} groups hold administrator roles, and no file says who is in them",
            context=", ".join(sorted(roles.files)),
            hint="add the members of these groups; docs/sources says how they are exported",
        )


def refuse_foreign(found: Gathered, files: Sequence[ExportFile]) -> None:
    """Refuse an export of which one file is another company's: none of its rows is about anybody here.

    Raises:
        ExportForeign: It names the file and its first row.
    """
    lost = Counter(reject.file for reject in found.rejects if not reject.is_repeat)
    for file in files:
        if found.read_counts.get(file.name) and lost[file.name] == found.read_counts[file.name]:
            raise none_stands(found, [file])


def _accounts(
    found: Gathered, idp: str, files: Sequence[ExportFile], needs: Needs, engine: Engine, progress: Progress
) -> Accounts:
    taken = list(_read(found, files, accounts_of, needs, engine, progress))
    key = ("employee_number",) if idp == PEOPLE else ("account_id",)
    drops, rejects = repeats(
        [Rows(part.part, part.rows, part.hashes) for part in taken],
        key,
        "person" if idp == PEOPLE else "account",
        partial(read_clean, region=needs.region),
    )
    found.rejects += rejects
    whole = [part if drop is None else without_rows(part, drop) for part, drop in zip(taken, drops, strict=True)]
    if not sum(len(part.hashes) for part in whole):
        raise none_stands(found, files)
    return joined(idp, whole)


def none_stands(found: Gathered, files: Sequence[ExportFile]) -> ExportForeign:
    """Return the error for files of which not one row can be used."""
    names = {file.name for file in files}
    first = next((reject for reject in found.rejects if reject.file in names), None)
    told = f"; the first: {first.because}" if first else ""
    return ExportForeign(
        f"Not one row of {', '.join(sorted(names))} can be used{told}",
        context=f"{first.file}:{first.line}" if first else ", ".join(sorted(names)),
        hint=f"{PULL} writes all files from one tenant at one time",
    )


def _read(
    found: Gathered,
    files: Sequence[ExportFile],
    function: Callable[..., Told[Result]],
    needs: Needs,
    engine: Engine,
    progress: Progress,
) -> Iterator[Result]:
    """Yield what *function* makes of each part of *files*, and count the rows."""
    for file in files:
        found.read_counts.setdefault(file.name, 0)
        # A text is cut while its first parts are read already; how many there are is known at the end.
        pieces = parts(file) if file.form in TEXTS else list(parts(file))
        total = len(pieces) if isinstance(pieces, list) else None
        for done, (result, count, rejects) in enumerate(engine.map(partial(function, needs=needs), pieces), start=1):
            found.read_counts[file.name] += count
            found.rejects += rejects
            progress(file.name, done, total)
            yield result


def is_any_role_known(provider: Provider) -> bool:
    """Say whether any file tells who is an administrator."""
    facts = provider.accounts.facts
    return provider.roles is not None or "is_admin" in facts or provider.holdings.is_admin is not None


__all__ = ["FileRows", "Gathered", "Provider", "gather", "is_any_role_known"]
