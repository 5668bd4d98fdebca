-- Purpose: who changed the sources of usage, when and why. Grain: row. Binds: none.
-- Repeating: triggers are renewed.
SELECT audit_track('rating_usagesource');

-- reverse:
DROP TRIGGER IF EXISTS rating_usagesource_history ON rating_usagesource;
