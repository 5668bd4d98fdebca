-- Purpose: the journal balances, is dated in an open period, and is never changed (D6, LED-1, LED-2).
-- Grain: one check per INSERT or COPY statement, over its new rows (transition tables): a row-level
--   trigger would cost fifteen times as much in a bill run.
-- Binds: none. Repeating: functions are replaced, triggers renewed. Triggers are ENABLE ALWAYS.

-- The joins are fixed as index look-ups line by line: on young tables without statistics the
-- planner would pair every line with every entry of its company.
CREATE OR REPLACE FUNCTION ledger_require_balance() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET join_collapse_limit = 1
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT s.*, e.posted_at INTO wrong
    FROM (
        SELECT entry_id,
               sum(debit) AS debit, sum(credit) AS credit,
               sum(functional_debit) AS functional_debit,
               sum(functional_credit) AS functional_credit,
               max(greatest(min_scale(functional_debit), min_scale(functional_credit))) AS decimals,
               min(currency) AS currency, max(currency) AS other_currency
        FROM new_lines
        GROUP BY entry_id
    ) AS s
    LEFT JOIN ledger_journalentry AS e ON e.id = s.entry_id
    LEFT JOIN ledger_legalentity AS o ON o.id = e.entity_id
    WHERE s.debit <> s.credit
       OR s.functional_debit <> s.functional_credit
       OR s.functional_debit = 'NaN'
       OR s.decimals > minor_units(o.functional_currency)
       OR s.currency <> e.currency
       OR s.other_currency <> e.currency
       OR e.posted_at IS DISTINCT FROM now()
    LIMIT 1;
    IF NOT FOUND THEN
        NULL;
    ELSIF wrong.debit <> wrong.credit OR wrong.functional_debit <> wrong.functional_credit THEN
        PERFORM refuse('LED-1', 'ledger_journalline_balances', format(
            'entry %s does not balance: debit %s, credit %s; functional debit %s, credit %s',
            wrong.entry_id, wrong.debit, wrong.credit,
            wrong.functional_debit, wrong.functional_credit));
    ELSIF wrong.posted_at IS DISTINCT FROM now() THEN
        PERFORM refuse('LED-1', 'ledger_journalline_joins_no_old_entry', format(
            'entry %s is posted: no line is added to it', wrong.entry_id));
    ELSE
        PERFORM refuse('LED-1', 'ledger_journalline_fits_entry', format(
            'a line of entry %s is not in the entry''s currency, or finer than the minor unit of '
            'the functional currency', wrong.entry_id));
    END IF;

    SELECT used.account_id INTO wrong
    FROM (
        SELECT DISTINCT l.account_id, e.entity_id
        FROM new_lines AS l
        JOIN ledger_journalentry AS e ON e.id = l.entry_id
    ) AS used
    LEFT JOIN ledger_glaccount AS a ON a.id = used.account_id AND a.entity_id = used.entity_id
    WHERE a.id IS NULL
    LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('LED-1', 'ledger_journalline_fits_entry', format(
            'account %s is not in the chart of the entry''s entity', wrong.account_id));
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS ledger_journalline_balances ON ledger_journalline;
CREATE TRIGGER ledger_journalline_balances AFTER INSERT ON ledger_journalline
    REFERENCING NEW TABLE AS new_lines
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_require_balance();
ALTER TABLE ledger_journalline ENABLE ALWAYS TRIGGER ledger_journalline_balances;

-- The share lock on the period row makes a close wait for the postings under way, and every
-- posting after it see the closed period (F45).
CREATE OR REPLACE FUNCTION ledger_require_open_period() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    dated record;
    found_state text;
BEGIN
    FOR dated IN SELECT DISTINCT entity_id, accounting_date FROM new_entries ORDER BY 1, 2 LOOP
        SELECT p.state INTO found_state
        FROM ledger_accountingperiod AS p
        WHERE p.entity_id = dated.entity_id AND p.period @> dated.accounting_date
        FOR SHARE;
        IF NOT FOUND THEN
            PERFORM refuse('LED-2', 'ledger_journalentry_in_open_period', format(
                'no accounting period is open for %s', dated.accounting_date));
        ELSIF found_state = 'CLOSED'
           OR (found_state = 'SOFT_CLOSED'
               AND coalesce(current_setting('billing.finance', true), '') <> 'on') THEN
            PERFORM refuse('LED-2', 'ledger_journalentry_in_open_period', format(
                'the accounting period of %s is %s', dated.accounting_date,
                replace(lower(found_state), '_', ' ')));
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS ledger_journalentry_in_open_period ON ledger_journalentry;
CREATE TRIGGER ledger_journalentry_in_open_period AFTER INSERT ON ledger_journalentry
    REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_require_open_period();
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER ledger_journalentry_in_open_period;

-- The entity needs no look: only an entity that is there has an open period.
DROP TRIGGER IF EXISTS ledger_journalentry_names_its_actor ON ledger_journalentry;
CREATE TRIGGER ledger_journalentry_names_its_actor AFTER INSERT ON ledger_journalentry
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_parents('actor_id', 'auth_user');
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER ledger_journalentry_names_its_actor;

SELECT make_append_only('ledger_journalentry');
SELECT make_append_only('ledger_journalline');

-- reverse:
DROP FUNCTION IF EXISTS ledger_require_open_period() CASCADE;
DROP FUNCTION IF EXISTS ledger_require_balance() CASCADE;
DROP TRIGGER IF EXISTS ledger_journalentry_names_its_actor ON ledger_journalentry;
DROP TRIGGER IF EXISTS ledger_journalentry_append_only ON ledger_journalentry;
DROP TRIGGER IF EXISTS ledger_journalentry_no_truncate ON ledger_journalentry;
DROP TRIGGER IF EXISTS ledger_journalline_append_only ON ledger_journalline;
DROP TRIGGER IF EXISTS ledger_journalline_no_truncate ON ledger_journalline;
