"""The pages of receivables: ageing, a payer's items, one item and its allocations."""

from receivables.views.ageing import AgeingList
from receivables.views.disputes import DisputeForm
from receivables.views.items import (
    AccountItems,
    ApplyCredits,
    ItemPage,
    ReverseAllocation,
)
from receivables.views.list_of_items import ItemList

__all__ = [
    "AccountItems",
    "AgeingList",
    "ApplyCredits",
    "DisputeForm",
    "ItemList",
    "ItemPage",
    "ReverseAllocation",
]
