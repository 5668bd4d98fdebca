"""Usage, rating, suspense, balances, entitlements, pools."""
