-- Purpose: no person holds two roles of which one is the check on the other (SOD-1).
-- Grain: one statement on auth_user_groups. Binds: none. Repeating: CREATE OR REPLACE.
-- The pairs are those of billing_site/roles.py; a test compares them. By name, so that it does
-- not matter when a group is made.

CREATE OR REPLACE FUNCTION billing_site_refuse_forbidden_pair() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    clash record;
BEGIN
    SELECT holder.username, pair.one, pair.other INTO clash
    FROM (VALUES
        ('Cash clerk', 'Finance approver'),
        ('Catalog manager', 'Finance approver'),
        ('Care agent', 'Finance approver'),
        ('Billing operator', 'Controller'),
        ('Access admin', 'Care agent'),
        ('Access admin', 'Catalog manager'),
        ('Access admin', 'Billing operator'),
        ('Access admin', 'Cash clerk'),
        ('Access admin', 'Collections agent'),
        ('Access admin', 'Finance approver'),
        ('Access admin', 'Controller'),
        ('Access admin', 'Integration'),
        ('Integration', 'Finance approver'),
        ('Integration', 'Controller')
    ) AS pair (one, other)
    JOIN auth_group first_group ON first_group.name = pair.one
    JOIN auth_group second_group ON second_group.name = pair.other
    JOIN auth_user_groups mine ON mine.group_id = first_group.id AND mine.user_id = NEW.user_id
    JOIN auth_user_groups too ON too.group_id = second_group.id AND too.user_id = NEW.user_id
    JOIN auth_user holder ON holder.id = NEW.user_id
    LIMIT 1;
    IF FOUND THEN
        PERFORM refuse(
            'SOD-1', 'billing_site_user_groups_forbidden_pair',
            format('%s may not be both %s and %s: one checks the other',
                   clash.username, clash.one, clash.other)
        );
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS billing_site_user_groups_forbidden_pair ON auth_user_groups;
CREATE TRIGGER billing_site_user_groups_forbidden_pair
    AFTER INSERT OR UPDATE ON auth_user_groups
    FOR EACH ROW EXECUTE FUNCTION billing_site_refuse_forbidden_pair();
ALTER TABLE auth_user_groups ENABLE ALWAYS TRIGGER billing_site_user_groups_forbidden_pair;

-- reverse:
DROP TRIGGER IF EXISTS billing_site_user_groups_forbidden_pair ON auth_user_groups;
DROP FUNCTION IF EXISTS billing_site_refuse_forbidden_pair();
