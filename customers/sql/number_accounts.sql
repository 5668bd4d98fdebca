-- Write the numbers of accounts that differ. Repeating changes nothing. Under the tree lock.
-- Grain: one row per account. Binds: ids bigint[], trees, lefts, rights, levels int[].
UPDATE customers_account a
SET tree_id = n.tree, lft = n.lft, rght = n.rght, level = n.level
FROM unnest(%(ids)s::bigint[], %(trees)s::int[], %(lefts)s::int[], %(rights)s::int[],
            %(levels)s::int[]) AS n (id, tree, lft, rght, level)
WHERE a.id = n.id
