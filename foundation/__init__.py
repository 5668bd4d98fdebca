"""Money, allocation, periods, proration, COPY and SQL helpers, fields; no tables."""
