"""Pure rules of the ledger room."""
