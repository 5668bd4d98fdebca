"""Memos by hand: one person asks, another grants or a limit covers it, one is issued (ADJ-1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

import audit.operations
import audit.queries
import invoicing.queries
from audit.choices import ApprovalState
from audit.models import ApprovalRequest, ReasonCode
from catalog.models import GLCode
from customers.choices import AccountRole
from customers.models import Account
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.money import quantize
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require
from foundation.scope import require_sight
from invoicing.choices import (
    CREDIT_REASONS,
    DEBIT_REASONS,
    PREPAID,
    CreditScope,
    CreditState,
    DocumentType,
    MemoKind,
)
from invoicing.models import Invoice, InvoiceLine, MemoRequest
from invoicing.operations.account_memos import issue_account_memo, printed_reason
from invoicing.operations.credit_notes import issue_credit_note
from invoicing.rules import crediting
from invoicing.rules.content import plain
from tax.models import TaxCategory

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ACTION: Final = "invoicing.credit"
DEBIT_ACTION: Final = "invoicing.debit"


class CannotCredit(Refusal):
    """The credit cannot be given as asked for."""

    rule = "ADJ-1"


def request_credit(
    *,
    invoice_id: int,
    scope: CreditScope | str,
    reason_code: str,
    requester: User,
    on_date: date,
    lines: Mapping[int, Decimal] | None = None,
    amount: Decimal | None = None,
    comment: str = "",
) -> MemoRequest:
    """Ask that a document be credited: whole, by line (net by line id), or an amount of net.

    What is asked for is worked out to lines now, and checked again when it is granted. Within
    the requester's limit nobody else is needed: the memo is issued at once, dated `on_date`.

    Raises: Forbidden; CannotCredit.
    """
    require(requester, "invoicing.request_credit")
    reason, text = _words(CREDIT_REASONS, reason_code, comment)
    with transaction.atomic():
        invoice = _posted(invoice_id)
        require_sight(requester, invoice)
        nets = _nets(invoice, CreditScope(scope), lines or {}, amount)
        return _ask(
            MemoRequest(
                kind=MemoKind.CREDIT,
                account_id=invoice.payer_id,
                invoice=invoice,
                scope=scope,
                lines={str(line_id): str(net) for line_id, net in nets.items()},
                amount=sum(nets.values(), Decimal(0)),
                currency=invoice.currency,
                reason_code=reason.code,
                comment=text,
            ),
            requester,
            on_date,
            of=invoice.net,
        )


def request_goodwill(
    *,
    account_id: int,
    amount: Decimal,
    reason_code: str,
    comment: str,
    requester: User,
    on_date: date,
    tax_category: str = "",
) -> MemoRequest:
    """Ask for a credit on account without a document (J9); with a tax category it is taxed.

    Raises: Forbidden; CannotCredit.
    """
    require(requester, "invoicing.request_credit")
    reason, text = _words(CREDIT_REASONS, reason_code, comment)
    tax_category = tax_category or reason.tax_treatment
    with transaction.atomic():
        account = _account(account_id)
        require_sight(requester, account)
        _require_amount(amount, account.currency)
        _require_category(tax_category)
        return _ask(
            MemoRequest(
                kind=MemoKind.GOODWILL,
                account=account,
                amount=amount,
                currency=account.currency,
                tax_category=tax_category,
                gl_code=reason.gl_code or "GOODWILL",
                reason_code=reason.code,
                comment=text,
            ),
            requester,
            on_date,
        )


def request_debit(
    *,
    account_id: int,
    amount: Decimal,
    reason_code: str,
    comment: str,
    requester: User,
    on_date: date,
    gl_code: str = "",
    tax_category: str = "",
    line_id: int | None = None,
) -> MemoRequest:
    """Ask for a debit memo over a net amount (J6), free-standing or on a billed line.

    On a line it carries that line's GL code and taxes; free-standing it needs a GL code, and is
    taxed by its category where it has one.

    Raises: Forbidden; CannotCredit.
    """
    require(requester, "invoicing.request_debit")
    reason, text = _words(DEBIT_REASONS, reason_code, comment)
    tax_category, gl_code = tax_category or reason.tax_treatment, gl_code or reason.gl_code
    with transaction.atomic():
        account = _account(account_id)
        require_sight(requester, account)
        _require_amount(amount, account.currency)
        _require_category(tax_category)
        invoice = None
        if line_id is not None:
            line = InvoiceLine.objects.filter(pk=line_id, invoice__payer=account).first()
            if line is None or not line.net:
                raise CannotCredit("There is no such line of this account.")
            invoice = _posted(line.invoice_id)
            gl_code, tax_category = line.gl_code, line.tax_category
        elif not GLCode.objects.filter(code=gl_code).exists():
            if not gl_code:
                raise CannotCredit(f"Name a GL code: the reason {reason.text!r} names none.")
            raise CannotCredit(f"There is no GL code {gl_code!r}.")
        return _ask(
            MemoRequest(
                kind=MemoKind.DEBIT,
                account=account,
                invoice=invoice,
                line_id=line_id,
                amount=amount,
                currency=account.currency if invoice is None else invoice.currency,
                tax_category=tax_category,
                gl_code=gl_code,
                reason_code=reason.code,
                comment=text,
            ),
            requester,
            on_date,
        )


def grant_memo(*, request_id: int, approver: User, on_date: date, comment: str = "") -> Invoice:
    """Grant a memo somebody else asked for; issue it dated `on_date`.

    A second call returns the memo that was issued.

    Raises: Forbidden; CannotCredit; audit.operations.CannotDecide, PayloadChanged.
    """
    with transaction.atomic():
        request = _locked(request_id)
        permission = approve_permission(request)
        require(approver, permission)
        if request.memo is not None:
            return request.memo
        if request.state != CreditState.PENDING:
            raise CannotCredit(f"Memo request {request.pk} was decided already.")
        approval = ApprovalRequest.objects.get(pk=request.approval_id or 0)
        if approval.state == ApprovalState.PENDING:
            audit.operations.approve(request_id=approval.pk, approver=approver, comment=comment)
        return _issue(request, approver, on_date, permission)


def refuse_memo(*, request_id: int, approver: User, comment: str) -> MemoRequest:
    """Refuse a memo with the reason; nothing is issued.

    Raises: Forbidden; CannotCredit.
    """
    with transaction.atomic():
        request = _locked(request_id)
        require(approver, approve_permission(request))
        if request.state != CreditState.PENDING:
            raise CannotCredit(f"Memo request {request.pk} was decided already.")
        if request.approval_id is not None:
            audit.operations.reject(
                request_id=request.approval_id, approver=approver, comment=comment
            )
        request.state = CreditState.REJECTED
        request.updated_by = approver
        request.save()
    return request


def approve_permission(request: MemoRequest) -> str:
    """Return what whoever grants or refuses the request must hold."""
    return "invoicing.approve_debit" if request.is_debit else "invoicing.approve_credit"


def _ask(
    request: MemoRequest, requester: User, on_date: date, of: Decimal | None = None
) -> MemoRequest:
    """Store the request, ask for its approval, and issue it where nobody else is needed."""
    texts = audit.queries.reason_texts(DEBIT_REASONS if request.is_debit else CREDIT_REASONS)
    said = texts.get(request.reason_code, request.reason_code)
    request.requester = request.created_by = request.updated_by = requester
    request.save()
    approval = audit.operations.request_approval(
        action=action_of(request),
        subject=request,
        payload=payload_of(request),
        requester=requester,
        amount=request.amount,
        currency=request.currency,
        reason=f"{said}: {request.comment}".rstrip(": "),
        of=of,
    )
    request.approval_id = approval.pk
    request.save(update_fields=["approval_id"])
    if approval.alone:
        kind = "debit" if request.is_debit else "credit"
        _issue(request, requester, on_date, f"invoicing.request_{kind}")
    return request


def _issue(request: MemoRequest, actor: User, on_date: date, permission: str) -> Invoice:
    """Use the approval and issue the memo, in one transaction."""
    used = audit.operations.consume_approval(
        action=action_of(request), subject=request, payload=payload_of(request)
    )
    if request.kind == MemoKind.CREDIT:
        invoice = _posted(request.invoice_id or 0)
        nets = {int(line): Decimal(net) for line, net in request.lines.items()}
        _require_left(invoice, nets)
        memo = issue_credit_note(
            original=invoice,
            nets=nets,
            reason=printed_reason(request),
            on_date=on_date,
            actor=actor,
            permission=permission,
        )
    else:
        advisory_lock("payer", request.account_id)
        memo = issue_account_memo(request=request, on_date=on_date, actor=actor)
    request.state = CreditState.POSTED
    request.approver_id = used.approver_id
    request.memo = memo
    request.updated_by = actor
    request.save()
    return memo


def action_of(request: MemoRequest) -> str:
    """Return the action that policies and limits know: goodwill and credits count together."""
    return DEBIT_ACTION if request.is_debit else ACTION


def payload_of(request: MemoRequest) -> dict[str, Any]:
    """Return what the approval is bound to: document, lines, amount, reason."""
    return {
        "kind": request.kind,
        "account": request.account_id,
        "invoice": request.invoice_id,
        "line": request.line_id,
        "tax_category": request.tax_category,
        "gl_code": request.gl_code,
        "lines": dict(request.lines),
        "amount": plain(request.amount),
        "currency": request.currency,
        "reason": request.reason_code,
    }


def _words(domain: str, reason_code: str, comment: str) -> tuple[ReasonCode, str]:
    """Return the reason of the list that is meant, and the text beside it."""
    try:
        code, text = code_text(reason_code, 32), plain_text(comment, 500, required=False)
    except BadValue as bad:
        raise CannotCredit(bad.message, rule=bad.rule) from bad
    known = audit.queries.reasons(domain)
    reason = known.filter(code=code).first()
    if reason is None:
        codes = ", ".join(known.values_list("code", flat=True))
        raise CannotCredit(f"There is no reason {code} to choose. The reasons are: {codes}.")
    return reason, text


def _require_amount(amount: Decimal, currency: str) -> None:
    if amount <= 0 or amount != quantize(amount, currency):
        raise CannotCredit(f"{amount} {currency} is no amount for a memo.")


def _require_category(code: str) -> None:
    if code and not TaxCategory.objects.filter(code=code).exists():
        raise CannotCredit(f"There is no tax category {code!r}.")


def _account(account_id: int) -> Account:
    """Return a paying account and hold the payer's lock (BR-2)."""
    account = Account.objects.filter(pk=account_id, role=AccountRole.PAYER).first()
    if account is None:
        raise CannotCredit("Only an account that pays for itself receives documents.")
    advisory_lock("payer", account.pk)
    return account


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
    if invoice.lines.filter(gl_code=PREPAID).exists():
        raise CannotCredit("What sold a balance is not credited: pay the balance back.")
    advisory_lock("payer", invoice.payer_id)
    return invoice


def _locked(request_id: int) -> MemoRequest:
    request = (
        MemoRequest.objects.select_for_update(of=("self",))
        .select_related("memo")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise CannotCredit("There is no such memo request.")
    return request
