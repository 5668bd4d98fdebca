-- I-22: identifiers with two owners at one instant. Impossible while the exclusion constraint
-- stands; still counted. Grain: one row per pair. Reads only.
SELECT i.type || ' ' || i.value, i.service_id::text, j.service_id::text
FROM customers_serviceidentifier i
JOIN customers_serviceidentifier j
  ON j.type = i.type AND j.value = i.value AND j.valid && i.valid AND j.id > i.id
