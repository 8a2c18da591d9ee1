-- The CRM: its own names, option sets as numbers, a surrogate key of its own, the business key merely unique.
CREATE TABLE country (
    isocode TEXT PRIMARY KEY NOT NULL,
    isocode3 TEXT NOT NULL,
    name TEXT NOT NULL
);

CREATE TABLE stateorprovince (
    code TEXT PRIMARY KEY NOT NULL,
    countrycode TEXT NOT NULL REFERENCES country (isocode),
    name TEXT NOT NULL,
    category TEXT
);

CREATE TABLE transactioncurrency (
    isocurrencycode TEXT PRIMARY KEY NOT NULL,
    currencyname TEXT NOT NULL,
    numericcode TEXT
);

CREATE TABLE language (
    languagecode TEXT PRIMARY KEY NOT NULL,
    locale TEXT NOT NULL,
    displayname TEXT NOT NULL
);

CREATE TABLE account (
    accountid INTEGER PRIMARY KEY,
    accountnumber TEXT NOT NULL,
    companycode TEXT NOT NULL,
    customertypecode INTEGER NOT NULL,
    name TEXT NOT NULL,
    primarycontact TEXT,
    emailaddress TEXT,
    telephone TEXT,
    address_line TEXT,
    address_city TEXT,
    address_country TEXT,
    preferredlanguage TEXT,
    currencycode TEXT NOT NULL,
    creditlimit DECIMAL(15, 4) NOT NULL DEFAULT 0,
    onholdstatus INTEGER NOT NULL DEFAULT 0,
    modifiedon DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S', 'now')),
    UNIQUE (accountnumber, companycode)
);
