/// What every part, and every exported file, says to somebody who has no Lockstep. Its commands are run by the tests.
enum PlainReadme {
    static let text = #"""
        A part of a Lockstep snapshot, or a whole snapshot that was exported to one file. It can be used with tar, zstd,
        psql and sqlite3 alone, and with age where it is encrypted.

        rows/STORE/TABLE/*.tsv      rows: one line each, fields between tabs, \N for null; the text format of
                                    PostgreSQL's COPY. The files of a table together are the table.
        changes/STORE/TABLE/*.tsv   of an increment: what changed since the snapshot that it was made on. `lockstep
                                    export` makes a whole snapshot of it; without Lockstep, use a full one.
        schema/STORE/before.sql     tables; run it before rows are loaded
        schema/STORE/load.sql       PostgreSQL: loads the rows, and sets the sequences
        schema/STORE/after.sql      indexes, constraints, triggers, views; run it after
        image/STORE.db.0000 ...     a whole SQLite file; where there are several, one after the other.
                                    image/_state.db is Lockstep's own state.
        SHA256SUMS                  digests of the files

        In names of files, what is no letter, digit, `_`, `-` or `.` is `%` and the byte as two hexadecimal digits.
        Below, words in capital letters stand for your own.

        To unpack a full snapshot of a repository, encrypted, in an empty folder:
            for part in $(grep -o 'parts/[^"]*' REPOSITORY/snapshots/ID.json); do
                age --decrypt --identity KEY "REPOSITORY/$part" | tar --extract --zstd || exit 1
                sha256sum --check --quiet SHA256SUMS || exit 1
            done

        To unpack a full snapshot of a repository, not encrypted, in an empty folder:
            for part in $(grep -o 'parts/[^"]*' REPOSITORY/snapshots/ID.json); do
                tar --extract --zstd --file "REPOSITORY/$part" || exit 1
                sha256sum --check --quiet SHA256SUMS || exit 1
            done

        To unpack an exported file, encrypted, in an empty folder:
            age --decrypt --identity KEY EXPORT.tar.zst.age | tar --extract --zstd
            sha256sum --check --quiet SHA256SUMS

        To unpack an exported file, not encrypted, in an empty folder:
            tar --extract --zstd --file EXPORT.tar.zst
            sha256sum --check --quiet SHA256SUMS

        To load a PostgreSQL store into the new, empty database NEW (owners and roles that are not on its server are
        complained of, and left out):
            psql --no-psqlrc --quiet --dbname NEW --file schema/STORE/before.sql
            psql --no-psqlrc --quiet --dbname NEW --file schema/STORE/load.sql
            psql --no-psqlrc --quiet --dbname NEW --file schema/STORE/after.sql

        To put a SQLite store together as the file NEW:
            cat image/STORE.db.* > NEW
            sqlite3 NEW "PRAGMA integrity_check"

        """#
}
