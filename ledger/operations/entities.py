"""Set up a legal entity with everything it needs before its first document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from foundation.locks import advisory_lock
from foundation.permissions import require
from ledger.models import GLAccount, LegalEntity, NumberSeries, PostingRule
from ledger.operations.periods import open_periods
from ledger.rules.chart import CHART, POSTING_RULES

SERIES: Final = {
    "INVOICE": "{entity}-{year}-",
    "CREDIT_NOTE": "{entity}-C{year}-",
    "DEBIT_NOTE": "{entity}-D{year}-",
    "RECEIPT": "{entity}-R{year}-",
}
"""Kinds of document that every entity numbers, and how the numbers begin."""


def ensure_entity(
    *,
    code: str,
    name: str,
    country: str,
    functional_currency: str,
    time_zone: str,
    books_from: date,
    fiscal_year_start: int = 1,
    months: int = 24,
    actor: User | None = None,
    **details: Any,
) -> LegalEntity:
    """Create a legal entity with chart, posting rules, number series and open periods, or find it.

    Existing accounts, rules, series and periods are left as they are; what is missing is added.
    `books_from` is the first day of the first accounting period; `details` are further fields of
    the entity, used when it is created.
    """
    require(actor, "ledger.add_legalentity")
    with transaction.atomic():
        advisory_lock("entity", code)
        entity, _ = LegalEntity.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "country": country,
                "functional_currency": functional_currency,
                "time_zone": time_zone,
                "fiscal_year_start": fiscal_year_start,
                "created_by": actor,
                **details,
            },
        )
        _add_chart(entity)
        _add_posting_rules(entity)
        _add_series(entity, books_from, SERIES)
        open_periods(entity=entity, first=books_from, months=months, actor=actor)
    return entity


def _add_chart(entity: LegalEntity) -> None:
    GLAccount.objects.bulk_create(
        [
            GLAccount(
                entity=entity,
                number=account.number,
                name=account.name,
                kind=account.kind,
                is_control=account.is_control,
            )
            for account in CHART
        ],
        ignore_conflicts=True,
    )


def _add_posting_rules(entity: LegalEntity) -> None:
    existing = set(
        PostingRule.objects.filter(entity=entity).values_list("event", "gl_code").distinct()
    )
    PostingRule.objects.bulk_create(
        [
            PostingRule(
                entity=entity,
                event=rule.event,
                gl_code=rule.gl_code,
                debit_number=rule.debit,
                credit_number=rule.credit,
                valid=DateRange(None, None),
            )
            for rule in POSTING_RULES
            if (rule.event, rule.gl_code) not in existing
        ]
    )


def _add_series(entity: LegalEntity, books_from: date, series: Mapping[str, str]) -> None:
    numbered = set(NumberSeries.objects.filter(entity=entity).values_list("doc_type", flat=True))
    NumberSeries.objects.bulk_create(
        [
            NumberSeries(
                entity=entity,
                doc_type=doc_type,
                fiscal_year=entity.fiscal_year(books_from),
                prefix=prefix.replace("{entity}", entity.code),
            )
            for doc_type, prefix in series.items()
            if doc_type not in numbered
        ]
    )
