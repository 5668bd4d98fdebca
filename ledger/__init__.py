"""Legal entities, currencies, FX, number series, chart of accounts, journal, periods."""
