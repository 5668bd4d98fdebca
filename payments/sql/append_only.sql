-- Purpose: batches, remittance lines and reversals are written once; tender types keep a history.
-- Grain: table. Repeating: once, by the migration.
SELECT make_append_only('payments_paymentbatch');
SELECT make_append_only('payments_remittanceline');
SELECT make_append_only('payments_paymentreversal');
SELECT audit_track('payments_tendertype');
SELECT audit_track('payments_payment');
SELECT audit_track('payments_unidentifiedreceipt');
