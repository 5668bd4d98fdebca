-- Purpose: what was said about a balance is kept as it was said. Grain: table. Binds: none.
-- Repeating: triggers are renewed.
SELECT make_append_only('rating_thresholdalert');
-- reverse:
DROP TRIGGER IF EXISTS rating_thresholdalert_no_truncate ON rating_thresholdalert;
DROP TRIGGER IF EXISTS rating_thresholdalert_append_only ON rating_thresholdalert;
