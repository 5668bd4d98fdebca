"""Jurisdictions, rates, rules, registrations, exemptions."""
