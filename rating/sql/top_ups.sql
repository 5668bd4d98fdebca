-- Purpose: what the automatic top-ups in force at a moment say, and what stands against each (ENT-8).
-- Nobody is asked for a closed account, or for one that another pays for by now.
-- Grain: one row per rule, in the order of accounts. Binds: as_of; accounts (array, or null for all).
-- Driven by the rules: where there is none, nothing else is looked at. Repeating: reads only.
SELECT
    r.id, r.account_id, r.usage_type_id, r.currency::text, m.month,
    coalesce((SELECT max(q.number) FROM rating_topuprequest AS q WHERE q.rule_id = r.id), 0),
    r.threshold, r.amount, r.most_per_month, r.most_tries,
    (
        SELECT coalesce(sum(b.remaining), 0)::numeric(18, 4) FROM rating_balancebucket AS b
        WHERE b.account_id = r.account_id AND b.currency <> '' AND b.currency = r.currency
            AND b.usage_type_id IS NOT DISTINCT FROM r.usage_type_id
            AND b.closed_at IS NULL AND b.valid @> %(as_of)s::timestamptz
    ),
    coalesce(f.asked, 0), coalesce(f.failed, 0), coalesce(f.is_in_flight, false),
    coalesce(f.rests, false), f.not_before
FROM rating_topuprule AS r
JOIN customers_account AS a ON a.id = r.account_id
CROSS JOIN LATERAL (
    SELECT (%(as_of)s::timestamptz AT TIME ZONE a.time_zone)::date AS day,
        date_trunc('month', %(as_of)s::timestamptz AT TIME ZONE a.time_zone)::date AS month
) AS m
CROSS JOIN LATERAL (
    SELECT
        sum(coalesce(q.captured, q.amount)) FILTER (
            WHERE q.month = m.month AND q.state IN ('REQUESTED', 'CAPTURED')
        ) AS asked,
        count(*) FILTER (WHERE q.month = m.month AND q.state IN ('FAILED', 'EXPIRED')) AS failed,
        bool_or(q.state = 'REQUESTED') AS is_in_flight,
        bool_or(q.rule_id = r.id AND q.state = 'FAILED' AND q.retry_at IS NULL) AS rests,
        max(q.retry_at) FILTER (WHERE q.rule_id = r.id) AS not_before
    FROM rating_topuprequest AS q
    WHERE q.account_id = r.account_id AND q.usage_type_id IS NOT DISTINCT FROM r.usage_type_id
) AS f
WHERE r.valid @> m.day AND a.role = 'PAYER' AND (a.closed_on IS NULL OR a.closed_on > m.day)
    AND (%(accounts)s::bigint[] IS NULL OR r.account_id = ANY (%(accounts)s::bigint[]))
ORDER BY r.account_id, r.id
