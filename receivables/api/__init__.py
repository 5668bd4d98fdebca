"""Receivables over the API: open items, allocations, balances."""
