-- 3,000 customers, the same ones every time: every choice is a remainder of a number that the customer's own number
-- is scrambled into.
BEGIN;

CREATE TEMP TABLE place (id INTEGER PRIMARY KEY, city TEXT, country TEXT, currency TEXT, language TEXT, street TEXT, dial TEXT);
INSERT INTO place (id, city, country, currency, language, street, dial) VALUES
    (0, 'München', 'DE', 'EUR', 'deu', 'Lindenstraße', '+49 89'),
    (1, 'Zürich', 'CH', 'CHF', 'deu', 'Bahnhofstrasse', '+41 44'),
    (2, 'Genève', 'CH', 'CHF', 'fra', 'Rue du Rhône', '+41 22'),
    (3, 'Besançon', 'FR', 'EUR', 'fra', 'Rue de la République', '+33 3'),
    (4, 'Málaga', 'ES', 'EUR', 'spa', 'Calle Larios', '+34 95'),
    (5, 'São Paulo', 'BR', 'BRL', 'por', 'Avenida São João', '+55 11'),
    (6, 'Malmö', 'SE', 'SEK', 'swe', 'Storgatan', '+46 40'),
    (7, 'Tromsø', 'NO', 'NOK', 'nob', 'Sjøgata', '+47 77'),
    (8, 'Łódź', 'PL', 'PLN', 'pol', 'Ulica Piotrkowska', '+48 42'),
    (9, 'Αθήνα', 'GR', 'EUR', 'ell', 'Οδός Ερμού', '+30 21'),
    (10, 'Київ', 'UA', 'UAH', 'ukr', 'Хрещатик', '+380 44'),
    (11, '東京', 'JP', 'JPY', 'jpn', '銀座', '+81 3'),
    (12, '서울', 'KR', 'KRW', 'kor', '세종대로', '+82 2'),
    (13, 'القاهرة', 'EG', 'EGP', 'ara', 'شارع التحرير', '+20 2'),
    (14, 'मुंबई', 'IN', 'INR', 'hin', 'महात्मा गांधी मार्ग', '+91 22'),
    (15, 'Cork', 'IE', 'EUR', NULL, 'Oliver Plunkett Street', '+353 21'),
    (16, 'Montréal', 'CA', 'CAD', 'fra', 'Rue Sainte-Catherine', '+1 514'),
    (17, 'Đà Nẵng', 'VN', 'VND', 'vie', 'Đường Bạch Đằng', '+84 236');

CREATE TEMP TABLE word (id INTEGER PRIMARY KEY, trade TEXT, form TEXT, first_name TEXT, last_name TEXT);
INSERT INTO word (id, trade, form, first_name, last_name) VALUES
    (0, 'Bäckerei', 'GmbH', 'Jürgen', 'Müller'),
    (1, 'Brewery', 'Ltd', 'Siobhán', 'O''Neill'),
    (2, 'Électricité', 'SA', 'Zoé', 'Lefèvre'),
    (3, 'Talleres', 'SL', 'Íñigo', 'Muñoz'),
    (4, 'Måleri', 'AB', 'Åsa', 'Sjöberg'),
    (5, 'Księgarnia', 'Sp. z o.o.', 'Łucja', 'Wiśniewska'),
    (6, 'Ναυπηγεία', 'ΑΕ', 'Νίκος', 'Παπαδόπουλος'),
    (7, 'Пекарня', 'ТОВ', 'Олена', 'Шевченко'),
    (8, '印刷', '株式会社', 'さくら', '佐藤'),
    (9, 'Shipping & Storage', 'Inc.', 'Ana', 'García-López'),
    (10, 'Çiçekçilik', 'AŞ', 'Gül', 'Yıldız');

WITH RECURSIVE
    counter (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < 3000),
    scrambled AS (SELECT number, (number * 2654435761) % 4294967296 AS chance FROM counter)
INSERT INTO customers (
    customer_account, company, party_type, name, contact_first_name, contact_last_name, email, phone, street, city,
    country, language, currency, credit_limit, on_hold, modified_at)
SELECT
    printf('C-%05d', number),
    CASE WHEN chance / 7 % 5 = 0 THEN 'USMF' ELSE 'EUMF' END,
    CASE WHEN chance / 11 % 15 = 0 THEN 'Person' ELSE 'Organization' END,
    owner.last_name || ' ' || kind.trade || ' ' || kind.form || ' ' || number,
    owner.first_name,
    owner.last_name,
    CASE WHEN chance / 13 % 9 > 0 THEN printf('office%d@customer%d.example', chance / 17 % 90, number) END,
    printf('%s %06d', dial, chance / 19 % 1000000),
    street || ' ' || (1 + chance / 23 % 180),
    city,
    country,
    language,
    currency,
    (chance / 29 % 400) * 250 + (chance / 31 % 4) * 0.25,
    CASE chance / 37 % 12 WHEN 0 THEN 'Invoice' WHEN 1 THEN 'All' ELSE 'No' END,
    datetime('2026-01-01 08:00:00', '+' || (chance / 41 % 12000000) || ' seconds')
FROM scrambled
JOIN place ON place.id = chance / 43 % 18
JOIN word AS kind ON kind.id = chance / 47 % 11
JOIN word AS owner ON owner.id = chance / 53 % 11;

DROP TABLE place;
DROP TABLE word;
COMMIT;
