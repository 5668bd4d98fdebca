"""Open items, allocations, ageing."""
