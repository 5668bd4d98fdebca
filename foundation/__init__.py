"""Ground floor: money, periods, proration, columns, SQL and COPY helpers. No tables, no nouns."""
