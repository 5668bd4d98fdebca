-- Purpose: who changed the tax tables, when and why. Grain: row. Binds: none.
-- Repeating: triggers are renewed.
SELECT audit_track('tax_jurisdiction');
SELECT audit_track('tax_taxregistration');
SELECT audit_track('tax_taxcategory');
SELECT audit_track('tax_taxtype');
SELECT audit_track('tax_taxtype_compounds_on');
SELECT audit_track('tax_taxrate');
SELECT audit_track('tax_taxrule');

-- reverse:
DROP TRIGGER IF EXISTS tax_jurisdiction_history ON tax_jurisdiction;
DROP TRIGGER IF EXISTS tax_taxregistration_history ON tax_taxregistration;
DROP TRIGGER IF EXISTS tax_taxcategory_history ON tax_taxcategory;
DROP TRIGGER IF EXISTS tax_taxtype_history ON tax_taxtype;
DROP TRIGGER IF EXISTS tax_taxtype_compounds_on_history ON tax_taxtype_compounds_on;
DROP TRIGGER IF EXISTS tax_taxrate_history ON tax_taxrate;
DROP TRIGGER IF EXISTS tax_taxrule_history ON tax_taxrule;
