"""Dunning, cases, promises, plans, late fees, write-offs, allowance."""
