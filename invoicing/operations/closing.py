"""What keeps an account from being closed: whatever of it is not billed yet (HIER-9)."""

from __future__ import annotations

from datetime import date

from invoicing.models import BillRunAccount, ChargeItem
from invoicing.operations.next_invoices import CannotPreview
from invoicing.operations.previewing import next_invoice


def left_to_do(account_id: int, on_date: date) -> str:
    """Say what of an account is not billed yet by the next bill; empty when nothing is.

    Looks at an open run, at memos that wait, and at the next invoice of whoever pays for it, by
    the run's own code: last usage, a credit for days given back, what was never billed.
    """
    run = BillRunAccount.objects.filter(payer_id=account_id, is_open=True).first()
    if run is not None:
        return f"bill run {run.run_id} is not finished with it"
    waiting = ChargeItem.objects.filter(
        account_id=account_id,
        subscription_charge_id=0,
        line_id__isnull=True,
    )
    if waiting.exists():
        return "a credit or debit waits for its next invoice"
    try:
        found = next_invoice(account_id=account_id, as_of=on_date)
    except CannotPreview:  # nobody bills it: there is no cycle that would
        return ""
    if found.problem:
        return f"its next invoice cannot be calculated: {found.problem}"
    line = next((one for one in found.lines if one.account_id == account_id and one.net), None)
    if line is None:
        return ""
    return f"{line.text} from {line.start} is not billed yet"
