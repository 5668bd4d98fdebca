"""Catalogue policy, pure: what a quantity costs and which price applies."""
