-- The ERP: natural keys, every table of a company's own begins with that company, codes are words, "no date" is
-- 1900-01-01, and tables refer to each other in a circle. SQLite reads it as it is; for PostgreSQL, which wants a table to
-- be there before it is referred to, `make` adds the references when all tables are there.

CREATE TABLE legal_entities (
    company varchar(4) PRIMARY KEY NOT NULL,
    name varchar(100) NOT NULL
);

CREATE TABLE currencies (
    currency_code varchar(3) PRIMARY KEY NOT NULL,
    name varchar(60) NOT NULL,
    symbol varchar(5)
);

CREATE TABLE exchange_rates (
    rate_type varchar(20) NOT NULL,
    from_currency varchar(3) NOT NULL REFERENCES currencies (currency_code),
    to_currency varchar(3) NOT NULL REFERENCES currencies (currency_code),
    valid_from date NOT NULL,
    valid_to date NOT NULL DEFAULT '2154-12-31',
    rate numeric(15, 10) NOT NULL,
    PRIMARY KEY (rate_type, from_currency, to_currency, valid_from)
);

CREATE TABLE units (
    unit_symbol varchar(10) PRIMARY KEY NOT NULL,
    description varchar(60) NOT NULL,
    unit_class varchar(20) NOT NULL,
    decimal_precision integer NOT NULL DEFAULT 0,
    is_base_unit varchar(3) NOT NULL DEFAULT 'No',
    is_system_unit varchar(3) NOT NULL DEFAULT 'No',
    system_of_units varchar(12) NOT NULL DEFAULT 'None'
);

CREATE TABLE unit_conversions (
    from_unit varchar(10) NOT NULL REFERENCES units (unit_symbol),
    to_unit varchar(10) NOT NULL REFERENCES units (unit_symbol),
    factor numeric(15, 6) NOT NULL DEFAULT 1,
    numerator integer NOT NULL DEFAULT 1,
    denominator integer NOT NULL DEFAULT 1,
    inner_offset numeric(15, 6) NOT NULL DEFAULT 0,
    outer_offset numeric(15, 6) NOT NULL DEFAULT 0,
    rounding varchar(10) NOT NULL DEFAULT 'Nearest',
    PRIMARY KEY (from_unit, to_unit)
);

CREATE TABLE payment_days (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    name varchar(20) NOT NULL,
    description varchar(60),
    day_of_month integer NOT NULL,
    PRIMARY KEY (company, name)
);

CREATE TABLE payment_schedules (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    name varchar(20) NOT NULL,
    description varchar(60),
    number_of_payments integer NOT NULL DEFAULT 1,
    PRIMARY KEY (company, name)
);

CREATE TABLE payment_terms (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    name varchar(20) NOT NULL,
    description varchar(60),
    number_of_days integer NOT NULL DEFAULT 0,
    number_of_months integer NOT NULL DEFAULT 0,
    cutoff_day_of_month integer NOT NULL DEFAULT 0,
    is_cash_payment varchar(3) NOT NULL DEFAULT 'No',
    payment_method_type varchar(12) NOT NULL DEFAULT 'Net',
    payment_day varchar(20),
    payment_schedule varchar(20),
    PRIMARY KEY (company, name),
    FOREIGN KEY (company, payment_day) REFERENCES payment_days (company, name),
    FOREIGN KEY (company, payment_schedule) REFERENCES payment_schedules (company, name)
);

CREATE TABLE customer_groups (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    group_id varchar(10) NOT NULL,
    description varchar(60),
    price_includes_sales_tax varchar(3) NOT NULL DEFAULT 'No',
    payment_terms varchar(20),
    clearing_period varchar(20),
    PRIMARY KEY (company, group_id),
    FOREIGN KEY (company, payment_terms) REFERENCES payment_terms (company, name),
    FOREIGN KEY (company, clearing_period) REFERENCES payment_terms (company, name)
);

CREATE TABLE vendor_groups (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    group_id varchar(10) NOT NULL,
    description varchar(60),
    PRIMARY KEY (company, group_id)
);

