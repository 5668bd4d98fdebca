-- Purpose: allocations, their batches and dispute marks are written once (AR-4: a correction is
--          a mirror, or another mark).
-- Grain: table. Repeating: once, by the migration.
SELECT make_append_only('receivables_allocation');
SELECT make_append_only('receivables_allocationbatch');
SELECT make_append_only('receivables_disputemark');
