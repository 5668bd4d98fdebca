-- A root and all that hangs below it by the parents, level by level, siblings by their number.
-- Grain: one row per account. Binds: root_id, most (accounts at most, NULL: all). Reads only.
WITH RECURSIVE down AS (
    SELECT id, parent_id, tree_id, lft, rght, level, number, 0 AS depth
    FROM customers_account WHERE id = %(root_id)s
    UNION ALL
    SELECT a.id, a.parent_id, a.tree_id, a.lft, a.rght, a.level, a.number, down.depth + 1
    FROM down JOIN customers_account a ON a.parent_id = down.id
), found AS (
    SELECT * FROM down LIMIT %(most)s::int
)
SELECT id, parent_id, tree_id, lft, rght, level FROM found ORDER BY depth, number
