-- The ERP: words in full, customers of several companies, references that it enforces.
CREATE TABLE countries (
    code TEXT PRIMARY KEY NOT NULL,
    alpha3 TEXT NOT NULL UNIQUE,
    numeric_code TEXT NOT NULL,
    name TEXT NOT NULL,
    official_name TEXT
);

CREATE TABLE subdivisions (
    code TEXT PRIMARY KEY NOT NULL,
    country TEXT NOT NULL REFERENCES countries (code),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent TEXT
);

CREATE TABLE currencies (
    code TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    numeric_code TEXT
);

CREATE TABLE languages (
    code TEXT PRIMARY KEY NOT NULL,
    short_code TEXT UNIQUE,
    name TEXT NOT NULL,
    type TEXT NOT NULL
);

CREATE TABLE customers (
    customer_account TEXT NOT NULL,
    company TEXT NOT NULL,
    party_type TEXT NOT NULL CHECK (party_type IN ('Organization', 'Person')),
    name TEXT NOT NULL,
    contact_first_name TEXT,
    contact_last_name TEXT,
    email TEXT,
    phone TEXT,
    street TEXT,
    city TEXT,
    country TEXT REFERENCES countries (code),
    language TEXT,
    currency TEXT NOT NULL REFERENCES currencies (code),
    credit_limit DECIMAL(13, 2) NOT NULL DEFAULT 0,
    on_hold TEXT NOT NULL DEFAULT 'No',
    modified_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S', 'now')),
    PRIMARY KEY (customer_account, company)
);
