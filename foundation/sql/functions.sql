-- Purpose: what every guard of every room builds on.
--   minor_units(currency)        decimals of a document amount (same table as currencies.py)
--   is_money(amount, currency)   empty, or a number no finer than the minor unit
--   is_number(value)             empty, or not NaN
--   refuse(rule, guard, message) the one way in which a trigger says no
--   require_parents()            trigger function: what new rows name is there (decision 14)
--   keep_parents()               trigger function: and rows go on naming it
-- Grain: none, they read no table of their own. Binds: none. Repeating: CREATE OR REPLACE.
-- Plain SQL bodies without STRICT, so that the planner inlines them into checks. A run makes some
-- fifty amounts an invoice: the usual case is answered first.

CREATE OR REPLACE FUNCTION minor_units(currency char) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN currency NOT IN (
        'BHD', 'BIF', 'CLF', 'CLP', 'DJF', 'GNF', 'IQD', 'ISK', 'JOD', 'JPY', 'KMF', 'KRW', 'KWD',
        'LYD', 'OMR', 'PYG', 'RWF', 'TND', 'UGX', 'UYI', 'UYW', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
    ) THEN 2
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN currency IN ('CLF', 'UYW') THEN 4
    ELSE 0
END;

CREATE OR REPLACE FUNCTION is_money(amount numeric, currency char) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN amount IS NULL OR (amount <> 'NaN' AND (
    scale(amount) <= minor_units(currency) OR amount = round(amount, minor_units(currency))));

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

-- Arguments: column, table, column, table … The statement's new rows are called `added`. For tables
-- that are filled by COPY and name parents that are never deleted, whose ids never change.
CREATE OR REPLACE FUNCTION require_parents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    FOR at IN 0 .. TG_NARGS - 1 BY 2 LOOP
        EXECUTE format(
            'SELECT a.id FROM (SELECT DISTINCT %1$I AS id FROM added WHERE %1$I IS NOT NULL) AS a '
            'WHERE NOT EXISTS (SELECT FROM %2$I AS p WHERE p.id = a.id) LIMIT 1',
            TG_ARGV[at], TG_ARGV[at + 1]
        ) INTO missing;
        IF missing IS NOT NULL THEN
            PERFORM refuse('D5', TG_NAME, format(
                '%s of %s names a row of %s that is not there: %s',
                TG_ARGV[at], TG_TABLE_NAME, TG_ARGV[at + 1], missing));
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION keep_parents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('D5', TG_NAME, format(
        'row %s of %s stays with what it was made for', OLD.id, TG_TABLE_NAME));
    RETURN NULL;
END
$$;

-- reverse:
DROP FUNCTION IF EXISTS keep_parents() CASCADE;
DROP FUNCTION IF EXISTS require_parents() CASCADE;
DROP FUNCTION IF EXISTS refuse(text, text, text);
DROP FUNCTION IF EXISTS is_number(numeric);
DROP FUNCTION IF EXISTS is_money(numeric, char);
DROP FUNCTION IF EXISTS minor_units(char);
