"""Accounts: open, describe, hold and close."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

import audit.operations
from catalog.models import PriceBook
from customers import queries
from customers.choices import (
    AccountRole,
    AccountStatus,
    AddressRole,
    Delivery,
    InvoiceMode,
    SubscriptionState,
    TermsKind,
)
from customers.models import Account, AccountPosition, Customer, Subscription
from customers.models.account import take_tree_lock
from customers.operations.moves import require_lasting_place
from customers.operations.numbers import next_number
from customers.operations.parties import AddressInput, set_address
from customers.operations.tree_numbers import note_change
from customers.queries.above import objections
from foundation.errors import Invalid, Refusal
from foundation.money import minor_units, round_places
from foundation.permissions import require
from foundation.scope import require_sight
from ledger.models import LegalEntity

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZONES = frozenset(available_timezones())
CHANGEABLE = frozenset(
    {
        *("name", "cycle_code", "cycle_day", "cycle_months", "invoice_mode", "terms_kind"),
        *("terms_days", "pricebook", "credit_limit", "language", "delivery", "po_number"),
        *("cost_centre", "dunning_hold_until"),
    }
)


class CannotCloseAccount(Refusal):
    """Something of the account is still alive."""

    rule = "HIER-9"


@transaction.atomic
def open_account(
    *,
    customer: Customer,
    name: str,
    opened_on: date,
    actor: User | None,
    entity: LegalEntity | None = None,
    currency: str = "",
    parent: Account | None = None,
    role: AccountRole | None = None,
    number: str = "",
    time_zone: str = "",
    cycle_code: str = "",
    cycle_day: int = 1,
    cycle_months: int = 1,
    invoice_mode: InvoiceMode = InvoiceMode.CONSOLIDATED,
    terms_kind: TermsKind = TermsKind.NET,
    terms_days: int = 30,
    pricebook: PriceBook | None = None,
    credit_limit: Decimal | None = None,
    language: str = "",
    delivery: Delivery = Delivery.EMAIL,
    po_number: str = "",
    cost_centre: str = "",
    billing_address: AddressInput | None = None,
    service_address: AddressInput | None = None,
) -> Account:
    """Open an account as a root, or below a parent, from a day on (HIER-1, HIER-2).

    A root pays; a child does not unless `role` says so. Entity, currency and time zone default to
    the parent's; a root names its entity, whose currency and zone are the default. Takes the tree
    lock.
    """
    require(actor, "customers.add_account")
    require_sight(actor, customer, entity, parent)
    take_tree_lock()
    if parent is not None:
        parent = Account.objects.get(pk=parent.pk)
    entity = entity or (parent.entity if parent else None)
    if entity is None:
        raise Invalid("a root account needs a legal entity")
    account = Account(
        number=number or next_number("account"),
        customer=customer,
        parent=parent,
        name=name,
        role=role or (AccountRole.NON_PAYER if parent else AccountRole.PAYER),
        entity=entity,
        currency=currency or (parent.currency if parent else entity.functional_currency),
        time_zone=time_zone or (parent.time_zone if parent else entity.time_zone),
        cycle_code=cycle_code or (parent.cycle_code if parent else ""),
        cycle_day=cycle_day,
        cycle_months=cycle_months,
        invoice_mode=invoice_mode,
        terms_kind=terms_kind,
        terms_days=terms_days,
        pricebook=pricebook,
        credit_limit=credit_limit,
        language=language or customer.language,
        delivery=delivery,
        po_number=po_number,
        cost_centre=cost_centre,
        opened_on=opened_on,
        created_by=actor,
        updated_by=actor,
    )
    _require_valid(account)
    if parent is not None:
        require_lasting_place(account, parent, AccountRole(account.role), opened_on)
    _take_place(account, parent, opened_on, actor)
    for address_role, given in (
        (AddressRole.BILLING, billing_address),
        (AddressRole.SERVICE, service_address),
    ):
        if given is not None:
            set_address(
                account=account,
                role=address_role,
                address=given,
                valid_from=opened_on,
                actor=actor,
            )
    audit.operations.record_event(
        topic="account.opened", subject=account, payload={"number": account.number}, actor=actor
    )
    return account


def _take_place(
    account: Account, parent: Account | None, opened_on: date, actor: User | None
) -> None:
    """Save a new account with its position, and note that its tree has changed (HIER-7)."""
    account.save()
    if parent is not None:
        above = queries.ancestors(account=parent)
        note_change(root_ids=[above[0].pk if above else parent.pk])
        account.refresh_from_db(fields=["tree_id", "lft", "rght", "level"])
    AccountPosition.objects.create(
        account=account,
        valid=(opened_on, None),
        parent=parent,
        role=account.role,
        created_by=actor,
    )


@transaction.atomic
def change_account(
    *, account: Account, changes: dict[str, Any], version: int, actor: User | None
) -> Account:
    """Change how an account is billed, if nobody changed it since `version` was read.

    Number, entity, currency, parent and role are not among what can be changed here.
    """
    require(actor, "customers.change_account")
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise Invalid(f"an account has no changeable {', '.join(sorted(unknown))}")
    require_sight(actor, account)
    row = _locked(account)
    row.require_version(version)
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_by = actor
    _require_valid(row)
    row.save()
    return row


@transaction.atomic
def hold_billing(*, account: Account, until: date, reason: str, actor: User | None) -> Account:
    """Keep bill runs from selecting the payer up to and including the day before `until`."""
    require(actor, "customers.hold_account")
    if not reason.strip():
        raise Invalid("a hold needs a reason")
    row = _locked(account)
    row.billing_hold_until = until
    row.billing_hold_reason = reason.strip()
    row.updated_by = actor
    row.save()
    return row


@transaction.atomic
def release_billing(*, account: Account, actor: User | None) -> Account:
    """Take the billing hold off; without one nothing happens."""
    require(actor, "customers.hold_account")
    row = _locked(account)
    row.billing_hold_until = None
    row.billing_hold_reason = ""
    row.updated_by = actor
    row.save()
    return row


@transaction.atomic
def close_account(*, account: Account, on_date: date, actor: User | None) -> Account:
    """Close an account: the day is its first without life (HIER-9).

    Refused while a subscription is alive after the day, an account hangs below it, anything is
    left to bill, or an invoice or credit of it is not settled. Takes the tree lock.
    """
    require(actor, "customers.close_account")
    take_tree_lock()
    row = _locked(account)
    if row.status == AccountStatus.CLOSED:
        return row
    _require_no_life(row, on_date)
    for position in AccountPosition.objects.filter(account=row).order_by("valid"):
        if position.valid.lower >= on_date:
            position.delete()
        elif position.valid.upper is None or position.valid.upper > on_date:
            position.valid = (position.valid.lower, on_date)
            position.save()
    row.status = AccountStatus.CLOSED
    row.closed_on = on_date
    row.updated_by = actor
    row.save()
    audit.operations.record_event(
        topic="account.closed", subject=row, payload={"number": row.number}, actor=actor
    )
    return row


def _require_no_life(account: Account, on_date: date) -> None:
    if on_date <= account.opened_on:
        raise CannotCloseAccount(f"account {account.number} opened on {account.opened_on}")
    alive = Subscription.objects.filter(account=account).exclude(
        state__in=[SubscriptionState.TERMINATED, SubscriptionState.CANCELLED]
    )
    first = alive.order_by("pk").first()
    if first is not None:
        raise CannotCloseAccount(f"subscription {first.number} has not ended")
    last = (
        Subscription.objects.filter(account=account, end_on__gt=on_date)
        .order_by("-end_on")
        .first()
    )
    if last is not None:
        raise CannotCloseAccount(f"subscription {last.number} ends only on {last.end_on}")
    child = (
        AccountPosition.objects.filter(parent=account)
        .exclude(valid__fully_lt=(on_date, None))
        .select_related("account")
        .first()
    )
    if child is not None:
        raise CannotCloseAccount(f"account {child.account.number} still hangs below it")
    if found := objections(account.pk, on_date):
        raise CannotCloseAccount(f"account {account.number}: {'; '.join(found)}")


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update().get(pk=account.pk)


def _require_valid(account: Account) -> None:
    """Refuse in words what a clerk can mistype; the rest is held by the columns themselves."""
    if account.time_zone not in ZONES:
        raise Invalid(
            f"{account.time_zone!r} is not a time zone such as Europe/Berlin", column="time_zone"
        )
    if not (1 <= account.cycle_day <= 31 and 1 <= account.cycle_months <= 120):
        raise Invalid("a cycle day is 1 to 31, a cycle 1 to 120 months")
    limit = account.credit_limit
    if limit is not None and limit != round_places(limit, minor_units(account.currency)):
        raise Invalid(
            f"the limit {limit} is finer than {account.currency}",
            rule="DECIMALS",
            column="credit_limit",
        )
    try:
        account.full_clean(
            exclude=["parent", "customer", "entity", "pricebook", "created_by", "updated_by"],
            validate_constraints=False,
        )
    except ValidationError as error:
        words = (f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise Invalid("; ".join(words), column=next(iter(error.message_dict))) from error
