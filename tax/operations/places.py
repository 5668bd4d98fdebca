"""Places that tax, and our registrations there."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from foundation.errors import Invalid
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require
from tax.models import Jurisdiction, TaxRegistration


def add_jurisdiction(
    *,
    code: str,
    name: str,
    level: str,
    parent: Jurisdiction | None = None,
    date_basis: str = "INVOICE_DATE",
    combine_local: bool = False,
    actor: User | None,
) -> Jurisdiction:
    """Add a place to the tree (TAX-4); the code of a country is its ISO 3166 code.

    Raises: Invalid.
    """
    require(actor, "tax.change_tax_tables")
    try:
        code, name = code_text(code, 32), plain_text(name, 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    if level == "COUNTRY" and not (len(code) == 2 and code.isupper()):
        raise Invalid("a country is named by its two letters of ISO 3166", rule="TAX-4")
    with transaction.atomic():
        place = Jurisdiction.objects.create(
            code=code,
            name=name,
            level=level,
            parent=parent,
            date_basis=date_basis,
            combine_local=combine_local,
            created_by=actor,
        )
        audit.operations.record_event(topic="jurisdiction.added", subject=place, actor=actor)
    return place


def register_entity(
    *,
    entity_id: int,
    jurisdiction: Jurisdiction,
    number: str,
    starts: date,
    ends: date | None = None,
    actor: User | None,
) -> TaxRegistration:
    """Register a legal entity in a place and all that lies in it (TAX-2)."""
    require(actor, "tax.change_tax_tables")
    try:
        number = plain_text(number, 40)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    with transaction.atomic():
        registration = TaxRegistration.objects.create(
            entity_id=entity_id,
            jurisdiction=jurisdiction,
            number=number,
            valid=DateRange(starts, ends, "[)"),
            created_by=actor,
        )
        audit.operations.record_event(
            topic="tax_registration.added", subject=registration, actor=actor
        )
    return registration
