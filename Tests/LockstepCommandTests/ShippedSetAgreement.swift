/// What each map says of both stores, as one query a side: the rows are the same, and every reference is the partner's.
struct ShippedSetAgreement: Sendable {
    var map: String
    var erp: String
    var crm: String

    /// Written by hand from the maps, not from what the program makes of them. `X-LEAVE` left its map on purpose.
    static let all = [
        ShippedSetAgreement(
            map: "companies", erp: "SELECT company || name FROM legal_entities ORDER BY company",
            crm: "SELECT code || name FROM companies ORDER BY code"),
        ShippedSetAgreement(
            map: "currencies",
            erp:
                "SELECT currency_code || name || coalesce(symbol, '-') FROM currencies WHERE currency_code <> '999' ORDER BY currency_code",
            crm:
                "SELECT isocurrencycode || currencyname || coalesce(currencysymbol, '-') FROM currencies ORDER BY isocurrencycode"
        ),
        ShippedSetAgreement(
            map: "exchange-rates",
            erp: "SELECT rate_type || from_currency || to_currency || valid_from FROM exchange_rates ORDER BY 1",
            crm:
                "SELECT ratetype || f.isocurrencycode || t.isocurrencycode || validfrom FROM exchangerates JOIN currencies f ON f.currencyid = fromcurrencyid JOIN currencies t ON t.currencyid = tocurrencyid ORDER BY 1"
        ),
        ShippedSetAgreement(
            map: "units", erp: "SELECT unit_symbol || description || decimal_precision FROM units ORDER BY unit_symbol",
            crm: "SELECT symbol || description || decimalprecision FROM uoms ORDER BY symbol"),
        ShippedSetAgreement(
            map: "unit-conversions",
            erp:
                "SELECT from_unit || '>' || to_unit || numerator || denominator FROM unit_conversions ORDER BY from_unit, to_unit",
            crm:
                "SELECT f.symbol || '>' || t.symbol || numerator || denominator FROM uomconversions JOIN uoms f ON f.uomid = fromuomid JOIN uoms t ON t.uomid = touomid ORDER BY f.symbol, t.symbol"
        ),
        ShippedSetAgreement(
            map: "payment-days", erp: "SELECT company || name || day_of_month FROM payment_days ORDER BY 1",
            crm:
                "SELECT code || d.name || dayofmonth FROM paymentdays d JOIN companies c ON c.companyid = d.companyid ORDER BY 1"
        ),
        ShippedSetAgreement(
            map: "payment-schedules",
            erp: "SELECT company || name || number_of_payments FROM payment_schedules ORDER BY 1",
            crm:
                "SELECT code || d.name || numberofpayments FROM paymentschedules d JOIN companies c ON c.companyid = d.companyid ORDER BY 1"
        ),
        ShippedSetAgreement(
            map: "payment-terms",
            erp:
                "SELECT company || name || number_of_days || coalesce(payment_day, '-') || coalesce(payment_schedule, '-') FROM payment_terms ORDER BY 1",
            crm: """
                SELECT code || t.name || days || coalesce(d.name, '-') || coalesce(s.name, '-') FROM paymentterms t
                JOIN companies c ON c.companyid = t.companyid
                LEFT JOIN paymentdays d ON d.paymentdayid = t.paymentdayid AND d.companyid = t.companyid
                LEFT JOIN paymentschedules s ON s.paymentscheduleid = t.paymentscheduleid AND s.companyid = t.companyid ORDER BY 1
                """),
        ShippedSetAgreement(
            map: "customer-groups",
            erp:
                "SELECT company || group_id || coalesce(payment_terms, '-') || coalesce(clearing_period, '-') FROM customer_groups ORDER BY 1",
            crm: """
                SELECT code || groupid || coalesce(p.name, '-') || coalesce(q.name, '-') FROM customergroups g
                JOIN companies c ON c.companyid = g.companyid
                LEFT JOIN paymentterms p ON p.paymenttermid = g.paymenttermid AND p.companyid = g.companyid
                LEFT JOIN paymentterms q ON q.paymenttermid = g.clearingperiodid AND q.companyid = g.companyid ORDER BY 1
                """),
        ShippedSetAgreement(
            map: "customers",
            erp: """
                SELECT company || customer_account || '|' || customer_group || '|' || currency || '|' || coalesce(payment_terms, '-')
                || '|' || coalesce(payment_schedule, '-') || '|' || coalesce(invoice_account, '-') || '|' || coalesce(contact_person_id, '-')
                || '|' || coalesce(primary_phone, '-') || '|' || coalesce(sales_memo, '-') || '|' || receives_email FROM customers
                WHERE party_type = 'Organization' ORDER BY company, customer_account
                """,
            crm: """
                SELECT code || a.accountnumber || '|' || groupid || '|' || isocurrencycode || '|' || coalesce(p.name, '-')
                || '|' || coalesce(s.name, '-') || '|' || coalesce(b.accountnumber, '-') || '|' || coalesce(contactpersonid, '-')
                || '|' || coalesce(a.telephone1, '-') || '|' || coalesce(a.description, '-') || '|'
                || CASE WHEN a.donotemail THEN 'No' ELSE 'Yes' END FROM accounts a
                JOIN companies c ON c.companyid = a.companyid
                JOIN customergroups g ON g.customergroupid = a.customergroupid AND g.companyid = a.companyid
                JOIN currencies u ON u.currencyid = a.transactioncurrencyid
                LEFT JOIN paymentterms p ON p.paymenttermid = a.paymenttermid AND p.companyid = a.companyid
                LEFT JOIN paymentschedules s ON s.paymentscheduleid = a.paymentscheduleid AND s.companyid = a.companyid
                LEFT JOIN accounts b ON b.accountid = a.billingaccountid AND b.companyid = a.companyid
                LEFT JOIN contacts k ON k.contactid = a.primarycontactid AND k.companyid = a.companyid
                WHERE a.accountnumber <> 'X-LEAVE' ORDER BY code, a.accountnumber
                """),
        ShippedSetAgreement(
            map: "customers-persons",
            erp:
                "SELECT company || customer_account || person_last_name || customer_group || currency FROM customers WHERE party_type = 'Person' ORDER BY company, customer_account",
            crm: """
                SELECT code || contactpersonid || lastname || coalesce(groupid, '20') || coalesce(isocurrencycode, 'EUR') FROM contacts k
                JOIN companies c ON c.companyid = k.companyid
                LEFT JOIN customergroups g ON g.customergroupid = k.customergroupid AND g.companyid = k.companyid
                LEFT JOIN currencies u ON u.currencyid = k.transactioncurrencyid WHERE sellable ORDER BY code, contactpersonid
                """),
        ShippedSetAgreement(
            map: "contacts",
            erp: """
                SELECT company || contact_person_id || associated_type || coalesce(customer_account, '-') || coalesce(vendor_account, '-')
                || last_name FROM contact_persons ORDER BY company, contact_person_id
                """,
            crm: """
                SELECT code || contactpersonid || CASE WHEN contactforvendor THEN 'Vendor' ELSE 'Customer' END
                || coalesce(accountnumber, '-') || coalesce(vendoraccountnumber, '-') || lastname FROM contacts k
                JOIN companies c ON c.companyid = k.companyid
                LEFT JOIN accounts a ON a.accountid = k.parentaccountid AND a.companyid = k.companyid
                LEFT JOIN vendors v ON v.vendorid = k.vendorid AND v.companyid = k.companyid
                WHERE NOT sellable ORDER BY code, contactpersonid
                """),
        ShippedSetAgreement(
            map: "vendor-groups",
            erp:
                "SELECT company || group_id FROM vendor_groups WHERE description IS NULL OR description <> '' ORDER BY 1",
            crm: "SELECT code || groupid FROM vendorgroups g JOIN companies c ON c.companyid = g.companyid ORDER BY 1"),
        ShippedSetAgreement(
            map: "vendors",
            erp: """
                SELECT company || vendor_account || party_type || coalesce(vendor_group, '-') || currency || coalesce(payment_terms, '-')
                || coalesce(invoice_vendor_account, '-') || coalesce(primary_contact_id, '-') FROM vendors ORDER BY 1
                """,
            crm: """
                SELECT code || v.vendoraccountnumber || CASE WHEN v.isperson THEN 'Person' ELSE 'Organization' END || coalesce(groupid, '-')
                || isocurrencycode || coalesce(p.name, '-') || coalesce(i.vendoraccountnumber, '-') || coalesce(contactpersonid, '-')
                FROM vendors v JOIN companies c ON c.companyid = v.companyid
                JOIN currencies u ON u.currencyid = v.currencyid
                LEFT JOIN vendorgroups g ON g.vendorgroupid = v.vendorgroupid AND g.companyid = v.companyid
                LEFT JOIN paymentterms p ON p.paymenttermid = v.paymenttermid AND p.companyid = v.companyid
                LEFT JOIN vendors i ON i.vendorid = v.invoicevendorid AND i.companyid = v.companyid
                LEFT JOIN contacts k ON k.contactid = v.primarycontactid AND k.companyid = v.companyid ORDER BY 1
                """),
        ShippedSetAgreement(
            map: "products",
            erp:
                "SELECT company || item_number || currency || sales_unit || coalesce(sales_unit_decimals, 0) FROM products ORDER BY 1",
            crm: """
                SELECT code || itemnumber || isocurrencycode || symbol || quantitydecimal FROM products p
                JOIN companies c ON c.companyid = p.companyid JOIN currencies ON currencyid = transactioncurrencyid
                JOIN uoms ON uomid = defaultuomid ORDER BY 1
                """),
        ShippedSetAgreement(
            map: "warehouses",
            erp: """
                SELECT company || warehouse_id || coalesce(main_refill_warehouse, '-') || coalesce(quarantine_warehouse, '-')
                || coalesce(transit_warehouse, '-') FROM warehouses ORDER BY 1
                """,
            crm: """
                SELECT e.code || w.code || coalesce(m.code, '-') || coalesce(q.code, '-') || coalesce(t.code, '-') FROM warehouses w
                JOIN companies e ON e.companyid = w.companyid
                LEFT JOIN warehouses m ON m.warehouseid = w.mainrefillwarehouseid AND m.companyid = w.companyid
                LEFT JOIN warehouses q ON q.warehouseid = w.quarantinewarehouseid AND q.companyid = w.companyid
                LEFT JOIN warehouses t ON t.warehouseid = w.transitwarehouseid AND t.companyid = w.companyid ORDER BY 1
                """),
    ]
}
