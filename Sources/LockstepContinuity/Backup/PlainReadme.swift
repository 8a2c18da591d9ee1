/// What every part says to somebody who has no Lockstep.
enum PlainReadme {
    static let text = """
        A part of a Lockstep snapshot. It can be used with tar, zstd, psql and sqlite3 alone.

        rows/STORE/TABLE/*.tsv      rows: one line each, fields between tabs, \\N for null; the text format of
                                    PostgreSQL's COPY. The files of a table together are the table.
        schema/STORE/before.sql     tables; run it before rows are loaded
        schema/STORE/after.sql      indexes, constraints, triggers, views; run it after
        image/STORE.db.0000 ...     a whole SQLite file; where there are several, one after the other
        SHA256SUMS                  digests of the files: sha256sum --check SHA256SUMS

        All parts of a snapshot are named in snapshots/ID.json of the repository. To unpack one:
            age --decrypt --identity KEY PART.tar.zst.age | tar --extract --zstd      (sealed)
            tar --extract --zstd --file PART.tar.zst                                  (not sealed)

        A PostgreSQL store, after all its parts are unpacked (the names of columns are in before.sql; columns that
        are computed are not in the rows):
            psql --dbname NEW --file schema/STORE/before.sql
            cat rows/STORE/TABLE/*.tsv | psql --dbname NEW --command "\\copy TABLE from stdin"
            psql --dbname NEW --file schema/STORE/after.sql

        A SQLite store:
            cat image/STORE.db.* > STORE.db && sqlite3 STORE.db "PRAGMA integrity_check"

        """
}
