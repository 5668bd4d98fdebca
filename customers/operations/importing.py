"""Customers, accounts and orders from files: the same verdict dry and wet, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError, connection, transaction

import audit.operations
from audit.models import ImportBatch
from catalog.models import PriceBook
from customers.choices import OrderChannel
from customers.models import Account, Customer, Order, Subscription
from customers.operations import accounts, parties
from customers.operations.order_items import IdentifierInput, ItemInput, components_of
from customers.operations.orders import IncompleteOrder, place_order
from customers.operations.parties import AddressInput
from customers.queries.offers import version_on_sale
from customers.rules.import_rows import FORMATS, Row, parents_first, read_rows, requested_on
from foundation.errors import FileRefused, Invalid, Refusal, translate_database_error
from foundation.permissions import require
from foundation.scope import OtherEntity, narrowed, sees
from foundation.tabular import BadFile, Limits, RowProblem, read_filled_table
from ledger.models import LegalEntity
from tax.models import Jurisdiction

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LIMITS: Final = Limits(file_bytes=20 * 1024 * 1024, csv_rows=50_000, xlsx_rows=50_000)
SAME, NEW, CHANGED = "same", "new", "changed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of a row: new, changed (what, from, to) or same."""

    row: int
    key: str
    kind: str
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class ImportReport:
    """What a file did, or would do, and which rows were not taken."""

    what: str
    filename: str
    rows: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    batch: ImportBatch | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Count rows by what became of them."""
        kinds = Counter(outcome.kind for outcome in self.outcomes)
        rejected = len({problem.row for problem in self.problems})
        return {
            "rows": self.rows,
            **{kind: kinds[kind] for kind in (NEW, CHANGED, SAME)},
            "rejected_rows": rejected,
        }


def import_file(
    *,
    what: str,
    content: bytes,
    filename: str,
    as_of: date,
    actor: User | None,
    dry_run: bool = False,
    all_or_nothing: bool = False,
) -> ImportReport:
    """Take a file of `customers`, `accounts` or `orders`, in one transaction.

    A row with a fault is left out and told; with `all_or_nothing` one fault refuses the file. A
    dry run does everything and takes it back, so that its report is what would happen. The same
    content is taken once. `as_of` is today, for orders that take effect at once.

    Raises: FileRefused; audit.operations.AlreadyImported.
    Source: docs/formats/customers.md.
    """
    require(actor, "customers.import_customers")
    if what not in FORMATS:
        raise Invalid(f"a file holds {', '.join(FORMATS)}, not {what}", rule="FILE")
    report = ImportReport(what, filename)
    refusal: BadFile | None = None
    try:
        rows = _read(report, content)
    except BadFile as bad:
        rows, refusal = [], bad
    if refusal is None:
        try:
            _take(report, rows, content, as_of, actor, dry_run, all_or_nothing)
        except BadFile as bad:
            refusal = bad
    if refusal is not None:
        if not dry_run:
            _keep_refusal(report, content, actor, refusal)
        raise FileRefused(refusal) from refusal
    return report


def _keep_refusal(
    report: ImportReport, content: bytes, actor: User | None, refusal: BadFile
) -> None:
    audit.operations.refuse_batch(
        kind=f"customers.{report.what}",
        filename=report.filename,
        content=content,
        actor=actor,
        message=refusal.message,
        errors=[refusal.problem, *report.problems],
    )


def _read(report: ImportReport, content: bytes) -> list[Row]:
    form = FORMATS[report.what]
    lines = read_filled_table(
        content,
        report.filename,
        required=form.required,
        optional=form.optional,
        limits=LIMITS,
    )
    rows, report.problems = read_rows(lines, form)
    report.rows = len(lines)
    if report.what == "accounts":
        rows, circles = parents_first(rows)
        report.problems += circles
    return rows


def _take(
    report: ImportReport,
    rows: Sequence[Row],
    content: bytes,
    as_of: date,
    actor: User | None,
    dry_run: bool,
    all_or_nothing: bool,
) -> None:
    """Take the rows, each in a savepoint of its own, and close the batch."""
    with transaction.atomic():
        if not dry_run:
            report.batch = audit.operations.open_batch(
                kind=f"customers.{report.what}",
                filename=report.filename,
                content=content,
                actor=actor,
            )
        for group in _groups(report.what, rows):
            _take_group(report, group, as_of, actor)
        report.problems.sort(key=lambda problem: (problem.row, problem.column))
        report.outcomes.sort(key=lambda outcome: outcome.row)
        if all_or_nothing and report.problems:
            first = report.problems[0]
            raise BadFile(
                "ALL_OR_NOTHING",
                f"nothing was taken: {len(report.problems)} faults, the first in row "
                f"{first.row}: {first.message}",
            )
        if dry_run:
            transaction.set_rollback(True)
        elif report.batch is not None:
            audit.operations.close_batch(
                report.batch, counts=report.counts, errors=report.problems
            )


def _groups(what: str, rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Return the rows that stand or fall together: those of one order, else one each."""
    if what != "orders":
        return [[row] for row in rows]
    orders: dict[str, list[Row]] = {}
    for row in rows:
        orders.setdefault(row.values["order"], []).append(row)
    return orders.values()


