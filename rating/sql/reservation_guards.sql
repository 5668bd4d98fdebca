-- Purpose: a reservation keeps what was asked and held, ends once and is never deleted.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.
CREATE OR REPLACE FUNCTION rating_guard_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'HELD'
        OR ROW(NEW.key, NEW.account_id, NEW.service_id, NEW.usage_type, NEW.identifier, NEW.quantity,
               NEW.held, NEW.expires_at)
        IS DISTINCT FROM ROW(OLD.key, OLD.account_id, OLD.service_id, OLD.usage_type, OLD.identifier,
               OLD.quantity, OLD.held, OLD.expires_at) THEN
        PERFORM refuse('ENT-7', 'rating_reservation_ends_once',
            'a reservation keeps what it holds and ends once');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_reservation_ends_once
    BEFORE UPDATE OR DELETE ON rating_reservation
    FOR EACH ROW EXECUTE FUNCTION rating_guard_reservation();
ALTER TABLE rating_reservation ENABLE ALWAYS TRIGGER rating_reservation_ends_once;
SELECT refuse_truncate('rating_reservation');
-- reverse:
DROP TRIGGER IF EXISTS rating_reservation_no_truncate ON rating_reservation;
DROP TRIGGER IF EXISTS rating_reservation_ends_once ON rating_reservation;
DROP FUNCTION IF EXISTS rating_guard_reservation();
