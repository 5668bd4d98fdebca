-- Purpose: the moment at which the eldest transaction began that may still write an event; now,
--   where nobody writes. Every number that such a transaction holds was given after that moment.
--   A session that is at a statement counts although it has written nothing yet: it may have taken
--   a number already. Sessions of other roles show nothing of themselves: writers share one role,
--   or read as pg_read_all_stats.
-- Grain: one row. Binds: none. Repeating: reads only.
SELECT least(clock_timestamp(), min(xact_start))
FROM pg_stat_activity
WHERE datname = current_database()
  AND pid <> pg_backend_pid()
  AND (backend_xid IS NOT NULL OR state = 'active')
