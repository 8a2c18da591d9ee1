-- What the CRM already holds when Lockstep first meets it. The ERP's file is attached as erp.
BEGIN;

-- Customers that sales entered by hand: the same as in the ERP …
INSERT INTO account (
    accountnumber, companycode, customertypecode, name, primarycontact, emailaddress, telephone, address_line,
    address_city, address_country, preferredlanguage, currencycode, creditlimit, onholdstatus, modifiedon)
SELECT
    customer_account, company, 3, name, contact_first_name || ' ' || contact_last_name, email, phone, street, city,
    country, coalesce(language, 'eng'), currency, credit_limit,
    CASE on_hold WHEN 'Invoice' THEN 1 WHEN 'All' THEN 2 ELSE 0 END, modified_at
FROM erp.customers
WHERE party_type = 'Organization' AND CAST(substr(customer_account, 3) AS INTEGER) <= 150;

-- … a few that sales knows better, and a few where the ERP was changed later …
UPDATE account SET telephone = '+49 30 000111', modifiedon = '2026-09-01 10:00:00'
WHERE CAST(substr(accountnumber, 3) AS INTEGER) % 15 = 0;
UPDATE account SET address_line = 'Old Street 1', modifiedon = '2025-06-01 10:00:00'
WHERE CAST(substr(accountnumber, 3) AS INTEGER) % 15 = 7;

-- … customers that only sales knows …
WITH RECURSIVE counter (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < 40)
INSERT INTO account (
    accountnumber, companycode, customertypecode, name, emailaddress, telephone, address_city, address_country,
    preferredlanguage, currencycode, creditlimit, onholdstatus, modifiedon)
SELECT
    printf('S-%04d', number), 'EUMF', 3, 'Café Nº ' || number || ' – Österreich', 'hello@cafe' || number || '.example',
    printf('+43 1 %05d', number * 97), 'Wien', 'AT', 'deu', 'EUR', number * 100, 0, '2026-03-01 09:00:00'
FROM counter;

-- … and partners, which are not customers and stay out of the filter.
INSERT INTO account (accountnumber, companycode, customertypecode, name, currencycode)
VALUES ('P-0001', 'EUMF', 8, 'Partner Øst AS', 'NOK'), ('P-0002', 'EUMF', 8, 'Socio Norte SA', 'EUR');

-- The CRM's currencies: three of the ERP's, and one of its own.
INSERT INTO transactioncurrency (isocurrencycode, currencyname, numericcode)
SELECT code, name, numeric_code FROM erp.currencies WHERE code IN ('EUR', 'USD', 'CHF');
INSERT INTO transactioncurrency (isocurrencycode, currencyname, numericcode) VALUES ('XLP', 'Loyalty points', NULL);

COMMIT;