def _take_group(report: ImportReport, group: list[Row], as_of: date, actor: User | None) -> None:
    takers: dict[str, Callable[[], list[Outcome]]] = {
        "customers": lambda: [_take_customer(group[0], actor)],
        "accounts": lambda: [_take_account(group[0], actor)],
        "orders": lambda: _take_order(report, group, as_of, actor),
    }
    key = str(group[0].values[FORMATS[report.what].key])
    bad = {row.number for row in group if row.is_bad}
    if bad:
        report.problems += _left_out(group, bad, key)
        return
    try:
        with transaction.atomic():
            outcomes = takers[report.what]()
            _settle()
        report.outcomes += outcomes
    except IncompleteOrder as incomplete:
        for one in incomplete.missing:
            row = group[one.item - 1] if one.item else group[0]
            value = str(row.values.get(one.field, ""))
            report.problems.append(RowProblem(row.number, one.field, value, one.rule, one.message))
            bad.add(row.number)
        report.problems += _left_out(group, bad, key)
    except Refusal as refusal:
        report.problems += _refused(group, key, refusal)
    except DatabaseError as error:
        report.problems += _refused(group, key, translate_database_error(error))


def _left_out(group: list[Row], bad: Collection[int], key: str) -> list[RowProblem]:
    """Tell the sound rows of an order that is not placed because of others."""
    message = f"row {min(bad)} belongs to the same order and cannot be taken"
    return [
        RowProblem(row.number, "order", key, "TOGETHER", message)
        for row in group
        if row.number not in bad
    ]


