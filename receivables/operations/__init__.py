"""What can be done to open items: open them, settle them, take a settlement back."""

from receivables.operations.allocating import (
    CannotAllocate,
    Settlement,
    allocate,
    allocate_oldest,
    allocate_remittance,
    lock_payer,
    preview_oldest,
    preview_remittance,
)
from receivables.operations.ends import set_off_ends
from receivables.operations.many import Request, allocate_many, lock_payers
from receivables.operations.opening import (
    OPEN_ITEM_COLUMNS,
    CannotDispute,
    open_credit,
    open_debit,
    open_items_in_bulk,
    set_disputed,
)
from receivables.operations.reversing import (
    CannotReverseAllocation,
    return_credit,
    reverse_allocations,
    reverse_allocations_of_credit,
)

__all__ = [
    "OPEN_ITEM_COLUMNS",
    "CannotAllocate",
    "CannotDispute",
    "CannotReverseAllocation",
    "Request",
    "Settlement",
    "allocate",
    "allocate_many",
    "allocate_oldest",
    "allocate_remittance",
    "lock_payer",
    "lock_payers",
    "open_credit",
    "open_debit",
    "open_items_in_bulk",
    "preview_oldest",
    "preview_remittance",
    "return_credit",
    "reverse_allocations",
    "reverse_allocations_of_credit",
    "set_disputed",
    "set_off_ends",
]
