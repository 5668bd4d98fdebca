"""Pure policy: which debits a credit settles, what it is worth, and how old a debt is."""
