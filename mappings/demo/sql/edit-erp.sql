-- A day in the ERP.
BEGIN;

-- An address moves; in the CRM somebody changes the telephone of the same customer: both are kept.
UPDATE customers SET street = 'Neue Straße 5', modified_at = '2026-10-01 09:00:00' WHERE customer_account = 'C-00010';

-- The same field on both sides: the later one wins.
UPDATE customers SET email = 'billing@erp.example', modified_at = '2026-10-01 09:05:00'
WHERE customer_account = 'C-00020';

-- A credit limit, on both sides: the ERP owns it.
UPDATE customers SET credit_limit = 120000.50, modified_at = '2026-10-01 09:10:00' WHERE customer_account = 'C-00030';

-- One customer goes for good; of another the CRM still changes something, so it comes back.
DELETE FROM customers WHERE customer_account IN ('C-00040', 'C-00050');

-- A hold that the map has no word for in the CRM.
UPDATE customers SET on_hold = 'Payment', modified_at = '2026-10-01 09:15:00' WHERE customer_account = 'C-00060';

-- A currency gets a better name; the CRM has another idea.
UPDATE currencies SET name = 'United States dollar' WHERE code = 'USD';

INSERT INTO customers (customer_account, company, party_type, name, city, country, language, currency, credit_limit)
VALUES ('C-90001', 'EUMF', 'Organization', 'Łukasz & Søn', 'København', 'DK', 'dan', 'DKK', 5000);

COMMIT;

-- A round of credit checks: hundreds of records in one transaction.
UPDATE customers SET credit_limit = credit_limit + 1000, modified_at = '2026-10-01 12:00:00'
WHERE country IN ('SE', 'NO', 'GR') AND customer_account > 'C-00200';
