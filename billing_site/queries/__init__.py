"""Reads that span rooms."""
