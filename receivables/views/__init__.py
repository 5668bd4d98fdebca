"""The pages of receivables: ageing, a payer's items, one item and its allocations."""

from receivables.views.ageing import AgeingList
from receivables.views.items import (
    AccountItems,
    ApplyCredits,
    DisputeForm,
    ItemList,
    ItemPage,
    ReverseAllocation,
)

__all__ = [
    "AccountItems",
    "AgeingList",
    "ApplyCredits",
    "DisputeForm",
    "ItemList",
    "ItemPage",
    "ReverseAllocation",
]
