"""Policy of invoicing, pure: what is owed, what is left to bill, what a document says."""
