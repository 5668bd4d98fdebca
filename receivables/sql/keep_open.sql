-- Purpose: allocations, and nothing else, move what is open on the items they join (AR-1 … AR-4, F17).
-- Grain: one INSERT statement into receivables_allocation, however many rows.
-- Repeating: not applicable; rows are append-only and each mirror is unique.
-- Locks: the touched open items, in order of id, before they are changed.

CREATE FUNCTION receivables_keep_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken bigint;
BEGIN
    PERFORM 1 FROM receivables_openitem
     WHERE id IN (SELECT debit_item_id FROM added UNION SELECT credit_item_id FROM added)
     ORDER BY id FOR UPDATE;

    SELECT a.id INTO broken
      FROM added a
      JOIN receivables_openitem d ON d.id = a.debit_item_id
      JOIN receivables_openitem c ON c.id = a.credit_item_id
      JOIN receivables_allocationbatch b ON b.id = a.batch_id
     WHERE d.side <> 'D' OR c.side <> 'C'
        OR d.payer_id <> c.payer_id OR d.entity_id <> c.entity_id
        OR b.payer_id <> d.payer_id OR b.entity_id <> d.entity_id
        OR d.currency <> a.currency OR c.currency <> a.currency OR b.currency <> a.currency
        OR a.on_date <> b.on_date OR a.on_date < greatest(d.doc_date, c.doc_date)
     LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('AR-1', 'receivables_allocation_fits_its_items',
            'an allocation joins a debit and a credit of one payer, entity and currency, not before either document');
    END IF;

    SELECT a.id INTO broken
      FROM added a
      JOIN receivables_allocation o ON o.id = a.reverses_id
      JOIN receivables_allocationbatch ob ON ob.id = o.batch_id
     WHERE o.reverses_id IS NOT NULL OR ob.strategy = 'RETURN'
        OR o.debit_item_id <> a.debit_item_id OR o.credit_item_id <> a.credit_item_id
        OR o.amount <> -a.amount OR o.functional_debit <> -a.functional_debit
        OR o.functional_credit <> -a.functional_credit OR o.on_date > a.on_date
     LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('AR-4', 'receivables_allocation_mirrors_exactly',
            'a reversal mirrors one allocation exactly, on or after its day; a credit given back stays so');
    END IF;

    UPDATE receivables_openitem i
       SET open = i.open - s.amount, functional_open = i.functional_open - s.functional
      FROM (SELECT item_id, sum(amount) AS amount, sum(functional) AS functional
              FROM (SELECT debit_item_id AS item_id, amount, functional_debit AS functional FROM added
                    UNION ALL
                    SELECT credit_item_id, amount, functional_credit FROM added) AS legs
             GROUP BY item_id) AS s
     WHERE i.id = s.item_id;

    -- A back-dated row must leave every later day between nothing and all.
    SELECT day.item_id INTO broken
      FROM (SELECT item_id, on_date,
                   sum(sum(amount)) OVER (PARTITION BY item_id ORDER BY on_date) AS settled
              FROM (SELECT debit_item_id AS item_id, on_date, amount FROM receivables_allocation
                     WHERE debit_item_id IN (SELECT debit_item_id FROM added)
                    UNION ALL
                    SELECT credit_item_id, on_date, amount FROM receivables_allocation
                     WHERE credit_item_id IN (SELECT credit_item_id FROM added)) AS legs
             GROUP BY item_id, on_date) AS day
      JOIN receivables_openitem i ON i.id = day.item_id
     WHERE day.settled < 0 OR day.settled > i.amount
     LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('AR-1', 'receivables_allocation_every_day_within_amount',
            'item ' || broken || ' would be settled beyond its amount on a past day');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER receivables_allocation_keeps_open
    AFTER INSERT ON receivables_allocation
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION receivables_keep_open();
ALTER TABLE receivables_allocation ENABLE ALWAYS TRIGGER receivables_allocation_keeps_open;

-- reverse:
DROP TRIGGER IF EXISTS receivables_allocation_keeps_open ON receivables_allocation;
DROP FUNCTION IF EXISTS receivables_keep_open();
