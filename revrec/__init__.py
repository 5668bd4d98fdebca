"""Contracts, performance obligations, recognition schedules, period close."""