def _settle() -> None:
    """Let the database check now what it would check at the end, so that the row is known."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _refused(group: list[Row], key: str, refusal: Refusal) -> list[RowProblem]:
    at, rule, words = refusal.column, refusal.rule, refusal.message
    return [RowProblem(r.number, at, str(r.values.get(at, key)), rule, words) for r in group]


def _take_customer(row: Row, actor: User | None) -> Outcome:
    given = dict(row.values)
    existing = _standing(Customer, given["number"], actor)
    if existing is None:
        parties.create_customer(**given, actor=actor)
        return Outcome(row.number, given["number"], NEW)
    if given["kind"] != existing.kind:
        raise Invalid("the kind of a customer does not change", rule="KIND", column="kind")
    changes = _differences(existing, given, parties.CHANGEABLE)
    if changes:
        parties.change_customer(
            customer=existing, changes=changes, version=existing.version, actor=actor
        )
    return _outcome(row, existing, changes)


def _take_account(row: Row, actor: User | None) -> Outcome:
    given = dict(row.values)
    existing = _standing(Account, given["number"], actor)
    for name, model, by in (
        ("customer", Customer, "number"),
        ("parent", Account, "number"),
        ("entity", LegalEntity, "code"),
        ("pricebook", PriceBook, "code"),
    ):
        if name in given:
            given[name] = _found(model, by, given[name], name, actor)
    addresses = {role: _address(given, role, actor) for role in ("billing", "service")}
    if existing is None:
        account = accounts.open_account(
            **given,
            billing_address=addresses["billing"],
            service_address=addresses["service"],
            actor=actor,
        )
        return Outcome(row.number, account.number, NEW)
    for name in ("customer", "parent", "entity", "currency", "role", "opened_on"):
        if name in given and getattr(existing, name) != given[name]:
            raise Invalid(f"{name} of an account is not changed", rule="FIXED", column=name)
    changes = _differences(existing, given, accounts.CHANGEABLE)
    if changes:
        accounts.change_account(
            account=existing, changes=changes, version=existing.version, actor=actor
        )
    return _outcome(row, existing, changes)


def _take_order(
    report: ImportReport, group: list[Row], as_of: date, actor: User | None
) -> list[Outcome]:
    """Place and submit one order; one that was placed before is left as it is."""
    first = group[0].values
    if any(row.values["account"] != first["account"] for row in group):
        raise Invalid(
            "the rows of one order name different accounts", rule="ORD-12", column="account"
        )
    earlier = Order.objects.filter(external_id=first["order"]).first()
    if earlier is not None:
        _require_same(earlier, group, actor)
        return [Outcome(row.number, first["order"], SAME) for row in group]
    account = _found(Account, "number", first["account"], "account", actor)
    place_order(
        account=account,
        items=[_item(row, actor) for row in group],
        requested_on=requested_on(group),
        channel=OrderChannel.IMPORT,
        external_id=first["order"],
        po_number=first.get("po_number", ""),
        submit_as_of=as_of,
        actor=actor,
    )
    return [Outcome(row.number, first["order"], NEW) for row in group]


def _require_same(order: Order, group: list[Row], actor: User | None) -> None:
    """Refuse rows that say something else than the order that was placed before."""
    items = order.items.filter(phase_of=None, part_of=None).order_by("seq")
    placed = list(items.values_list("action", "quantity", "offer_version__offer__code"))
    names = ("action", "quantity", "offer")
    asked = [tuple(row.values.get(name) for name in names) for row in group]
    account = group[0].values["account"]
    if not sees(actor, Order, order.pk) or (order.account.number, placed) != (account, asked):
        raise Invalid(
            f"order {order.external_id} was placed before and says something else; a change is"
            " an order of its own",
            rule="REPEATED",
            column="order",
        )


def _item(row: Row, actor: User | None) -> ItemInput:
    given = {
        name: value
        for name, value in row.values.items()
        if name not in {"order", "account", "po_number", "offer", "subscription", "identifiers"}
    }
    if "offer" in row.values:
        given["offer_version"] = version_on_sale(
            code=row.values["offer"], on_date=row.values["effective_on"]
        )
    if "subscription" in row.values:
        number = row.values["subscription"]
        given["subscription"] = _found(Subscription, "number", number, "subscription", actor)
    if "target_account" in given:
        number = given["target_account"]
        given["target_account"] = _found(Account, "number", number, "target_account", actor)
    given["identifiers"] = [
        IdentifierInput(type=kind, value=value)
        for kind, value in row.values.get("identifiers", ())
    ]
    given["components"] = components_of(given.get("components", ()))
    return ItemInput(**given)


def _address(given: dict[str, Any], role: str, actor: User | None) -> AddressInput | None:
    """Take the columns of an address out of a row; None when it has none of them."""
    names = [name for name in given if name.startswith(f"{role}_")]
    parts = {name.removeprefix(f"{role}_"): given.pop(name) for name in names}
    if not parts:
        return None
    if not {"town", "country"} <= set(parts):
        column = f"{role}_{'country' if 'town' in parts else 'town'}"
        raise Invalid(
            f"the {role} address needs a town and a country", rule="ADDRESS", column=column
        )
    if "jurisdiction" in parts:
        code = parts["jurisdiction"]
        name = f"{role}_jurisdiction"
        parts["jurisdiction"] = _found(Jurisdiction, "code", code, name, actor)
    return AddressInput(**parts)


def _standing(model: Any, number: str, actor: User | None) -> Any:
    """Return the row that a file would change, or None; one of another entity is refused (F36)."""
    existing = model.objects.filter(number=number).first()
    if existing is not None and not sees(actor, model, existing.pk):
        raise OtherEntity(f"the number {number} is not yours to use", column="number")
    return existing


def _found(model: Any, by: str, value: str, name: str, actor: User | None) -> Any:
    """Return the row that a column names, if the sender sees it (F36)."""
    found = narrowed(model.objects.filter(**{by: value}), actor).first()
    if found is None:
        raise Invalid(f"there is no {name} {value}", rule="UNKNOWN", column=name)
    return found


def _differences(row: Any, given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {
        name: given[name] for name in names if name in given and getattr(row, name) != given[name]
    }


def _outcome(row: Row, existing: Any, changes: dict[str, Any]) -> Outcome:
    shown = {name: (str(getattr(existing, name)), str(new)) for name, new in changes.items()}
    return Outcome(row.number, existing.number, CHANGED if changes else SAME, shown)
