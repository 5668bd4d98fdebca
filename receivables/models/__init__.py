"""Open items and the allocations between them."""

from receivables.models.allocation import Allocation, AllocationBatch
from receivables.models.dispute import DisputeMark
from receivables.models.open_item import OpenItem, OpenItemQuerySet

__all__ = ["Allocation", "AllocationBatch", "DisputeMark", "OpenItem", "OpenItemQuerySet"]
