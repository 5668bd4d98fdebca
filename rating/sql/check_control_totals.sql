-- Purpose: I-19: the declared quantity of a file equals the sum of its rows.
-- Grain: one row per file that differs. Binds: most. Repeating: reads only.
SELECT id, declared_quantity, received_quantity
FROM rating_usagefile
WHERE state = 'LOADED' AND declared_quantity <> received_quantity
ORDER BY id
LIMIT %(most)s
