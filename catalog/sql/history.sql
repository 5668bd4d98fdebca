-- Purpose: who changed the catalogue, when and why. Grain: row. Binds: none.
-- Repeating: triggers are renewed.
SELECT audit_track('catalog_unitofmeasure');
SELECT audit_track('catalog_usagetype');
SELECT audit_track('catalog_glcode');
SELECT audit_track('catalog_revenuerule');
SELECT audit_track('catalog_product');
SELECT audit_track('catalog_offer');
SELECT audit_track('catalog_offerversion');
SELECT audit_track('catalog_charge');
SELECT audit_track('catalog_pricebook');
SELECT audit_track('catalog_priceversion');
SELECT audit_track('catalog_pricetier');
SELECT audit_track('catalog_zonemap');
SELECT audit_track('catalog_zoneprefix');
SELECT audit_track('catalog_zonefallback');
SELECT audit_track('catalog_bandplan');
SELECT audit_track('catalog_timeband');
SELECT audit_track('catalog_holiday');
SELECT audit_track('catalog_commitmentspec');
SELECT audit_track('catalog_coupon');
SELECT audit_track('catalog_promotion');
SELECT audit_track('catalog_discountdef');

-- reverse:
DROP TRIGGER IF EXISTS catalog_unitofmeasure_history ON catalog_unitofmeasure;
DROP TRIGGER IF EXISTS catalog_usagetype_history ON catalog_usagetype;
DROP TRIGGER IF EXISTS catalog_glcode_history ON catalog_glcode;
DROP TRIGGER IF EXISTS catalog_revenuerule_history ON catalog_revenuerule;
DROP TRIGGER IF EXISTS catalog_product_history ON catalog_product;
DROP TRIGGER IF EXISTS catalog_offer_history ON catalog_offer;
DROP TRIGGER IF EXISTS catalog_offerversion_history ON catalog_offerversion;
DROP TRIGGER IF EXISTS catalog_charge_history ON catalog_charge;
DROP TRIGGER IF EXISTS catalog_pricebook_history ON catalog_pricebook;
DROP TRIGGER IF EXISTS catalog_priceversion_history ON catalog_priceversion;
DROP TRIGGER IF EXISTS catalog_pricetier_history ON catalog_pricetier;
DROP TRIGGER IF EXISTS catalog_zonemap_history ON catalog_zonemap;
DROP TRIGGER IF EXISTS catalog_zoneprefix_history ON catalog_zoneprefix;
DROP TRIGGER IF EXISTS catalog_zonefallback_history ON catalog_zonefallback;
DROP TRIGGER IF EXISTS catalog_bandplan_history ON catalog_bandplan;
DROP TRIGGER IF EXISTS catalog_timeband_history ON catalog_timeband;
DROP TRIGGER IF EXISTS catalog_holiday_history ON catalog_holiday;
DROP TRIGGER IF EXISTS catalog_discountdef_history ON catalog_discountdef;
DROP TRIGGER IF EXISTS catalog_promotion_history ON catalog_promotion;
DROP TRIGGER IF EXISTS catalog_coupon_history ON catalog_coupon;
DROP TRIGGER IF EXISTS catalog_commitmentspec_history ON catalog_commitmentspec;
