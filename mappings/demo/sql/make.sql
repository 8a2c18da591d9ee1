-- Makes erp.db and crm.db in the current folder:  sqlite3 -bail :memory: '.read sql/make.sql'
-- Real reference data comes from the package iso-codes; the customers are generated, the same ones every time.
.open erp.db
.output /dev/null
PRAGMA journal_mode = wal;
.output
.read sql/schema-erp.sql
.read sql/reference-data.sql
.read sql/customers.sql

.open crm.db
.output /dev/null
PRAGMA journal_mode = wal;
.output
.read sql/schema-crm.sql
ATTACH 'erp.db' AS erp;
.read sql/crm-data.sql
DETACH erp;
