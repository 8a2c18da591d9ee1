-- The hold becomes one that both sides have.
UPDATE customers SET on_hold = 'Invoice', modified_at = '2026-10-02 09:00:00' WHERE customer_account = 'C-00060';
