"""Verbs of taxes and exchange rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import customers.operations
import ledger.operations
import tax.operations
from billing_site.scenarios.stage import NoSuchName, Scene
from billing_site.scenarios.verbs.registry import verb
from customers.models import ExemptionCertificate
from ledger.choices import RateKind
from tax.models import TaxType

ALL = Decimal(1)


@verb("tax.rate")
def rate(
    scene: Scene,
    *,
    place: str,
    tax_: str,
    rate_: Decimal,
    from_: date | None = None,
    code: str = "STANDARD",
) -> None:
    """Change a rate of tax (a fraction) from a day on (TAX-15)."""
    tax.operations.add_rate(
        jurisdiction=scene.place(place),
        tax_type=_type(tax_),
        rate=rate_,
        code=code,
        starts=from_ or scene.day,
        on_date=scene.day,
        actor=None,
    )


@verb("tax.rule")
def rule(
    scene: Scene,
    *,
    place: str,
    tax_: str,
    treatment: str,
    category: str = "*",
    customer_kind: str = "*",
    rate_code: str = "",
    reason: str = "",
    from_: date | None = None,
) -> None:
    """Change how a place treats a category from a day on (TAX-5)."""
    tax.operations.add_rule(
        jurisdiction=scene.place(place),
        tax_type=_type(tax_),
        treatment=treatment,
        category=category,
        customer_kind=customer_kind,
        rate_code=rate_code,
        reason=reason,
        starts=from_ or scene.day,
        on_date=scene.day,
        actor=None,
    )


@verb("tax.certificate")
def certificate(
    scene: Scene,
    *,
    account: str,
    place: str,
    from_: date | None = None,
    until: date | None = None,
    percent: Decimal = ALL,
    flows_down: bool = False,
) -> None:
    """Have an exemption certificate recorded and approved (TAX-6); `percent` is a fraction."""
    row = customers.operations.draft_certificate(
        account=scene.account(account),
        number=f"EX-{scene.seconds}",
        jurisdiction=scene.place(place),
        valid_from=from_ or scene.day,
        valid_to=until,
        percent=percent,
        flows_down=flows_down,
        actor=scene.cast.care,
    )
    customers.operations.request_certificate(certificate=row, requester=scene.cast.care)
    customers.operations.approve_certificate(certificate=row, approver=scene.cast.approver)


@verb("tax.revoke")
def revoke(
    scene: Scene, *, account: str, reason: str = "no longer tax-free", from_: date | None = None
) -> None:
    """Revoke the newest certificate of an account from a day on (TAX-6)."""
    row = ExemptionCertificate.objects.filter(account=scene.account(account)).latest("pk")
    customers.operations.revoke_certificate(
        certificate=row,
        revoked_from=from_ or scene.day,
        reason=reason,
        actor=scene.cast.approver,
    )


@verb("tax.vat_check")
def vat_check(scene: Scene, *, account: str, valid: bool) -> None:
    """Record what a check of the customer's VAT number said (TAX-7)."""
    customers.operations.record_vat_id_check(
        customer=scene.account(account).customer,
        checked_on=scene.day,
        is_valid=valid,
        source="scenario",
        actor=scene.cast.care,
    )


@verb("fx.rate")
def fx(scene: Scene, *, base: str, quote: str, rate_: Decimal, kind: str = "SPOT") -> None:
    """Record an exchange rate of the day: so many `quote` for one `base`."""
    ledger.operations.add_rate(
        base=base,
        quote=quote,
        kind=RateKind(kind),
        on_date=scene.day,
        rate=rate_,
        source="scenario",
        actor=None,
    )


def _type(code: str) -> TaxType:
    found = TaxType.objects.filter(code=code).first()
    if found is None:
        raise NoSuchName(f"there is no tax {code}")
    return found
