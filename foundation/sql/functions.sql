-- Purpose: what every guard of every room builds on.
--   minor_units(currency)        decimals of a document amount (same table as currencies.py)
--   is_money(amount, currency)   empty, or a number no finer than the minor unit
--   is_number(value)             empty, or not NaN
--   refuse(rule, guard, message) the one way in which a trigger says no
-- Grain: none, they read no table. Binds: none. Repeating: CREATE OR REPLACE.
-- Plain SQL bodies without STRICT, so that the planner inlines them into checks.

CREATE OR REPLACE FUNCTION minor_units(currency char) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF',
                      'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN currency IN ('CLF', 'UYW') THEN 4
    ELSE 2
END;

CREATE OR REPLACE FUNCTION is_money(amount numeric, currency char) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN amount IS NULL OR (amount <> 'NaN' AND amount = round(amount, minor_units(currency)));

CREATE OR REPLACE FUNCTION is_number(value numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN value IS NULL OR value <> 'NaN';

CREATE OR REPLACE FUNCTION refuse(rule text, guard text, message text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = guard,
        HINT = rule,
        MESSAGE = message;
END
$$;

-- reverse:
DROP FUNCTION IF EXISTS refuse(text, text, text);
DROP FUNCTION IF EXISTS is_number(numeric);
DROP FUNCTION IF EXISTS is_money(numeric, char);
DROP FUNCTION IF EXISTS minor_units(char);
