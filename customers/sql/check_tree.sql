-- I-20, HIER-7: nodes whose MPTT columns do not describe the tree of parent_id. In a true nested set
-- every node lies inside its parent one level down, a root has level 0 and a tree of its own, width
-- is twice the number of nodes below and the node itself, and no two edges of a tree coincide.
-- Most accounts are a tree of their own: only nodes below others are walked down to. Trees that wait
-- to be numbered (`unnumbered`) are asked only whether all can be reached.
-- Grain: one row per fault. Reads only.
WITH RECURSIVE down AS (
    SELECT id, id AS root_id, 0 AS level, unnumbered > 0 AS waits FROM customers_account
    WHERE parent_id IS NULL
      AND id IN (SELECT parent_id FROM customers_account WHERE parent_id IS NOT NULL)
    UNION ALL
    SELECT a.id, down.root_id, down.level + 1, down.waits
    FROM down JOIN customers_account a ON a.parent_id = down.id
), node AS NOT MATERIALIZED (
    SELECT id, number, parent_id, tree_id, lft, rght, level FROM customers_account
    WHERE unnumbered = 0 AND id NOT IN (SELECT id FROM down WHERE waits)
), tree AS MATERIALIZED (
    SELECT tree_id, count(*) AS nodes, count(*) FILTER (WHERE parent_id IS NULL) AS roots
    FROM node GROUP BY tree_id
), crowded AS (
    SELECT DISTINCT tree_id FROM (
        SELECT a.tree_id
        FROM node a
        JOIN tree ON tree.tree_id = a.tree_id AND tree.nodes > 1
        CROSS JOIN LATERAL (VALUES (a.lft), (a.rght)) AS edge(at)
        GROUP BY a.tree_id, edge.at HAVING count(*) > 1) t
)
SELECT a.number, 'is not reachable from a root', '', ''
FROM customers_account a LEFT JOIN down ON down.id = a.id
WHERE a.parent_id IS NOT NULL AND down.id IS NULL
UNION ALL
SELECT a.number, 'has another level than its parents make it', '0', a.level::text
FROM node a WHERE a.parent_id IS NULL AND a.level <> 0
UNION ALL
SELECT a.number, 'has another level than its parents make it', down.level::text, a.level::text
FROM node a JOIN down ON down.id = a.id
WHERE a.parent_id IS NOT NULL AND a.level <> down.level
UNION ALL
SELECT a.number, 'lies in another tree than its root', r.tree_id::text, a.tree_id::text
FROM node a JOIN down ON down.id = a.id
JOIN node r ON r.id = down.root_id WHERE a.tree_id <> r.tree_id
UNION ALL
SELECT a.number, 'lies outside its parent', p.lft || '-' || p.rght, a.lft || '-' || a.rght
FROM node a JOIN node p ON p.id = a.parent_id
WHERE a.tree_id = p.tree_id AND NOT (p.lft < a.lft AND a.rght < p.rght)
UNION ALL
SELECT a.number, 'has edges in the wrong order', '', a.lft || '-' || a.rght
FROM node a WHERE a.lft >= a.rght
UNION ALL
SELECT a.number, 'shares an edge number in tree', '', crowded.tree_id::text
FROM crowded JOIN node a ON a.tree_id = crowded.tree_id AND a.parent_id IS NULL
UNION ALL
SELECT a.number, 'shares its tree number with another root', '', a.tree_id::text
FROM node a JOIN tree USING (tree_id)
WHERE a.parent_id IS NULL AND tree.roots > 1
UNION ALL
SELECT a.number, 'has another width than its descendants need',
       (2 * tree.nodes)::text, (a.rght - a.lft + 1)::text
FROM node a JOIN tree USING (tree_id)
WHERE a.parent_id IS NULL AND a.rght - a.lft + 1 <> 2 * tree.nodes
