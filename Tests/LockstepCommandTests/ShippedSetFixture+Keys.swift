extension ShippedSetFixture {
    static let references: [ShippedSetFixture] = [
        ShippedSetFixture(
            name: "reference by key",
            rounds: [
                Round(
                    erp: set("customers", "currency = 'CHF'", where: "customer_account = '\(account(6))'"),
                    crm: set(
                        "accounts", "transactioncurrencyid = \(currency("USD"))",
                        where: "accountnumber = '\(account(11))'"),
                    checks: [
                        crm(
                            "SELECT isocurrencycode FROM accounts JOIN currencies ON currencyid = transactioncurrencyid WHERE accountnumber = '\(account(6))'",
                            "CHF"),
                        erp("SELECT currency FROM customers WHERE customer_account = '\(account(11))'", "USD"),
                    ])
            ]),
        ShippedSetFixture(
            name: "composite key of references",
            rounds: [
                Round(
                    erp: insert("unit_conversions", ["from_unit": "'g'", "to_unit": "'lb'", "factor": "'0.002205'"]),
                    crm: insert(
                        "uomconversions",
                        [
                            "fromuomid": "(SELECT uomid FROM uoms WHERE symbol = 'm')",
                            "touomid": "(SELECT uomid FROM uoms WHERE symbol = 'ft')", "factor": "3.28084",
                            "numerator": "1",
                            "denominator": "1", "inneroffset": "0", "outeroffset": "0", "rounding": "2",
                        ]),
                    checks: [
                        crm(
                            "SELECT count(*) FROM uomconversions c JOIN uoms f ON f.uomid = fromuomid JOIN uoms t ON t.uomid = touomid WHERE f.symbol = 'g' AND t.symbol = 'lb' AND factor = 0.002205",
                            "1"),
                        erp(
                            "SELECT rounding FROM unit_conversions WHERE from_unit = 'm' AND to_unit = 'ft' AND factor = 3.28084",
                            "Down"),
                    ])
            ]),
        ShippedSetFixture(
            name: "two maps into one table",
            rounds: [
                Round(
                    erp: customer(
                        "X-TWO-1",
                        [
                            "party_type": "'Person'", "organization_name": "NULL", "person_first_name": "'Ada'",
                            "person_last_name": "'One'",
                        ])
                        + insert(
                            "contact_persons",
                            [
                                "company": "'DE01'", "contact_person_id": "'X-TWO-2'",
                                "associated_type": "'Customer'", "customer_account": "'\(account(10))'",
                                "last_name": "'Two'",
                                "modified_at": "'2026-11-01 10:00:00'",
                            ]),
                    crm: ["3": "true", "4": "false"].sorted { $0.key < $1.key }.map { number, sellable in
                        insert(
                            "contacts",
                            [
                                "companyid": company(), "contactpersonid": "'X-TWO-\(number)'",
                                "sellable": sellable, "lastname": "'Name'", "modifiedon": "'2026-11-01 10:00:00'",
                            ])
                    }.joined(),
                    checks: [
                        crm(
                            "SELECT contactpersonid || CASE WHEN sellable THEN '+' ELSE '-' END FROM contacts WHERE contactpersonid LIKE 'X-TWO-%' ORDER BY contactpersonid",
                            "X-TWO-1+ X-TWO-2- X-TWO-3+ X-TWO-4-"),
                        erp("SELECT party_type FROM customers WHERE customer_account = 'X-TWO-3'", "Person"),
                        erp(
                            "SELECT associated_type FROM contact_persons WHERE contact_person_id = 'X-TWO-4'",
                            "Customer"),
                        erp(
                            "SELECT (SELECT count(*) FROM customers WHERE customer_account LIKE 'X-TWO-%') || (SELECT count(*) FROM contact_persons WHERE contact_person_id LIKE 'X-TWO-%')",
                            "22"),
                    ])
            ]),
        ShippedSetFixture(
            name: "self reference",
            rounds: [
                Round(
                    erp: transaction(customer("X-SELF-1", ["invoice_account": "'X-SELF-2'"]), customer("X-SELF-2")),
                    crm: transaction(
                        account("X-SELF-4"), account("X-SELF-3", ["billingaccountid": accountID("X-SELF-4")])),
                    checks: [
                        crm(
                            "SELECT a.accountnumber || '>' || b.accountnumber FROM accounts a JOIN accounts b ON b.accountid = a.billingaccountid WHERE a.accountnumber LIKE 'X-SELF-%' ORDER BY 1",
                            "X-SELF-1>X-SELF-2 X-SELF-3>X-SELF-4"),
                        erp(
                            "SELECT customer_account || '>' || invoice_account FROM customers WHERE customer_account LIKE 'X-SELF-%' AND invoice_account IS NOT NULL ORDER BY 1",
                            "X-SELF-1>X-SELF-2 X-SELF-3>X-SELF-4"),
                    ])
            ]),
        ShippedSetFixture(
            name: "circle across tables",
            rounds: [
                Round(
                    erp: transaction(
                        customer("X-RING-1", ["contact_person_id": "'X-RING-1P'"]),
                        insert(
                            "contact_persons",
                            [
                                "company": "'DE01'", "contact_person_id": "'X-RING-1P'",
                                "associated_type": "'Customer'", "customer_account": "'X-RING-1'",
                                "last_name": "'Ring'",
                                "modified_at": "'2026-11-01 10:00:00'",
                            ])),
                    crm: transaction(
                        account("X-RING-2"),
                        insert(
                            "contacts",
                            [
                                "companyid": company(), "contactpersonid": "'X-RING-2P'", "sellable": "false",
                                "parentaccountid": accountID("X-RING-2"), "lastname": "'Ring'",
                                "modifiedon": "'2026-11-01 10:00:00'",
                            ]),
                        set(
                            "accounts",
                            "primarycontactid = (SELECT contactid FROM contacts WHERE contactpersonid = 'X-RING-2P')",
                            where: "accountnumber = 'X-RING-2'")),
                    checks: [
                        crm(
                            "SELECT accountnumber || contactpersonid FROM accounts JOIN contacts ON contactid = primarycontactid AND parentaccountid = accountid WHERE accountnumber LIKE 'X-RING-%' ORDER BY 1",
                            "X-RING-1X-RING-1P X-RING-2X-RING-2P"),
                        erp(
                            "SELECT c.customer_account || p.contact_person_id FROM customers c JOIN contact_persons p ON p.contact_person_id = c.contact_person_id AND p.customer_account = c.customer_account WHERE c.customer_account LIKE 'X-RING-%' ORDER BY 1",
                            "X-RING-1X-RING-1P X-RING-2X-RING-2P"),
                    ])
            ]),
        ShippedSetFixture(
            name: "child before its parent parks and heals",
            rounds: [
                Round(
                    erp: customer("X-CHILD", ["currency": "'XKR'"]),
                    checks: [crm("SELECT count(*) FROM accounts WHERE accountnumber = 'X-CHILD'", "0")]),
                Round(
                    erp: insert("currencies", ["currency_code": "'XKR'", "name": "'Late crown'"]),
                    checks: [
                        crm(
                            "SELECT isocurrencycode FROM accounts JOIN currencies ON currencyid = transactioncurrencyid WHERE accountnumber = 'X-CHILD'",
                            "XKR")
                    ]),
            ]),
    ]

    static let keys: [ShippedSetFixture] = [
        ShippedSetFixture(
            name: "partition in the key",
            rounds: [
                Round(
                    erp: ["DE01": 30, "FR01": 31].sorted { $0.key < $1.key }.map { code, days in
                        insert(
                            "payment_terms", ["company": "'\(code)'", "name": "'X-30'", "number_of_days": "\(days)"])
                    }.joined(),
                    crm: insert(
                        "paymentterms",
                        [
                            "companyid": company("US01"), "name": "'X-30'", "days": "32", "numberofmonth": "0",
                            "cutoffdayofmonth": "0", "iscashpayment": "false", "paymentmethodtype": "0",
                        ]),
                    checks: [
                        crm(
                            "SELECT code || days FROM paymentterms t JOIN companies c ON c.companyid = t.companyid WHERE t.name = 'X-30' ORDER BY code",
                            "DE0130 FR0131 US0132"),
                        erp(
                            "SELECT company || number_of_days FROM payment_terms WHERE name = 'X-30' ORDER BY 1",
                            "DE0130 FR0131 US0132"),
                    ])
            ]),
        ShippedSetFixture(
            name: "key rename of a customer",
            rounds: [
                Round(
                    erp: set(
                        "customers", "customer_account = 'X-REN-ERP'", where: "customer_account = '\(account(17))'"),
                    crm: "CREATE TABLE x_marks AS SELECT accountid, accountnumber FROM accounts;\n"
                        + set("accounts", "accountnumber = 'X-REN-CRM'", where: "accountnumber = '\(account(18))'"),
                    checks: [
                        crm(
                            "SELECT m.accountnumber || '>' || a.accountnumber FROM x_marks m JOIN accounts a ON a.accountid = m.accountid WHERE a.accountnumber LIKE 'X-REN-%' ORDER BY 1",
                            "\(account(17))>X-REN-ERP \(account(18))>X-REN-CRM"),
                        erp(
                            "SELECT customer_account || '/' || party_number FROM customers WHERE customer_account LIKE 'X-REN-%' OR customer_account IN ('\(account(17))', '\(account(18))') ORDER BY 1",
                            "X-REN-CRM/PNDE0100000018 X-REN-ERP/PNDE0100000017"),
                        crm(
                            "SELECT count(*) FROM accounts WHERE accountnumber IN ('\(account(17))', '\(account(18))')",
                            "0"),
                    ])
            ]),
        ShippedSetFixture(
            name: "key rename of a currency that others refer to",
            rounds: [
                Round(
                    erp: insert("currencies", ["currency_code": "'XA'", "name": "'A'"])
                        + customer("X-CUR-A", ["currency": "'XA'"]),
                    checks: [
                        crm(
                            "SELECT isocurrencycode FROM accounts JOIN currencies ON currencyid = transactioncurrencyid WHERE accountnumber LIKE 'X-CUR-%' ORDER BY 1",
                            "XA")
                    ]),
                Round(
                    erp: transaction(
                        set("currencies", "currency_code = 'XA2'", where: "currency_code = 'XA'"),
                        set("customers", "currency = 'XA2'", where: "currency = 'XA'")),
                    checks: [
                        crm(
                            "SELECT isocurrencycode FROM accounts JOIN currencies ON currencyid = transactioncurrencyid WHERE accountnumber LIKE 'X-CUR-%' ORDER BY 1",
                            "XA2"),
                        erp(
                            "SELECT currency FROM customers WHERE customer_account LIKE 'X-CUR-%' ORDER BY 1", "XA2"
                        ),
                        erp(
                            "SELECT currency_code FROM currencies WHERE currency_code = 'XA2' OR currency_code = 'XA' ORDER BY 1",
                            "XA2"),
                    ]),
            ]),
    ]

    static let lives: [ShippedSetFixture] = [
        ShippedSetFixture(
            name: "record that leaves the filter",
            rounds: [
                Round(
                    erp: customer("X-LEAVE"),
                    checks: [crm("SELECT count(*) FROM accounts WHERE accountnumber = 'X-LEAVE'", "1")]),
                Round(
                    erp: set(
                        "customers", "party_type = 'Person', person_last_name = 'Leaver'",
                        where: "customer_account = 'X-LEAVE'"),
                    checks: [
                        // It stays where it was, unfollowed, and is what the other map is about from now on.
                        crm("SELECT name FROM accounts WHERE accountnumber = 'X-LEAVE'", "Name of X-LEAVE"),
                        crm("SELECT lastname FROM contacts WHERE contactpersonid = 'X-LEAVE' AND sellable", "Leaver"),
                    ]),
            ]),
        ShippedSetFixture(
            name: "delete",
            rounds: [
                Round(erp: customer("X-DEL-1") + customer("X-DEL-2")),
                Round(
                    erp: "DELETE FROM customers WHERE customer_account = 'X-DEL-1';\n",
                    crm: "DELETE FROM accounts WHERE accountnumber = 'X-DEL-2';\n",
                    checks: [
                        crm("SELECT count(*) FROM accounts WHERE accountnumber LIKE 'X-DEL-%'", "0"),
                        erp("SELECT count(*) FROM customers WHERE customer_account LIKE 'X-DEL-%'", "0"),
                    ]),
            ]),
        ShippedSetFixture(
            name: "delete on one side and edit on the other",
            rounds: [
                Round(erp: customer("X-BOTH-1") + customer("X-BOTH-2")),
                Round(
                    erp: "DELETE FROM customers WHERE customer_account = 'X-BOTH-1';\n"
                        + set("customers", "sales_memo = 'kept'", where: "customer_account = 'X-BOTH-2'"),
                    crm: set("accounts", "description = 'kept'", where: "accountnumber = 'X-BOTH-1'")
                        + "DELETE FROM accounts WHERE accountnumber = 'X-BOTH-2';\n",
                    checks: [
                        crm("SELECT description FROM accounts WHERE accountnumber LIKE 'X-BOTH-%'", "kept kept"),
                        erp("SELECT sales_memo FROM customers WHERE customer_account LIKE 'X-BOTH-%'", "kept kept"),
                    ]),
            ]),
        ShippedSetFixture(
            name: "more than 1,000 rows in one transaction",
            rounds: [
                Round(
                    erp: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
                        + " INSERT INTO products (company, item_number, product_number, product_name, currency, sales_unit)"
                        + " SELECT 'US01', 'X-' || i, 'X', 'Many', 'USD', 'ea' FROM n;\n",
                    crm: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)"
                        + " INSERT INTO accounts (companyid, accountnumber, customertypecode, name, customergroupid,"
                        + " transactioncurrencyid, language, modifiedon) SELECT \(company()), 'X-MANY-' || i, 3, 'Many',"
                        + " \(group()), \(currency("EUR")), 'de-de', '2026-11-01 10:00:00' FROM n;\n",
                    checks: [
                        crm(
                            "SELECT count(*) FROM products p JOIN currencies ON currencyid = transactioncurrencyid WHERE p.name = 'Many' AND isocurrencycode = 'USD'",
                            "1200"),
                        erp(
                            "SELECT count(*) FROM customers WHERE organization_name = 'Many' AND currency = 'EUR' AND customer_group = '20'",
                            "1100"),
                    ])
            ]),
        ShippedSetFixture(
            name: "pause of one partition and ordered replay",
            rounds: [
                Round(
                    erp: set(
                        "customers", "sales_memo = '0'", where: "customer_account IN ('C-US0000001', 'C-FR0000001')"),
                    checks: [
                        crm(
                            "SELECT description FROM accounts WHERE accountnumber IN ('C-US0000001', 'C-FR0000001')",
                            "0 0")
                    ]),
                Round(
                    erp: ["A", "B", "C"].map {
                        set(
                            "customers", "sales_memo = '\($0)'",
                            where: "customer_account IN ('C-US0000001', 'C-FR0000001')")
                    }.joined(),
                    before: ["pause customers@US01"],
                    checks: [
                        crm(
                            "SELECT description FROM accounts WHERE accountnumber IN ('C-US0000001', 'C-FR0000001') ORDER BY accountnumber",
                            "C 0")
                    ]),
                Round(
                    before: ["resume customers@US01"],
                    checks: [
                        crm(
                            "SELECT description FROM accounts WHERE accountnumber IN ('C-US0000001', 'C-FR0000001') ORDER BY accountnumber",
                            "C C")
                    ]),
            ]),
    ]
}
