from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from django.contrib.auth.models import Permission, User

import customers.operations
import ledger.operations
import receivables.operations
from customers.models import Account
from ledger.models import LegalEntity
from ledger.rules.entries import EntryLine
from payments.models import TenderType
from receivables.models import OpenItem

D = Decimal
SOURCES = count(1)


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


def open_payer(entity: LegalEntity, number: str, name: str, **more: object) -> Account:
    customer = customers.operations.create_customer(legal_name=name, kind="ORG", actor=None)
    return customers.operations.open_account(
        customer=customer,
        name=name,
        number=number,
        entity=entity,
        opened_on=date(2027, 1, 1),
        actor=None,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def payer(entity: LegalEntity) -> Account:
    return open_payer(entity, "A-100", "Brightwater Mills")


@pytest.fixture
def other_payer(entity: LegalEntity) -> Account:
    return open_payer(entity, "A-200", "Tern Logistics")


@pytest.fixture
def invoice(payer: Account) -> Callable[..., OpenItem]:
    """Open the debit of an invented invoice, journal entry included."""

    def open_one(
        amount: str,
        number: str,
        *,
        owed_by: Account = payer,
        due: date = date(2027, 2, 15),
        dated: date = date(2027, 2, 1),
    ) -> OpenItem:
        source = next(SOURCES)
        item = receivables.operations.open_debit(
            payer_id=owed_by.pk,
            entity_id=owed_by.entity_id,
            source_type="tests.invoice",
            source_id=source,
            number=number,
            doc_date=dated,
            due_date=due,
            amount=D(amount),
            currency="EUR",
        )
        ledger.operations.post_entry(
            entity=owed_by.entity,
            source_type="tests.invoice",
            source_id=source,
            event="J1",
            accounting_date=dated,
            currency="EUR",
            lines=[
                EntryLine(account="1100", debit=D(amount)),
                EntryLine(account="4200", credit=D(amount)),
            ],
        )
        return item

    return open_one


@pytest.fixture
def cheque(db: None) -> TenderType:
    return TenderType.objects.get(code="CHEQUE")


@pytest.fixture
def cash(db: None) -> TenderType:
    return TenderType.objects.get(code="CASH")


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    def make(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name, is_staff=True)
        wanted = [permission.partition(".")[2] for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
        return user

    return make
