-- Countries, subdivisions, currencies and languages as ISO publishes them, from the package iso-codes.
BEGIN;

INSERT INTO countries (code, alpha3, numeric_code, name, official_name)
SELECT value ->> 'alpha_2', value ->> 'alpha_3', value ->> 'numeric', value ->> 'name', value ->> 'official_name'
FROM json_each(readfile('/usr/share/iso-codes/json/iso_3166-1.json'), '$."3166-1"');

INSERT INTO subdivisions (code, country, name, kind, parent)
SELECT value ->> 'code', substr(value ->> 'code', 1, 2), value ->> 'name', value ->> 'type', value ->> 'parent'
FROM json_each(readfile('/usr/share/iso-codes/json/iso_3166-2.json'), '$."3166-2"');

INSERT INTO currencies (code, name, numeric_code)
SELECT value ->> 'alpha_3', value ->> 'name', value ->> 'numeric'
FROM json_each(readfile('/usr/share/iso-codes/json/iso_4217.json'), '$."4217"');

INSERT INTO languages (code, short_code, name, type)
SELECT value ->> 'alpha_3', value ->> 'alpha_2', value ->> 'name', value ->> 'type'
FROM json_each(readfile('/usr/share/iso-codes/json/iso_639-3.json'), '$."639-3"');

COMMIT;
