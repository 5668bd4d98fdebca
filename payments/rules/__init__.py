"""Pure policy: whose money is it (PAY-10)."""
