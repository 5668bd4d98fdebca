-- Purpose: room on every page of the sums, so that adding to one stays in its page and touches no
--   index (a file a day adds to the sums of that day again and again).
-- Grain: the table of usage sums. Repeating: sets the same. Binds: none.
ALTER TABLE rating_usageaggregate SET (fillfactor = 70);

-- reverse:
ALTER TABLE rating_usageaggregate RESET (fillfactor);
