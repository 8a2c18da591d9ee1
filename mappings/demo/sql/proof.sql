-- Counts both stores without Lockstep, as the maps see them, and what only one of them has.
--   sqlite3 -box :memory: '.read sql/proof.sql'
ATTACH 'erp.db' AS erp;
ATTACH 'crm.db' AS crm;

CREATE TEMP VIEW erp_customers AS
SELECT
    customer_account, company, name, credit_limit + 0.0, currency,
    CASE on_hold WHEN 'No' THEN 0 WHEN 'Invoice' THEN 1 WHEN 'All' THEN 2 END,
    coalesce(language, 'eng'), email, phone, street, city, country
FROM erp.customers
WHERE party_type = 'Organization';

CREATE TEMP VIEW crm_customers AS
SELECT
    accountnumber, companycode, name, creditlimit + 0.0, currencycode, onholdstatus, coalesce(preferredlanguage, 'eng'),
    emailaddress, telephone, address_line, address_city, address_country
FROM crm.account
WHERE customertypecode = 3;

CREATE TEMP VIEW erp_currencies AS SELECT code, name, numeric_code FROM erp.currencies;
CREATE TEMP VIEW crm_currencies AS SELECT isocurrencycode, currencyname, numericcode FROM crm.transactioncurrency;

CREATE TEMP VIEW erp_countries AS SELECT code, alpha3, name FROM erp.countries;
CREATE TEMP VIEW crm_countries AS SELECT isocode, isocode3, name FROM crm.country;

CREATE TEMP VIEW erp_subdivisions AS SELECT code, country, name, kind FROM erp.subdivisions;
CREATE TEMP VIEW crm_subdivisions AS SELECT code, countrycode, name, category FROM crm.stateorprovince;

CREATE TEMP VIEW erp_languages AS
SELECT code, short_code, name FROM erp.languages WHERE type = 'L' AND short_code IS NOT NULL;
CREATE TEMP VIEW crm_languages AS SELECT languagecode, locale, displayname FROM crm.language;

SELECT
    'countries' AS map,
    (SELECT count(*) FROM erp_countries) AS erp,
    (SELECT count(*) FROM crm_countries) AS crm,
    (SELECT count(*) FROM (SELECT * FROM erp_countries EXCEPT SELECT * FROM crm_countries)) AS only_erp,
    (SELECT count(*) FROM (SELECT * FROM crm_countries EXCEPT SELECT * FROM erp_countries)) AS only_crm
UNION ALL
SELECT
    'subdivisions',
    (SELECT count(*) FROM erp_subdivisions),
    (SELECT count(*) FROM crm_subdivisions),
    (SELECT count(*) FROM (SELECT * FROM erp_subdivisions EXCEPT SELECT * FROM crm_subdivisions)),
    (SELECT count(*) FROM (SELECT * FROM crm_subdivisions EXCEPT SELECT * FROM erp_subdivisions))
UNION ALL
SELECT
    'languages',
    (SELECT count(*) FROM erp_languages),
    (SELECT count(*) FROM crm_languages),
    (SELECT count(*) FROM (SELECT * FROM erp_languages EXCEPT SELECT * FROM crm_languages)),
    (SELECT count(*) FROM (SELECT * FROM crm_languages EXCEPT SELECT * FROM erp_languages))
UNION ALL
SELECT
    'currencies',
    (SELECT count(*) FROM erp_currencies),
    (SELECT count(*) FROM crm_currencies),
    (SELECT count(*) FROM (SELECT * FROM erp_currencies EXCEPT SELECT * FROM crm_currencies)),
    (SELECT count(*) FROM (SELECT * FROM crm_currencies EXCEPT SELECT * FROM erp_currencies))
UNION ALL
SELECT
    'customers',
    (SELECT count(*) FROM erp_customers),
    (SELECT count(*) FROM crm_customers),
    (SELECT count(*) FROM (SELECT * FROM erp_customers EXCEPT SELECT * FROM crm_customers)),
    (SELECT count(*) FROM (SELECT * FROM crm_customers EXCEPT SELECT * FROM erp_customers));
