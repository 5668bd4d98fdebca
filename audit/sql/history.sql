-- Purpose: row history by trigger, and tables whose rows are never changed.
--   audit_record_change()               trigger function: one audit_change row per changed row
--   audit_track(table, hidden columns)  attach it to a table
--   refuse_change()                     trigger function: posted rows are append-only
--   make_append_only(table)             attach it against UPDATE, DELETE and TRUNCATE
--   refuse_truncate(table)              attach it against TRUNCATE only, where rows may change
-- Grain: one trigger per table. Binds: none. Repeating: functions are replaced, triggers renewed.
-- Triggers are ENABLE ALWAYS: a session in replication role does not slip past them.

CREATE OR REPLACE FUNCTION audit_record_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb;
    new_row jsonb;
    kept_old jsonb;
    kept_new jsonb;
    hidden text;
BEGIN
    IF TG_OP <> 'INSERT' THEN old_row := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN new_row := to_jsonb(NEW); END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(n.key, o.value), jsonb_object_agg(n.key, n.value)
        INTO kept_old, kept_new
        FROM jsonb_each(new_row) AS n
        JOIN jsonb_each(old_row) AS o USING (key)
        WHERE n.value IS DISTINCT FROM o.value;
        IF kept_new IS NULL THEN RETURN NULL; END IF;
    ELSE
        kept_old := old_row;
        kept_new := new_row;
    END IF;
    FOREACH hidden IN ARRAY coalesce(TG_ARGV::text[], '{}') LOOP
        IF kept_old ? hidden THEN kept_old := kept_old || jsonb_build_object(hidden, '***'); END IF;
        IF kept_new ? hidden THEN kept_new := kept_new || jsonb_build_object(hidden, '***'); END IF;
    END LOOP;
    INSERT INTO audit_change
        (table_name, row_id, operation, before, after, actor_id, via, reason, request_id)
    VALUES (
        TG_TABLE_NAME,
        coalesce(new_row ->> 'id', old_row ->> 'id', new_row ->> 'code', old_row ->> 'code', ''),
        TG_OP,
        kept_old,
        kept_new,
        nullif(current_setting('billing.actor', true), '')::bigint,
        left(coalesce(current_setting('billing.via', true), ''), 100),
        left(coalesce(current_setting('billing.reason', true), ''), 500),
        left(coalesce(current_setting('billing.request', true), ''), 64)
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION audit_track(tracked regclass, VARIADIC hidden text[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    arguments text := (SELECT coalesce(string_agg(quote_literal(h), ', '), '') FROM unnest(hidden) AS h);
    trigger_name text := (SELECT relname FROM pg_class WHERE oid = tracked) || '_history';
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', trigger_name, tracked);
    EXECUTE format(
        'CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION audit_record_change(%s)',
        trigger_name, tracked, arguments
    );
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tracked, trigger_name);
END
$$;

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse(
        'D5',
        TG_TABLE_NAME || '_is_append_only',
        format('%s: posted rows are append-only, a correction is a new row', TG_TABLE_NAME)
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION refuse_truncate(kept regclass) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    trigger_name text := (SELECT relname FROM pg_class WHERE oid = kept) || '_no_truncate';
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', trigger_name, kept);
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
        trigger_name, kept
    );
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', kept, trigger_name);
END
$$;

CREATE OR REPLACE FUNCTION make_append_only(posted regclass) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    trigger_name text := (SELECT relname FROM pg_class WHERE oid = posted) || '_append_only';
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', trigger_name, posted);
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION refuse_change()',
        trigger_name, posted
    );
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', posted, trigger_name);
    PERFORM refuse_truncate(posted);
END
$$;

SELECT make_append_only('audit_change');
SELECT make_append_only('audit_seal');
SELECT make_append_only('audit_importrowerror');
SELECT refuse_truncate('audit_approvalrequest');
SELECT refuse_truncate('audit_businessevent');
SELECT audit_track('audit_reasoncode');
SELECT audit_track('audit_approvalpolicy');
SELECT audit_track('audit_apikey', 'secret_hash');

-- reverse:
DROP FUNCTION IF EXISTS make_append_only(regclass);
DROP FUNCTION IF EXISTS refuse_truncate(regclass);
DROP FUNCTION IF EXISTS refuse_change() CASCADE;
DROP FUNCTION IF EXISTS audit_track(regclass, text[]);
DROP FUNCTION IF EXISTS audit_record_change() CASCADE;
