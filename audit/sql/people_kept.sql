-- Purpose: whoever has an account of this console keeps it, for documents, entries and history name
--   people by their id, most of them without a foreign key; who leaves is made inactive.
-- Grain: each person. Repeating: CREATE OR REPLACE. Binds: none.
CREATE OR REPLACE FUNCTION audit_keep_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('D5', 'audit_user_is_kept',
        'a person is never deleted: what they did names them; make them inactive instead');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER audit_user_is_kept
    BEFORE DELETE ON auth_user FOR EACH ROW EXECUTE FUNCTION audit_keep_people();
ALTER TABLE auth_user ENABLE ALWAYS TRIGGER audit_user_is_kept;
CREATE OR REPLACE TRIGGER audit_user_keeps_id
    BEFORE UPDATE OF id ON auth_user
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION audit_keep_people();
ALTER TABLE auth_user ENABLE ALWAYS TRIGGER audit_user_keeps_id;
SELECT refuse_truncate('auth_user');

-- reverse:
DROP FUNCTION IF EXISTS audit_keep_people() CASCADE;
DROP TRIGGER IF EXISTS auth_user_no_truncate ON auth_user;
