"""Products, offers, charges, prices, bundles, discounts, promotions, commitments."""