-- Organizations and persons alike; a customer may be invoiced to another one, and names a contact of its own.
CREATE TABLE customers (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    customer_account varchar(20) NOT NULL,
    party_type varchar(12) NOT NULL DEFAULT 'Organization' CHECK (party_type IN ('Organization', 'Person')),
    party_number varchar(20),
    organization_name varchar(100),
    search_name varchar(40),
    person_first_name varchar(40),
    person_middle_name varchar(40),
    person_last_name varchar(40),
    number_of_employees integer,
    customer_group varchar(10) NOT NULL,
    currency varchar(3) NOT NULL REFERENCES currencies (currency_code),
    language varchar(7) NOT NULL DEFAULT 'en-us',
    payment_terms varchar(20),
    payment_method varchar(10),
    payment_schedule varchar(20),
    credit_limit numeric(15, 2) NOT NULL DEFAULT 0,
    credit_limit_is_mandatory varchar(3) NOT NULL DEFAULT 'No',
    credit_rating varchar(10),
    on_hold_status varchar(8) NOT NULL DEFAULT 'No',
    is_one_time_customer varchar(3) NOT NULL DEFAULT 'No',
    price_includes_sales_tax varchar(3) NOT NULL DEFAULT 'No',
    discount_percent numeric(5, 2) NOT NULL DEFAULT 0,
    tax_exempt_number varchar(30),
    sales_tax_group varchar(10),
    commission_group varchar(10),
    line_of_business varchar(20),
    segment varchar(20),
    sales_district varchar(20),
    statistics_group varchar(10),
    delivery_mode varchar(10),
    delivery_terms varchar(10),
    warehouse varchar(10),
    invoice_account varchar(20),
    invoice_address varchar(16) NOT NULL DEFAULT 'InvoiceAccount',
    contact_person_id varchar(20),
    primary_email varchar(100),
    primary_phone varchar(30),
    primary_phone_extension varchar(10),
    primary_fax varchar(30),
    primary_url varchar(200),
    delivery_street varchar(120),
    delivery_city varchar(60),
    delivery_zip_code varchar(10),
    delivery_state varchar(10),
    delivery_county varchar(40),
    delivery_country varchar(2),
    delivery_latitude double precision,
    delivery_longitude double precision,
    invoice_street varchar(120),
    invoice_city varchar(60),
    invoice_zip_code varchar(10),
    invoice_state varchar(10),
    invoice_county varchar(40),
    invoice_country varchar(2),
    sales_memo text,
    receives_email varchar(3) NOT NULL DEFAULT 'Yes',
    receives_mail varchar(3) NOT NULL DEFAULT 'Yes',
    customer_since date NOT NULL DEFAULT '1900-01-01',
    next_review_on date NOT NULL DEFAULT '1900-01-01',
    modified_at timestamp NOT NULL,
    PRIMARY KEY (company, customer_account),
    FOREIGN KEY (company, contact_person_id) REFERENCES contact_persons (company, contact_person_id),
    FOREIGN KEY (company, customer_group) REFERENCES customer_groups (company, group_id),
    FOREIGN KEY (company, payment_terms) REFERENCES payment_terms (company, name),
    FOREIGN KEY (company, payment_schedule) REFERENCES payment_schedules (company, name),
    FOREIGN KEY (company, invoice_account) REFERENCES customers (company, customer_account)
);

CREATE TABLE vendors (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    vendor_account varchar(20) NOT NULL,
    party_type varchar(12) NOT NULL DEFAULT 'Organization' CHECK (party_type IN ('Organization', 'Person')),
    organization_name varchar(100) NOT NULL,
    vendor_group varchar(10),
    currency varchar(3) NOT NULL REFERENCES currencies (currency_code),
    payment_terms varchar(20),
    on_hold_status varchar(8) NOT NULL DEFAULT 'No',
    invoice_vendor_account varchar(20),
    primary_contact_id varchar(20),
    tax_exempt_number varchar(30),
    email varchar(100),
    phone varchar(30),
    street varchar(120),
    city varchar(60),
    zip_code varchar(10),
    country varchar(2),
    modified_at timestamp NOT NULL,
    PRIMARY KEY (company, vendor_account),
    FOREIGN KEY (company, primary_contact_id) REFERENCES contact_persons (company, contact_person_id),
    FOREIGN KEY (company, vendor_group) REFERENCES vendor_groups (company, group_id),
    FOREIGN KEY (company, payment_terms) REFERENCES payment_terms (company, name),
    FOREIGN KEY (company, invoice_vendor_account) REFERENCES vendors (company, vendor_account)
);

-- People who speak for a customer or a vendor.
CREATE TABLE contact_persons (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    contact_person_id varchar(20) NOT NULL,
    associated_type varchar(8) NOT NULL CHECK (associated_type IN ('Customer', 'Vendor')),
    customer_account varchar(20),
    vendor_account varchar(20),
    first_name varchar(40),
    middle_name varchar(40),
    last_name varchar(40) NOT NULL,
    profession varchar(60),
    gender varchar(12) NOT NULL DEFAULT 'Unknown',
    marital_status varchar(12) NOT NULL DEFAULT 'None',
    is_receiving_direct_mail varchar(3) NOT NULL DEFAULT 'Yes',
    email varchar(100),
    phone varchar(30),
    birth_date date NOT NULL DEFAULT '1900-01-01',
    notes text,
    modified_at timestamp NOT NULL,
    PRIMARY KEY (company, contact_person_id),
    FOREIGN KEY (company, customer_account) REFERENCES customers (company, customer_account),
    FOREIGN KEY (company, vendor_account) REFERENCES vendors (company, vendor_account)
);

CREATE TABLE products (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    item_number varchar(20) NOT NULL,
    product_number varchar(20) NOT NULL,
    product_name varchar(100) NOT NULL,
    product_description text,
    product_type varchar(10) NOT NULL DEFAULT 'Item',
    currency varchar(3) NOT NULL REFERENCES currencies (currency_code),
    sales_unit varchar(10) NOT NULL REFERENCES units (unit_symbol),
    sales_unit_decimals integer,
    sales_price numeric(15, 4),
    unit_cost numeric(15, 4),
    PRIMARY KEY (company, item_number)
);

CREATE TABLE warehouses (
    company varchar(4) NOT NULL REFERENCES legal_entities (company),
    warehouse_id varchar(10) NOT NULL,
    name varchar(60) NOT NULL,
    warehouse_type varchar(10) NOT NULL DEFAULT 'Standard',
    is_retail varchar(3) NOT NULL DEFAULT 'No',
    main_refill_warehouse varchar(10),
    quarantine_warehouse varchar(10),
    transit_warehouse varchar(10),
    PRIMARY KEY (company, warehouse_id),
    FOREIGN KEY (company, main_refill_warehouse) REFERENCES warehouses (company, warehouse_id),
    FOREIGN KEY (company, quarantine_warehouse) REFERENCES warehouses (company, warehouse_id),
    FOREIGN KEY (company, transit_warehouse) REFERENCES warehouses (company, warehouse_id)
);
