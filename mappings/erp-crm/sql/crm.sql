-- The CRM: every record has an id of the store's own making, references are by id, codes are numbers, and what people
-- know a record by is merely unique. SQLite reads it as it is; for PostgreSQL `make` turns the ids into identity columns
-- and adds the references when all tables are there.

CREATE TABLE companies (
    companyid integer PRIMARY KEY,
    code varchar(4) NOT NULL UNIQUE,
    name varchar(160) NOT NULL
);

CREATE TABLE currencies (
    currencyid integer PRIMARY KEY,
    isocurrencycode varchar(3) NOT NULL UNIQUE,
    currencyname varchar(100) NOT NULL,
    currencysymbol varchar(10),
    exchangerate numeric(15, 10) NOT NULL
);

CREATE TABLE exchangerates (
    exchangerateid integer PRIMARY KEY,
    ratetype varchar(40) NOT NULL,
    fromcurrencyid integer NOT NULL REFERENCES currencies (currencyid),
    tocurrencyid integer NOT NULL REFERENCES currencies (currencyid),
    validfrom date NOT NULL,
    validto date,
    rate numeric(15, 10) NOT NULL,
    UNIQUE (ratetype, fromcurrencyid, tocurrencyid, validfrom)
);

CREATE TABLE uoms (
    uomid integer PRIMARY KEY,
    symbol varchar(20) NOT NULL UNIQUE,
    name varchar(100) NOT NULL,
    description varchar(100),
    unitclassname varchar(40),
    decimalprecision integer,
    isbaseunit boolean NOT NULL,
    issystemunit boolean NOT NULL,
    systemofunits integer
);

CREATE TABLE uomconversions (
    uomconversionid integer PRIMARY KEY,
    fromuomid integer NOT NULL REFERENCES uoms (uomid),
    touomid integer NOT NULL REFERENCES uoms (uomid),
    factor numeric(15, 6) NOT NULL,
    numerator integer NOT NULL,
    denominator integer NOT NULL,
    inneroffset numeric(15, 6) NOT NULL,
    outeroffset numeric(15, 6) NOT NULL,
    rounding integer NOT NULL,
    UNIQUE (fromuomid, touomid)
);

CREATE TABLE paymentdays (
    paymentdayid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    name varchar(40) NOT NULL,
    description varchar(100),
    dayofmonth integer NOT NULL,
    UNIQUE (companyid, name)
);

CREATE TABLE paymentschedules (
    paymentscheduleid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    name varchar(40) NOT NULL,
    description varchar(100),
    numberofpayments integer NOT NULL,
    UNIQUE (companyid, name)
);

CREATE TABLE paymentterms (
    paymenttermid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    name varchar(40) NOT NULL,
    description varchar(100),
    days integer NOT NULL,
    numberofmonth integer NOT NULL,
    cutoffdayofmonth integer NOT NULL,
    iscashpayment boolean NOT NULL,
    paymentmethodtype integer NOT NULL,
    paymentdayid integer REFERENCES paymentdays (paymentdayid),
    paymentscheduleid integer REFERENCES paymentschedules (paymentscheduleid),
    UNIQUE (companyid, name)
);

CREATE TABLE customergroups (
    customergroupid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    groupid varchar(20) NOT NULL,
    description varchar(100),
    ispricetaxinclusive boolean NOT NULL,
    paymenttermid integer REFERENCES paymentterms (paymenttermid),
    clearingperiodid integer REFERENCES paymentterms (paymenttermid),
    UNIQUE (companyid, groupid)
);

CREATE TABLE vendorgroups (
    vendorgroupid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    groupid varchar(20) NOT NULL,
    description varchar(100),
    UNIQUE (companyid, groupid)
);

