-- The timeline stays inside its subscription: no segment before the effective date, after the end
-- or of a cancelled subscription (RA-3), and the owner repeated on a charge is the true one.
CREATE FUNCTION customers_judge_segment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner record;
BEGIN
    SELECT s.number, s.state, s.effective_on, s.end_on INTO owner
        FROM customers_subscriptioncharge c JOIN customers_subscription s
          ON s.id = c.subscription_id
        WHERE c.id = NEW.subscription_charge_id;
    IF owner.state = 'CANCELLED' THEN
        PERFORM refuse('RA-3', 'customers_chargesegment_inside_life', format(
            'subscription %s was cancelled and has no timeline', owner.number));
    ELSIF NOT daterange(owner.effective_on, owner.end_on) @> NEW.valid THEN
        PERFORM refuse('RA-3', 'customers_chargesegment_inside_life', format(
            'segment %s lies outside the life of subscription %s', NEW.valid, owner.number));
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_judge_life() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.account_id <> OLD.account_id THEN
        PERFORM refuse('HIER-3', 'customers_subscription_keeps_owner',
            'a subscription never changes its account; end it and order it anew');
    END IF;
    IF EXISTS (
        SELECT FROM customers_chargesegment g JOIN customers_subscriptioncharge c
          ON c.id = g.subscription_charge_id
        WHERE c.subscription_id = NEW.id
          AND (NEW.state = 'CANCELLED'
               OR NOT daterange(NEW.effective_on, NEW.end_on) @> g.valid)
    ) THEN
        PERFORM refuse('RA-3', 'customers_subscription_covers_timeline', format(
            'subscription %s still has a timeline outside its life', NEW.number));
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_judge_charge_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM customers_subscriptionitem i JOIN customers_subscription s
          ON s.id = i.subscription_id
        WHERE i.id = NEW.item_id AND s.id = NEW.subscription_id AND s.account_id = NEW.account_id
    ) THEN
        PERFORM refuse('HIER-3', 'customers_subscriptioncharge_true_owner',
            'a charge belongs to the subscription and account of its item');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_judge_moments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sound boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM catalog_charge WHERE id = NEW.charge_id AND granularity = 'SECOND')
    THEN
        PERFORM refuse('PRO-5', 'customers_subscriptioncharge_moments_of_seconds',
            'only a charge that is counted to the second has moments');
    END IF;
    BEGIN
        SELECT bool_and(starts < ends AND coalesce(starts >= before, true)
                        AND is_number(quantity) AND quantity >= 0
                        AND is_number(price) AND coalesce(price >= 0, true)
                        AND state IN ('ON', 'OFF', 'REDUCED')
                        AND words ->> 0 ~ '[+-]\d\d:\d\d$'
                        AND coalesce(words ->> 1 ~ '[+-]\d\d:\d\d$', true)
                        AND coalesce(words ->> 5 ~ '^\d{4}-\d\d-\d\d$' AND isfinite(price_day), true)
                        AND jsonb_array_length(words) = 6
                        AND jsonb_path_match(  -- a number would be read as a float
                            words, '!exists($[*] ? (@.type() != "string" && @ != null))'))
        INTO sound
        FROM (
            SELECT *, lag(ends) OVER (ORDER BY at) AS before
            FROM (
                SELECT at, words, (words ->> 0)::timestamptz AS starts,
                       coalesce((words ->> 1)::timestamptz, 'infinity') AS ends,
                       (words ->> 2)::numeric(24, 8) AS quantity,
                       (words ->> 3)::numeric(22, 10) AS price,
                       words ->> 4 AS state, (words ->> 5)::date AS price_day
                FROM jsonb_array_elements(NEW.moments) WITH ORDINALITY AS told (words, at)
            ) AS read
        ) AS line;
    EXCEPTION WHEN data_exception THEN
        sound := false;
    END;
    IF sound IS NOT TRUE THEN
        PERFORM refuse('PRO-5', 'customers_subscriptioncharge_moments_sound',
            'moments are stretches of time one after the other, each with its quantity and state');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_subscriptioncharge_moments
    BEFORE INSERT OR UPDATE OF moments, charge_id ON customers_subscriptioncharge
    FOR EACH ROW WHEN (NEW.moments IS NOT NULL) EXECUTE FUNCTION customers_judge_moments();
CREATE TRIGGER customers_chargesegment_inside_life
    BEFORE INSERT OR UPDATE ON customers_chargesegment
    FOR EACH ROW EXECUTE FUNCTION customers_judge_segment();
CREATE TRIGGER customers_subscription_covers_timeline
    BEFORE UPDATE ON customers_subscription
    FOR EACH ROW WHEN (
        (OLD.account_id, OLD.effective_on, OLD.end_on) IS DISTINCT FROM
        (NEW.account_id, NEW.effective_on, NEW.end_on)
        OR (NEW.state = 'CANCELLED' AND OLD.state <> 'CANCELLED')
    ) EXECUTE FUNCTION customers_judge_life();
CREATE TRIGGER customers_subscriptioncharge_true_owner
    BEFORE INSERT OR UPDATE OF item_id, subscription_id, account_id
    ON customers_subscriptioncharge
    FOR EACH ROW EXECUTE FUNCTION customers_judge_charge_owner();
-- reverse:
DROP TRIGGER customers_subscriptioncharge_moments ON customers_subscriptioncharge;
DROP TRIGGER customers_subscriptioncharge_true_owner ON customers_subscriptioncharge;
DROP TRIGGER customers_subscription_covers_timeline ON customers_subscription;
DROP TRIGGER customers_chargesegment_inside_life ON customers_chargesegment;
DROP FUNCTION customers_judge_moments();
DROP FUNCTION customers_judge_charge_owner();
DROP FUNCTION customers_judge_life();
DROP FUNCTION customers_judge_segment();
