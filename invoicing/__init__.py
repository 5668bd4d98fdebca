"""Charge engine, bill runs, invoices, memos, adjustments, disputes, statements, delivery."""
