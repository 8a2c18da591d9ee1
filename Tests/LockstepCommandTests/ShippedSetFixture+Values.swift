extension ShippedSetFixture {
    static let plain: [ShippedSetFixture] = [
        ShippedSetFixture(
            name: "two-way plain",
            rounds: [
                Round(
                    erp: set("customers", "sales_memo = 'from the ERP'", where: "customer_account = '\(account(1))'"),
                    crm: set("accounts", "fax = 'from the CRM'", where: "accountnumber = '\(account(2))'"),
                    checks: [
                        crm("SELECT description FROM accounts WHERE accountnumber = '\(account(1))'", "from the ERP"),
                        erp(
                            "SELECT primary_fax FROM customers WHERE customer_account = '\(account(2))'", "from the CRM"
                        ),
                    ])
            ]),
        ShippedSetFixture(
            name: "one-way",
            rounds: [
                Round(
                    erp: set("customers", "delivery_latitude = 48.5", where: "customer_account = '\(account(1))'"),
                    crm: set("accounts", "address1_latitude = 1.5", where: "accountnumber = '\(account(5))'"),
                    checks: [
                        crm("SELECT accountnumber FROM accounts WHERE address1_latitude = 48.5", account(1)),
                        erp("SELECT count(*) FROM customers WHERE delivery_latitude = 1.5", "0"),
                    ])
            ]),
        ShippedSetFixture(
            name: "constant each way",
            rounds: [
                Round(
                    erp: customer("X-CONST-ERP"), crm: account("X-CONST-CRM"),
                    checks: [
                        crm(
                            "SELECT customertypecode || '/' || address1_addresstypecode FROM accounts WHERE accountnumber = 'X-CONST-ERP'",
                            "3/2"),
                        erp("SELECT party_type FROM customers WHERE customer_account = 'X-CONST-CRM'", "Organization"),
                    ])
            ]),
        ShippedSetFixture(
            name: "default only if null",
            rounds: [
                Round(
                    erp: customer("X-DEF-NULL", ["organization_name": "NULL"]) + customer("X-DEF-TEXT")
                        + insert(
                            "products",
                            [
                                "company": "'DE01'", "item_number": "'X-DEF'", "product_number": "'1'",
                                "product_name": "'Bolt'", "currency": "'EUR'", "sales_unit": "'kg'",
                            ])
                        + insert(
                            "products",
                            [
                                "company": "'DE01'", "item_number": "'X-DEF3'", "product_number": "'1'",
                                "product_name": "'Bolt'", "currency": "'EUR'", "sales_unit": "'kg'",
                                "sales_unit_decimals": "3",
                            ]),
                    checks: [
                        crm(
                            "SELECT name FROM accounts WHERE accountnumber LIKE 'X-DEF%' ORDER BY accountnumber",
                            "(no name) Name of X-DEF-TEXT"),
                        crm(
                            "SELECT quantitydecimal FROM products WHERE itemnumber LIKE 'X-DEF%' ORDER BY itemnumber",
                            "0 3"),
                        erp(
                            "SELECT coalesce(organization_name, 'null') FROM customers WHERE customer_account = 'X-DEF-NULL'",
                            "null"),
                    ])
            ]),
        ShippedSetFixture(
            name: "one source to two targets",
            rounds: [
                Round(
                    erp: insert("units", ["unit_symbol": "'t'", "description": "'Tonne'", "unit_class": "'Mass'"]),
                    checks: [
                        crm(
                            "SELECT symbol || '/' || name || '/' || systemofunits FROM uoms WHERE description = 'Tonne'",
                            "t/t/0")
                    ])
            ]),
    ]

    static let values: [ShippedSetFixture] = [
        ShippedSetFixture(
            name: "enum to number and back",
            rounds: [
                Round(
                    erp: set("customers", "on_hold_status = 'Payment'", where: "customer_account = '\(account(5))'"),
                    crm: set("accounts", "onholdstatus = 2", where: "accountnumber = '\(account(9))'"),
                    checks: [
                        crm("SELECT onholdstatus FROM accounts WHERE accountnumber = '\(account(5))'", "3"),
                        erp("SELECT on_hold_status FROM customers WHERE customer_account = '\(account(9))'", "All"),
                    ])
            ]),
        ShippedSetFixture(
            name: "enum to bool and back",
            rounds: [
                Round(
                    erp: set("vendors", "party_type = 'Person'", where: "vendor_account = 'V-DE000001'"),
                    crm: set("vendors", "isperson = true", where: "vendoraccountnumber = 'V-DE000002'"),
                    checks: [
                        crm(
                            "SELECT vendoraccountnumber FROM vendors WHERE isperson ORDER BY vendorid",
                            "V-DE000001 V-DE000002"),
                        erp(
                            "SELECT vendor_account FROM vendors WHERE party_type = 'Person' ORDER BY 1",
                            "V-DE000001 V-DE000002"),
                    ])
            ]),
        ShippedSetFixture(
            name: "inverted bool",
            rounds: [
                Round(
                    erp: customer("X-NOT-ERP", ["receives_email": "'No'"]) + customer("X-NOT-YES"),
                    crm: account("X-NOT-CRM", ["donotemail": "true"]),
                    checks: [
                        crm(
                            "SELECT CASE WHEN donotemail THEN 'forbids' ELSE 'allows' END FROM accounts WHERE accountnumber LIKE 'X-NOT-%' ORDER BY accountnumber",
                            "forbids forbids allows"),
                        erp(
                            "SELECT receives_email FROM customers WHERE customer_account LIKE 'X-NOT-%' ORDER BY 1 DESC",
                            "Yes No No"),
                    ])
            ]),
        ShippedSetFixture(
            name: "decimals 4 vs 2",
            rounds: [
                Round(
                    crm: account("X-DEC-CRM", ["creditlimit": "10.1250"])
                        + insert(
                            "contacts",
                            [
                                "companyid": company(), "contactpersonid": "'X-DEC-P'", "sellable": "true",
                                "lastname": "'Cent'", "creditlimit": "20.1249", "modifiedon": "'2026-11-01 10:00:00'",
                            ]),
                    checks: [
                        erp("SELECT credit_limit = 10.13 FROM customers WHERE customer_account = 'X-DEC-CRM'", "1"),
                        erp("SELECT credit_limit = 20.12 FROM customers WHERE customer_account = 'X-DEC-P'", "1"),
                        // What the ERP rounds does not come back.
                        crm(
                            "SELECT count(*) FROM accounts WHERE accountnumber = 'X-DEC-CRM' AND creditlimit = 10.125",
                            "1"),
                        crm(
                            "SELECT count(*) FROM contacts WHERE contactpersonid = 'X-DEC-P' AND creditlimit = 20.1249",
                            "1"),
                    ])
            ]),
        ShippedSetFixture(
            name: "decimals 10",
            rounds: [
                Round(
                    erp: insert(
                        "exchange_rates",
                        [
                            "rate_type": "'X-DEC'", "from_currency": "'CHF'", "to_currency": "'EUR'",
                            "valid_from": "'2026-05-05'", "rate": "'1.0123456789'",
                        ]),
                    checks: [
                        crm(
                            "SELECT count(*) FROM exchangerates WHERE ratetype = 'X-DEC' AND rate = 1.0123456789 AND validto IS NULL",
                            "1")
                    ])
            ]),
        ShippedSetFixture(
            name: "sentinel date",
            rounds: [
                Round(
                    erp: customer("X-DATE-ERP") + customer("X-DATE-SET", ["customer_since": "'2020-02-29'"]),
                    crm: account("X-DATE-CRM"),
                    checks: [
                        crm(
                            "SELECT coalesce(CAST(customersince AS text), 'null') FROM accounts WHERE accountnumber LIKE 'X-DATE-%' ORDER BY accountnumber",
                            "null null 2020-02-29"),
                        erp(
                            "SELECT customer_since FROM customers WHERE customer_account LIKE 'X-DATE-%' ORDER BY customer_account",
                            "1900-01-01 1900-01-01 2020-02-29"),
                    ])
            ]),
        ShippedSetFixture(
            name: "null and the empty text in a filter",
            rounds: [
                Round(
                    erp: insert("vendor_groups", ["company": "'DE01'", "group_id": "'X-NULL'", "description": "NULL"])
                        + insert("vendor_groups", ["company": "'DE01'", "group_id": "'X-EMPTY'", "description": "''"])
                        + insert("vendor_groups", ["company": "'DE01'", "group_id": "'X-TEXT'", "description": "'x'"]),
                    checks: [
                        crm(
                            "SELECT groupid FROM vendorgroups WHERE groupid LIKE 'X-%' ORDER BY groupid",
                            "X-NULL X-TEXT")
                    ])
            ]),
        ShippedSetFixture(
            name: "unknown enum value parks and heals",
            rounds: [
                Round(
                    crm: set("accounts", "onholdstatus = 7", where: "accountnumber = '\(account(22))'"),
                    checks: [
                        erp("SELECT on_hold_status FROM customers WHERE customer_account = '\(account(22))'", "No")
                    ]),
                Round(
                    crm: set("accounts", "onholdstatus = 1", where: "accountnumber = '\(account(22))'"),
                    checks: [
                        erp("SELECT on_hold_status FROM customers WHERE customer_account = '\(account(22))'", "Invoice")
                    ]),
            ]),
    ]
}
