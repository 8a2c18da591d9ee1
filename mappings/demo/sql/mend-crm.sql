-- The currency that was missing.
INSERT INTO transactioncurrency (isocurrencycode, currencyname) VALUES ('XKT', 'Kölner Talent');
