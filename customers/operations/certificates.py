"""Exemption certificates, approved by a second person, and checks of VAT numbers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

import audit.operations
from customers.choices import CertificateState
from customers.models import Account, Customer, ExemptionCertificate, VatIdCheck
from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from foundation.scope import require_sight
from tax.models import Jurisdiction, TaxType

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotDecideCertificate(Refusal):
    """The certificate is not in the state that the step needs."""

    rule = "TAX-6"


DECISION: Final = audit.operations.Decision(
    ExemptionCertificate, "customers.approve_certificate", CannotDecideCertificate,
    name="certificate", again="send it again",
)  # fmt: skip


@transaction.atomic
def draft_certificate(
    *,
    account: Account,
    number: str,
    jurisdiction: Jurisdiction,
    valid_from: date,
    actor: User | None,
    valid_to: date | None = None,
    tax_type: TaxType | None = None,
    category_code: str = "",
    percent: Decimal = Decimal(1),
    flows_down: bool = False,
    document_reference: str = "",
) -> ExemptionCertificate:
    """Draft a certificate; `percent` is the exempt fraction. Nothing is exempt before approval."""
    require(actor, "customers.add_exemptioncertificate")
    require_sight(actor, account)
    if valid_to is not None and valid_to <= valid_from:
        raise Invalid("a certificate ends after it starts")
    if not Decimal(0) < percent <= 1:
        raise Invalid("the exempt share is more than 0 and at most 1")
    return ExemptionCertificate.objects.create(
        account=account,
        number=number,
        jurisdiction=jurisdiction,
        tax_type=tax_type,
        category_code=category_code,
        percent=percent,
        valid=(valid_from, valid_to),
        flows_down=flows_down,
        document_reference=document_reference,
        created_by=actor,
        updated_by=actor,
    )


@transaction.atomic
def request_certificate(
    *, certificate: ExemptionCertificate, requester: User
) -> ExemptionCertificate:
    """Send a draft for approval; from here on its content is kept as it was sent.

    One that waits already is sent again only when its request has expired.
    """
    require(requester, "customers.request_certificate")
    row = DECISION.locked(certificate)
    if row.state in {CertificateState.APPROVED, CertificateState.REVOKED}:
        raise CannotDecideCertificate(f"certificate {row.number} was decided already")
    if row.state != CertificateState.PENDING:
        row.state = CertificateState.PENDING
        row.requested_by = requester
        row.save()
    audit.operations.request_approval(
        action=DECISION.action,
        subject=row,
        payload=_payload(row),
        requester=requester,
        reason=f"exemption certificate {row.number}",
    )
    return row


@transaction.atomic
def approve_certificate(
    *, certificate: ExemptionCertificate, approver: User, comment: str = ""
) -> ExemptionCertificate:
    """Approve a certificate that somebody else sent; it holds from now on (TAX-6)."""
    require(approver, DECISION.action)
    row = DECISION.waiting(certificate)
    used = DECISION.approve(row, _payload(row), approver=approver, comment=comment)
    row.state = CertificateState.APPROVED
    row.approved_by = used.approver
    row.updated_by = approver
    row.save()
    return row


@transaction.atomic
def reject_certificate(
    *, certificate: ExemptionCertificate, approver: User, comment: str
) -> ExemptionCertificate:
    """Send a certificate back with the reason."""
    row = DECISION.reject(certificate, approver=approver, comment=comment)
    row.state = CertificateState.REJECTED
    row.updated_by = approver
    row.save()
    return row


@transaction.atomic
def revoke_certificate(
    *, certificate: ExemptionCertificate, revoked_from: date, reason: str, actor: User | None
) -> ExemptionCertificate:
    """Take an approved certificate out of force from a day on (TAX-6).

    Documents dated `revoked_from` or later are taxed, those before it are not; the first day of
    the certificate makes it worthless from the start. What was posted keeps its tax (D5).

    Raises: Forbidden; CannotDecideCertificate; Invalid.
    """
    require(actor, DECISION.action)
    row = DECISION.locked(certificate)
    if row.state != CertificateState.APPROVED:
        raise CannotDecideCertificate(f"certificate {row.number} is not in force")
    first, end = row.valid.lower, row.valid.upper
    if (first and revoked_from < first) or (end and revoked_from >= end):
        last = f" to {end - timedelta(days=1)}" if end else " on"
        raise Invalid(
            f"certificate {row.number} is valid from {first}{last}; it is revoked from one of "
            "these days",
            column="revoked_from",
        )
    if not reason.strip():
        raise Invalid("say why the certificate is revoked", column="reason")
    row.state = CertificateState.REVOKED
    row.revoked_from = revoked_from
    row.revoked_reason = reason.strip()
    row.updated_by = actor
    row.save()
    audit.operations.record_event(
        topic="certificate.revoked",
        subject=row,
        payload={"from": revoked_from.isoformat(), "reason": row.revoked_reason},
        actor=actor,
    )
    return row


@transaction.atomic
def record_vat_id_check(
    *,
    customer: Customer,
    checked_on: date,
    is_valid: bool,
    source: str,
    actor: User | None,
    consultation_reference: str = "",
) -> VatIdCheck:
    """Keep the answer of a check of the customer's VAT number (TAX-7)."""
    require(actor, "customers.change_customer")
    if not customer.vat_id:
        raise Invalid(f"customer {customer.number} has no VAT number")
    return VatIdCheck.objects.create(
        customer=customer,
        vat_id=customer.vat_id,
        checked_on=checked_on,
        is_valid=is_valid,
        source=source,
        consultation_reference=consultation_reference,
        checked_by=actor,
    )


def _payload(row: ExemptionCertificate) -> dict[str, Any]:
    """Return what the approval is bound to."""
    return {
        "number": row.number,
        "account": row.account_id,
        "jurisdiction": row.jurisdiction_id,
        "tax_type": row.tax_type_id,
        "category": row.category_code,
        "percent": f"{row.percent:.7f}",
        "valid": [str(day) for day in (row.valid.lower, row.valid.upper) if day],
        "flows_down": row.flows_down,
    }
