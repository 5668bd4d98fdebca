-- Purpose: digest of a stretch of row history, chained to the digest before it (I-23).
-- Grain: one row: count of changes and hex digest. Repeating: reads only.
-- Binds: previous (hex digest of the seal before, '' for the first), first, last (change ids).
SELECT
    count(*),
    encode(
        sha256(
            convert_to(%(previous)s, 'UTF8')
            || coalesce(
                string_agg(
                    sha256(
                        convert_to(
                            concat_ws(
                                E'\x1f', id, table_name, row_id, operation,
                                coalesce(before::text, '-'), coalesce(after::text, '-'),
                                coalesce(actor_id::text, '-'), via, reason, request_id,
                                extract(epoch FROM at)
                            ),
                            'UTF8'
                        )
                    ),
                    ''::bytea ORDER BY id
                ),
                ''::bytea
            )
        ),
        'hex'
    )
FROM audit_change
WHERE id BETWEEN %(first)s AND %(last)s
