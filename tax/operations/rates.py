"""Tax types, rates and rules.

A change begins on a day that is not past: posted documents keep their tax (TAX-12), and open days
must not change behind anybody's back (TAX-15). The row in force before it ends on that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

import audit.operations
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require
from tax.models import Jurisdiction, TaxCategory, TaxRate, TaxRule, TaxType

Dated = TypeVar("Dated", TaxRate, TaxRule)


class RetroactiveTaxChange(Refusal):
    """The change would alter the tax of days past."""

    rule = "TAX-15"


def define_category(
    *,
    code: str,
    name: str,
    nature: str,
    sourcing: str = "SERVICE_ADDRESS",
    actor: User | None,
) -> TaxCategory:
    """Define a tax category by its code; a second call changes name, nature and sourcing."""
    require(actor, "tax.change_tax_tables")
    try:
        code, name = code_text(code, 32), plain_text(name, 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    values = {"name": name, "nature": nature, "sourcing": sourcing}
    with transaction.atomic():
        category = TaxCategory.objects.select_for_update().filter(code=code).first()
        if category is None:
            return TaxCategory.objects.create(code=code, created_by=actor, **values)
        if any(getattr(category, name) != value for name, value in values.items()):
            for field, value in values.items():
                setattr(category, field, value)
            category.updated_by = actor
            category.save()
    return category


def add_tax_type(
    *,
    code: str,
    name: str,
    sequence: int = 1,
    compounds_on: Iterable[TaxType] = (),
    pass_through: bool = False,
    gl_number: str = "",
    actor: User | None,
) -> TaxType:
    """Add a tax; `compounds_on` are taxes of a lower sequence that join its base (TAX-8).

    Raises: Forbidden; Invalid for a code that is taken, and a base that is not computed before.
    """
    require(actor, "tax.change_tax_tables")
    try:
        code, name = code_text(code, 32), plain_text(name, 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    base = list(compounds_on)
    if late := [tax.code for tax in base if tax.sequence >= sequence]:
        raise Invalid(
            f"{', '.join(late)} is not computed before it: the number must be lower than "
            f"{sequence}",
            rule="TAX-8",
            column="compounds_on",
        )
    if TaxType.objects.filter(code=code).exists():
        raise Invalid(f"there is a tax {code} already", column="code")
    with transaction.atomic():
        tax = TaxType.objects.create(
            code=code,
            name=name,
            sequence=sequence,
            pass_through=pass_through,
            gl_number=gl_number or ("2210" if pass_through else "2200"),
            created_by=actor,
        )
        tax.compounds_on.set(base)
        audit.operations.record_event(topic="tax_type.added", subject=tax, actor=actor)
    return tax


def add_rate(
    *,
    jurisdiction: Jurisdiction,
    tax_type: TaxType,
    rate: Decimal,
    starts: date,
    on_date: date,
    code: str = "STANDARD",
    kind: str = "PERCENT",
    ends: date | None = None,
    cap: Decimal | None = None,
    cap_scope: str = "LINE",
    currency: str = "",
    actor: User | None,
) -> TaxRate:
    """Add a rate from a day on; the rate in force before it ends on that day.

    The first rate of a code may begin in the past, a change may not: `on_date` is today.

    Raises: RetroactiveTaxChange; Invalid.
    """
    require(actor, "tax.change_tax_tables")
    _require_order(starts, ends)
    with transaction.atomic():
        advisory_lock("tax", f"rate:{jurisdiction.pk}:{tax_type.pk}:{code}")
        same = TaxRate.objects.filter(jurisdiction=jurisdiction, tax_type=tax_type, code=code)
        _end_before(same, starts, on_date, actor)
        added = TaxRate.objects.create(
            jurisdiction=jurisdiction,
            tax_type=tax_type,
            code=code,
            kind=kind,
            rate=rate,
            cap=cap,
            cap_scope=cap_scope,
            currency=currency,
            valid=DateRange(starts, ends, "[)"),
            created_by=actor,
        )
        audit.operations.record_event(
            topic="tax_rate.added",
            subject=added,
            payload={"rate": str(rate), "from": starts.isoformat()},
            actor=actor,
        )
    return added


def add_rule(
    *,
    jurisdiction: Jurisdiction,
    tax_type: TaxType,
    treatment: str,
    starts: date,
    on_date: date,
    category: str = "*",
    customer_kind: str = "*",
    rate_code: str = "",
    taxable_share: Decimal = Decimal(1),
    reason: str = "",
    ends: date | None = None,
    actor: User | None,
) -> TaxRule:
    """Add a rule from a day on (TAX-5); the rule of the same scope before it ends on that day.

    A TAXABLE rule without `rate_code` takes STANDARD.

    Raises: RetroactiveTaxChange; Invalid.
    """
    require(actor, "tax.change_tax_tables")
    _require_order(starts, ends)
    if treatment == "TAXABLE":
        rate_code = rate_code or "STANDARD"
    elif treatment != "ZERO" and not reason:
        raise Invalid("say why nothing is charged; the invoice prints it", rule="TAX-5")
    with transaction.atomic():
        scope = f"rule:{jurisdiction.pk}:{tax_type.pk}:{category}:{customer_kind}"
        advisory_lock("tax", scope)
        same = TaxRule.objects.filter(
            jurisdiction=jurisdiction,
            tax_type=tax_type,
            category=category,
            customer_kind=customer_kind,
        )
        _end_before(same, starts, on_date, actor)
        added = TaxRule.objects.create(
            jurisdiction=jurisdiction,
            tax_type=tax_type,
            category=category,
            customer_kind=customer_kind,
            treatment=treatment,
            rate_code=rate_code,
            taxable_share=taxable_share,
            reason=reason,
            valid=DateRange(starts, ends, "[)"),
            created_by=actor,
        )
        audit.operations.record_event(topic="tax_rule.added", subject=added, actor=actor)
    return added


def end_rate(*, rate_id: int, ends: date, on_date: date, actor: User | None) -> TaxRate:
    """End a rate on a day that is not past.

    Raises: RetroactiveTaxChange; Invalid.
    """
    require(actor, "tax.change_tax_tables")
    with transaction.atomic():
        return _end(TaxRate.objects.select_for_update().get(pk=rate_id), ends, on_date, actor)


def end_rule(*, rule_id: int, ends: date, on_date: date, actor: User | None) -> TaxRule:
    """End a rule on a day that is not past.

    Raises: RetroactiveTaxChange; Invalid.
    """
    require(actor, "tax.change_tax_tables")
    with transaction.atomic():
        return _end(TaxRule.objects.select_for_update().get(pk=rule_id), ends, on_date, actor)


def _end_before(same: QuerySet[Dated], starts: date, on_date: date, actor: User | None) -> None:
    rows = list(same.select_for_update())
    if rows and starts < on_date:
        raise RetroactiveTaxChange(
            f"{starts} is past; a change of tax begins on {on_date} or later"
        )
    for row in rows:
        if row.valid.lower < starts and (row.valid.upper is None or row.valid.upper > starts):
            _end(row, starts, on_date, actor)


def _end(row: Dated, ends: date, on_date: date, actor: User | None) -> Dated:
    if ends < on_date:
        raise RetroactiveTaxChange(f"{ends} is past; a tax row ends on {on_date} or later")
    if not row.valid.lower < ends or (row.valid.upper is not None and ends > row.valid.upper):
        raise Invalid("the end lies outside of the validity", rule="PER-1")
    row.valid = DateRange(row.valid.lower, ends, "[)")
    row.updated_by = actor
    row.save()
    return row


def _require_order(starts: date, ends: date | None) -> None:
    if ends is not None and ends <= starts:
        raise Invalid("the validity ends before it begins", rule="PER-1")
