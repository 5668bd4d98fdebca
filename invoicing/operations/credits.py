"""Credits by hand: one person asks, another grants, and the memo is issued (ADJ-1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

import audit.operations
import invoicing.queries
from audit.choices import ApprovalState
from audit.models import ApprovalRequest
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require
from invoicing.choices import CreditScope, CreditState, DocumentType
from invoicing.models import CreditRequest, Invoice
from invoicing.operations.credit_notes import issue_credit_note
from invoicing.rules import crediting
from invoicing.rules.content import plain

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ACTION: Final = "invoicing.credit"


class CannotCredit(Refusal):
    """The credit cannot be given as asked for."""

    rule = "ADJ-1"


def request_credit(
    *,
    invoice_id: int,
    scope: CreditScope | str,
    reason_code: str,
    requester: User,
    lines: Mapping[int, Decimal] | None = None,
    amount: Decimal | None = None,
    comment: str = "",
) -> CreditRequest:
    """Ask that a document be credited: whole, by line (net by line id), or an amount of net.

    What is asked for is worked out to lines now, and checked again when it is granted.

    Raises: Forbidden; CannotCredit.
    """
    require(requester, "invoicing.request_credit")
    try:
        reason_code, comment = code_text(reason_code, 32), plain_text(comment, 500, required=False)
    except BadValue as bad:
        raise CannotCredit(bad.message, rule=bad.rule) from bad
    with transaction.atomic():
        invoice = _posted(invoice_id)
        nets = _nets(invoice, CreditScope(scope), lines or {}, amount)
        request = CreditRequest.objects.create(
            invoice=invoice,
            scope=scope,
            lines={str(line_id): str(net) for line_id, net in nets.items()},
            amount=sum(nets.values(), Decimal(0)),
            currency=invoice.currency,
            reason_code=reason_code,
            comment=comment,
            requester=requester,
            created_by=requester,
            updated_by=requester,
        )
        approval = audit.operations.request_approval(
            action=ACTION,
            subject=request,
            payload=payload_of(request),
            requester=requester,
            amount=request.amount,
            currency=request.currency,
            reason=f"{reason_code}: {comment}".rstrip(": "),
        )
        request.approval_id = approval.pk
        request.save(update_fields=["approval_id"])
    return request


def grant_credit(*, request_id: int, approver: User, on_date: date, comment: str = "") -> Invoice:
    """Grant a credit somebody else asked for; issue its credit memo dated `on_date`.

    A second call returns the memo that was issued.

    Raises: Forbidden; CannotCredit; audit.operations.CannotDecide, PayloadChanged.
    """
    require(approver, "invoicing.approve_credit")
    with transaction.atomic():
        request = _locked(request_id)
        if request.credit_note is not None:
            return request.credit_note
        if request.state != CreditState.PENDING:
            raise CannotCredit(f"Credit request {request.pk} was decided already.")
        approval = ApprovalRequest.objects.get(pk=request.approval_id or 0)
        if approval.state == ApprovalState.PENDING:
            audit.operations.approve(request_id=approval.pk, approver=approver, comment=comment)
        used = audit.operations.consume_approval(
            action=ACTION, subject=request, payload=payload_of(request)
        )
        invoice = _posted(request.invoice_id)
        nets = {int(line): Decimal(net) for line, net in request.lines.items()}
        _require_left(invoice, nets)
        note = issue_credit_note(
            original=invoice,
            nets=nets,
            reason=request.comment or request.reason_code,
            on_date=on_date,
            actor=approver,
        )
        request.state = CreditState.POSTED
        request.approver_id = used.approver_id
        request.credit_note = note
        request.updated_by = approver
        request.save()
    return note


def refuse_credit(*, request_id: int, approver: User, comment: str) -> CreditRequest:
    """Refuse a credit with the reason; nothing is issued.

    Raises: Forbidden; CannotCredit.
    """
    require(approver, "invoicing.approve_credit")
    with transaction.atomic():
        request = _locked(request_id)
        if request.state != CreditState.PENDING:
            raise CannotCredit(f"Credit request {request.pk} was decided already.")
        if request.approval_id is not None:
            audit.operations.reject(
                request_id=request.approval_id, approver=approver, comment=comment
            )
        request.state = CreditState.REJECTED
        request.updated_by = approver
        request.save()
    return request


def payload_of(request: CreditRequest) -> dict[str, Any]:
    """Return what the approval is bound to: document, lines, amount, reason."""
    return {
        "invoice": request.invoice_id,
        "lines": dict(request.lines),
        "amount": plain(request.amount),
        "currency": request.currency,
        "reason": request.reason_code,
    }


def _nets(
    invoice: Invoice, scope: CreditScope, lines: Mapping[int, Decimal], amount: Decimal | None
) -> dict[int, Decimal]:
    creditable = invoicing.queries.creditable_lines(invoice)
    try:
        if scope == CreditScope.FULL:
            return crediting.whole(creditable)
        if scope == CreditScope.LINES:
            return crediting.chosen(creditable, lines, invoice.currency)
        return crediting.spread(creditable, amount or Decimal(0), invoice.currency)
    except crediting.CannotCredit as refused:
        raise CannotCredit(str(refused)) from refused


def _require_left(invoice: Invoice, nets: Mapping[int, Decimal]) -> None:
    try:
        crediting.chosen(invoicing.queries.creditable_lines(invoice), nets, invoice.currency)
    except crediting.CannotCredit as refused:
        raise CannotCredit(f"Meanwhile this has changed. {refused}") from refused


def _posted(invoice_id: int) -> Invoice:
    """Lock a posted invoice or debit memo; its payer cannot be billed at the same time (BR-2)."""
    invoice = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice_id).first()
    if invoice is None:
        raise CannotCredit("There is no such document.")
    if not invoice.is_posted or invoice.doc_type == DocumentType.CREDIT_NOTE:
        raise CannotCredit("Only a posted invoice or debit memo can be credited.")
    advisory_lock("payer", invoice.payer_id)
    return invoice


def _locked(request_id: int) -> CreditRequest:
    request = (
        CreditRequest.objects.select_for_update(of=("self",))
        .select_related("credit_note")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise CannotCredit("There is no such credit request.")
    return request
