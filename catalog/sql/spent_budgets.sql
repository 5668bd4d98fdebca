-- Let nobody be given a discount any more whose budget is billed (DSC-3): it ends on the day given, unless it
-- ends before. `given` are amounts by discount. Grain: each discount with a budget that is spent. Repeating: changes
-- nothing. Binds: discounts bigint[], given numeric[], on_date date.
UPDATE catalog_discountdef d
SET valid = daterange(lower(d.valid), greatest(%(on_date)s::date, lower(d.valid) + 1)),
    version = version + 1, updated_at = now()
FROM unnest(%(discounts)s::bigint[], %(given)s::numeric[]) AS g(discount, given)
WHERE d.id = g.discount AND g.given >= d.budget
  AND (upper_inf(d.valid) OR upper(d.valid) > greatest(%(on_date)s::date, lower(d.valid) + 1))
RETURNING d.code
