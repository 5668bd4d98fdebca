from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, Protocol

import pytest
from django.contrib.auth.models import Permission, User

import customers.operations
import ledger.operations
import receivables.operations
from customers.models import Account
from ledger.models import LegalEntity
from ledger.rules.entries import EntryLine
from receivables.models import OpenItem

D = Decimal


class Opener(Protocol):
    """Opens an item for an invented document, journal entry included."""

    def __call__(
        self,
        amount: str,
        *,
        due: date = ...,
        dated: date = ...,
        number: str = ...,
        payer: Account = ...,
        currency: str = ...,
        rate: str = ...,
    ) -> OpenItem: ...


@pytest.fixture
def entity(db: None) -> LegalEntity:
    return ledger.operations.ensure_entity(
        code="EU",
        name="Larkfield EU",
        country="AV",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=date(2027, 1, 1),
    )


@pytest.fixture
def payer(entity: LegalEntity) -> Account:
    return open_payer(entity, "A-100", "Brightwater Mills")


@pytest.fixture
def other_payer(entity: LegalEntity) -> Account:
    return open_payer(entity, "A-200", "Tern Logistics")


def open_payer(entity: LegalEntity, number: str, name: str, currency: str = "EUR") -> Account:
    customer = customers.operations.create_customer(legal_name=name, kind="ORG", actor=None)
    return customers.operations.open_account(
        customer=customer,
        name=name,
        number=number,
        entity=entity,
        currency=currency,
        opened_on=date(2027, 1, 1),
        actor=None,
    )


SOURCES = count(1)


def open_item(
    side: str,
    payer: Account,
    amount: str,
    *,
    due: date,
    dated: date,
    number: str,
    currency: str,
    rate: str,
) -> OpenItem:
    """Open an item and post what its document would have posted."""
    source = next(SOURCES)
    common: dict[str, Any] = {
        "payer_id": payer.pk,
        "entity_id": payer.entity_id,
        "source_type": f"tests.document{side}".lower(),
        "source_id": source,
        "number": number or f"{side}-{source}",
        "doc_date": dated,
        "amount": D(amount),
        "currency": currency,
        "fx_rate": D(rate),
    }
    if side == "D":
        item = receivables.operations.open_debit(due_date=due, **common)
        accounts = ("1100", "4200")
    else:
        item = receivables.operations.open_credit(**common)
        accounts = ("4800", "2100")
    ledger.operations.post_entry(
        entity=payer.entity,
        source_type=common["source_type"],
        source_id=source,
        event="J1" if side == "D" else "J9",
        accounting_date=dated,
        currency=currency,
        fx_rate=D(rate),
        lines=[
            EntryLine(account=accounts[0], debit=D(amount)),
            EntryLine(account=accounts[1], credit=D(amount)),
        ],
    )
    return item


def opener(side: str, payer: Account) -> Opener:
    def open_one(
        amount: str,
        *,
        due: date = date(2027, 2, 15),
        dated: date = date(2027, 2, 1),
        number: str = "",
        payer: Account = payer,
        currency: str = "EUR",
        rate: str = "1",
    ) -> OpenItem:
        return open_item(
            side,
            payer,
            amount,
            due=due,
            dated=dated,
            number=number,
            currency=currency,
            rate=rate,
        )

    return open_one


@pytest.fixture
def debit(payer: Account) -> Opener:
    return opener("D", payer)


@pytest.fixture
def credit(payer: Account) -> Opener:
    return opener("C", payer)


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    def make(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name, is_staff=True)
        wanted = [permission.partition(".")[2] for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
        return user

    return make
