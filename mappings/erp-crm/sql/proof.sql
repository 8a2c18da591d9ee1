-- Asks both files without Lockstep: how many organizations there are, and for how many of them the account in the CRM
-- leads to the same currency, terms, payer and contact.  sqlite3 -box :memory: '.read sql/proof.sql'
ATTACH 'erp.db' AS erp;
ATTACH 'crm.db' AS crm;
SELECT c.company, count(*) AS customers, sum(money.isocurrencycode IS c.currency) AS same_currency,
    sum(terms.name IS c.payment_terms) AS same_terms, sum(payer.accountnumber IS c.invoice_account) AS same_payer,
    sum(contact.contactpersonid IS c.contact_person_id) AS same_contact
FROM erp.customers c
JOIN crm.companies company ON company.code = c.company
LEFT JOIN crm.accounts a ON a.companyid = company.companyid AND a.accountnumber = c.customer_account
LEFT JOIN crm.currencies money ON money.currencyid = a.transactioncurrencyid
LEFT JOIN crm.paymentterms terms ON terms.paymenttermid = a.paymenttermid
LEFT JOIN crm.accounts payer ON payer.accountid = a.billingaccountid
LEFT JOIN crm.contacts contact ON contact.contactid = a.primarycontactid
WHERE c.party_type = 'Organization'
GROUP BY c.company ORDER BY c.company;
