"""Usage policy without a database: reading a row, finding its window, billing increments."""
