"""Customers, their contacts and their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

import audit.operations
from customers.choices import AddressRole, ContactRole, CustomerKind, CustomerStatus
from customers.models import Account, AccountAddress, Address, Contact, Customer
from customers.operations.numbers import next_number
from foundation.errors import Invalid
from foundation.permissions import require
from foundation.scope import require_sight
from tax.models import Jurisdiction

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CHANGEABLE = frozenset(
    {
        *("legal_name", "trading_name", "segment", "language", "status", "external_id"),
        *("vat_id", "registration_no"),
    }
)


@dataclass(frozen=True, slots=True)
class AddressInput:
    """An address as it is given; `jurisdiction` is the lowest place that taxes there."""

    town: str
    country: str
    line1: str = ""
    line2: str = ""
    postcode: str = ""
    region: str = ""
    jurisdiction: Jurisdiction | None = None


@transaction.atomic
def create_customer(
    *,
    legal_name: str,
    kind: CustomerKind | str,
    actor: User | None,
    number: str = "",
    trading_name: str = "",
    segment: str = "*",
    language: str = "en",
    vat_id: str = "",
    registration_no: str = "",
    external_id: str = "",
    status: CustomerStatus = CustomerStatus.ACTIVE,
) -> Customer:
    """Record a customer; without a number the next free one is drawn."""
    require(actor, "customers.add_customer")
    customer = Customer(
        number=number or next_number("customer"),
        kind=kind,
        legal_name=legal_name,
        trading_name=trading_name,
        segment=segment or "*",
        language=language,
        status=status,
        vat_id=vat_id,
        registration_no=registration_no,
        external_id=external_id,
        created_by=actor,
        updated_by=actor,
    )
    _require_valid(customer)
    customer.save()
    audit.operations.record_event(
        topic="customer.created",
        subject=customer,
        payload={"number": customer.number},
        actor=actor,
    )
    return customer


@transaction.atomic
def change_customer(
    *, customer: Customer, changes: dict[str, str], version: int, actor: User | None
) -> Customer:
    """Change descriptive fields of a customer that nobody changed since `version` was read."""
    require(actor, "customers.change_customer")
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise Invalid(f"a customer has no changeable {', '.join(sorted(unknown))}")
    require_sight(actor, customer)
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    row.require_version(version)
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_by = actor
    _require_valid(row)
    row.save()
    return row


@transaction.atomic
def add_contact(
    *,
    customer: Customer,
    role: ContactRole,
    name: str,
    actor: User | None,
    account: Account | None = None,
    email: str = "",
    phone: str = "",
    language: str = "",
) -> Contact:
    """Add a person to write to or call, for one account or for all of the customer's."""
    require(actor, "customers.add_contact")
    require_sight(actor, customer, account)
    if account is not None and account.customer_id != customer.pk:
        raise Invalid(f"account {account.number} belongs to another customer")
    if not email and not phone:
        raise Invalid("a contact needs an e-mail address or a telephone number")
    contact = Contact(
        customer=customer,
        account=account,
        role=role,
        name=name,
        email=email,
        phone=phone,
        language=language,
        created_by=actor,
    )
    _require_valid(contact)
    contact.save()
    return contact


@transaction.atomic
def set_address(
    *,
    account: Account,
    role: AddressRole,
    address: AddressInput,
    valid_from: date,
    actor: User | None,
) -> AccountAddress:
    """Give the account an address in a role from a day on.

    The address that held on that day ends there; later ones recorded already stay. A second call
    with the same day replaces what the first one set.
    """
    require(actor, "customers.change_account")
    require_sight(actor, account)
    uses = AccountAddress.objects.select_for_update().filter(account=account, role=role)
    later = min((use.valid.lower for use in uses if use.valid.lower > valid_from), default=None)
    for use in uses:
        if use.valid.lower == valid_from:
            use.delete()
        elif use.valid.lower < valid_from and (
            use.valid.upper is None or use.valid.upper > valid_from
        ):
            use.valid = (use.valid.lower, valid_from)
            use.save()
    return AccountAddress.objects.create(
        account=account,
        address=record_address(address=address, actor=actor),
        role=role,
        valid=(valid_from, later),
        created_by=actor,
    )


def record_address(*, address: AddressInput, actor: User | None) -> Address:
    """Store an address; a changed address is a new row, so that old documents keep theirs."""
    row = Address(
        line1=address.line1,
        line2=address.line2,
        town=address.town,
        postcode=address.postcode,
        region=address.region,
        country=address.country,
        jurisdiction=address.jurisdiction,
        created_by=actor,
    )
    if not row.town or len(row.country) != 2 or not row.country.isupper():
        raise Invalid("an address needs a town and a country code such as DE")
    row.save()
    return row


def _require_valid(row: Customer | Contact) -> None:
    """Refuse what the columns cannot hold, in words rather than by a database error."""
    from django.core.exceptions import ValidationError

    try:
        row.full_clean(validate_constraints=True)
    except ValidationError as error:
        raise Invalid(
            "; ".join(f"{k}: {' '.join(v)}" for k, v in error.message_dict.items()),
            column=next(iter(error.message_dict)),
        ) from error
