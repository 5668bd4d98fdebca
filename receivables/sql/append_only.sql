-- Purpose: allocations and their batches are written once (AR-4: a correction is a mirror).
-- Grain: table. Repeating: once, by the migration.
SELECT make_append_only('receivables_allocation');
SELECT make_append_only('receivables_allocationbatch');