CREATE TABLE accounts (
    accountid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    accountnumber varchar(20) NOT NULL,
    customertypecode integer NOT NULL,
    partynumber varchar(20),
    name varchar(160) NOT NULL,
    alias varchar(60),
    numberofemployees integer,
    customergroupid integer NOT NULL REFERENCES customergroups (customergroupid),
    transactioncurrencyid integer NOT NULL REFERENCES currencies (currencyid),
    language varchar(7) NOT NULL,
    paymenttermid integer REFERENCES paymentterms (paymenttermid),
    paymentmethod varchar(20),
    paymentscheduleid integer REFERENCES paymentschedules (paymentscheduleid),
    creditlimit numeric(15, 4) NOT NULL DEFAULT 0,
    creditlimitismandatory boolean NOT NULL DEFAULT false,
    creditrating varchar(20),
    onholdstatus integer NOT NULL DEFAULT 0,
    isonetimecustomer boolean NOT NULL DEFAULT false,
    ispricetaxinclusive boolean NOT NULL DEFAULT false,
    discountpercent numeric(5, 2) NOT NULL DEFAULT 0,
    taxexemptnumber varchar(40),
    salestaxgroup varchar(20),
    commissiongroup varchar(20),
    lineofbusiness varchar(40),
    segment varchar(40),
    salesdistrict varchar(40),
    statisticsgroup varchar(20),
    deliverymode varchar(20),
    deliveryterms varchar(20),
    defaultwarehouse varchar(20),
    billingaccountid integer REFERENCES accounts (accountid),
    invoiceaddress integer NOT NULL DEFAULT 0,
    primarycontactid integer REFERENCES contacts (contactid),
    emailaddress1 varchar(100),
    telephone1 varchar(50),
    telephone1extension varchar(20),
    fax varchar(50),
    websiteurl varchar(200),
    address1_line1 varchar(250),
    address1_city varchar(80),
    address1_postalcode varchar(20),
    address1_stateorprovince varchar(50),
    address1_county varchar(50),
    address1_country varchar(80),
    address1_latitude double precision,
    address1_longitude double precision,
    address1_addresstypecode integer,
    address1_composite text,
    address2_line1 varchar(250),
    address2_city varchar(80),
    address2_postalcode varchar(20),
    address2_stateorprovince varchar(50),
    address2_county varchar(50),
    address2_country varchar(80),
    description text,
    donotemail boolean NOT NULL DEFAULT false,
    donotpostalmail boolean NOT NULL DEFAULT false,
    customersince date,
    nextreviewon date,
    modifiedon timestamp NOT NULL,
    UNIQUE (companyid, accountnumber)
);

CREATE TABLE vendors (
    vendorid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    vendoraccountnumber varchar(20) NOT NULL,
    name varchar(160) NOT NULL,
    isperson boolean NOT NULL,
    vendorgroupid integer REFERENCES vendorgroups (vendorgroupid),
    currencyid integer NOT NULL REFERENCES currencies (currencyid),
    paymenttermid integer REFERENCES paymentterms (paymenttermid),
    onholdstatus integer NOT NULL DEFAULT 0,
    invoicevendorid integer REFERENCES vendors (vendorid),
    primarycontactid integer REFERENCES contacts (contactid),
    taxexemptnumber varchar(40),
    emailaddress varchar(100),
    telephone varchar(50),
    addressline varchar(250),
    addresscity varchar(80),
    addresspostalcode varchar(20),
    addresscountry varchar(80),
    modifiedon timestamp NOT NULL,
    UNIQUE (companyid, vendoraccountnumber)
);

-- Persons who buy (sellable) and persons who speak for an account or a vendor, in one table. `customers` of the ERP and
-- its `contact_persons` both come here, so that accounts, vendors and contacts refer to each other in a circle.
CREATE TABLE contacts (
    contactid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    contactpersonid varchar(20) NOT NULL,
    sellable boolean NOT NULL DEFAULT false,
    contactforvendor boolean NOT NULL DEFAULT false,
    parentaccountid integer REFERENCES accounts (accountid),
    vendorid integer REFERENCES vendors (vendorid),
    firstname varchar(50),
    middlename varchar(50),
    lastname varchar(50),
    fullname varchar(160),
    jobtitle varchar(100),
    customergroupid integer REFERENCES customergroups (customergroupid),
    transactioncurrencyid integer REFERENCES currencies (currencyid),
    creditlimit numeric(15, 4),
    gendercode integer,
    familystatuscode integer,
    donotemail boolean NOT NULL DEFAULT false,
    emailaddress1 varchar(100),
    telephone1 varchar(50),
    birthdate date,
    description text,
    modifiedon timestamp NOT NULL,
    UNIQUE (companyid, contactpersonid)
);

CREATE TABLE products (
    productid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    itemnumber varchar(20) NOT NULL,
    productnumber varchar(40) NOT NULL,
    name varchar(100) NOT NULL,
    description text,
    producttypecode integer NOT NULL,
    transactioncurrencyid integer NOT NULL REFERENCES currencies (currencyid),
    defaultuomid integer NOT NULL REFERENCES uoms (uomid),
    quantitydecimal integer NOT NULL,
    price numeric(15, 4),
    currentcost numeric(15, 4),
    UNIQUE (companyid, itemnumber)
);

CREATE TABLE warehouses (
    warehouseid integer PRIMARY KEY,
    companyid integer NOT NULL REFERENCES companies (companyid),
    code varchar(20) NOT NULL,
    name varchar(100) NOT NULL,
    warehousetype integer NOT NULL,
    isretail boolean NOT NULL,
    mainrefillwarehouseid integer REFERENCES warehouses (warehouseid),
    quarantinewarehouseid integer REFERENCES warehouses (warehouseid),
    transitwarehouseid integer REFERENCES warehouses (warehouseid),
    UNIQUE (companyid, code)
);
