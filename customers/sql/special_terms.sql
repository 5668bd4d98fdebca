-- Whether there are redirections in force on or after a day, discounts given, commitments, and moves after a day
-- that divide running periods: what a run reads only where there is any. Grain: one row. Binds: %(since)s date. Reads only.
SELECT EXISTS (SELECT FROM customers_chargeredirection WHERE valid && daterange(%(since)s, NULL)),
       EXISTS (SELECT FROM customers_granteddiscount),
       EXISTS (SELECT FROM customers_contractcommitment),
       EXISTS (SELECT FROM customers_accountposition
               WHERE splits_periods AND lower(valid) > %(since)s)
