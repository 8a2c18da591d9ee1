-- The same day in the CRM.
BEGIN;

UPDATE account SET telephone = '+1 202 555 0110', modifiedon = '2026-10-01 09:30:00' WHERE accountnumber = 'C-00010';

UPDATE account SET emailaddress = 'hello@crm.example', modifiedon = '2026-10-01 10:05:00'
WHERE accountnumber = 'C-00020';

UPDATE account SET creditlimit = 999999, modifiedon = '2026-10-01 10:10:00' WHERE accountnumber = 'C-00030';

UPDATE account SET telephone = '+1 202 555 0140', modifiedon = '2026-10-01 10:15:00' WHERE accountnumber = 'C-00040';

UPDATE transactioncurrency SET currencyname = 'Greenback' WHERE isocurrencycode = 'USD';

-- A customer in a currency that the ERP has never heard of.
INSERT INTO account (accountnumber, companycode, customertypecode, name, address_city, address_country, currencycode)
VALUES ('S-9001', 'EUMF', 3, 'Tauschring Köln', 'Köln', 'DE', 'XKT');

COMMIT;

UPDATE account SET address_line = address_line || ', 2nd floor', modifiedon = '2026-10-01 13:00:00'
WHERE address_country = 'JP';
