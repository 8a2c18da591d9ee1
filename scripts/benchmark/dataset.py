"""The table that is copied: 14 columns of all kinds, the same rows every time, and the proof that a copy is right."""

import hashlib
import itertools
import sqlite3
import subprocess
from decimal import Decimal

TABLE = "records"
COLUMNS = {  # name: type in PostgreSQL, type in SQLite
    "id": ("bigint PRIMARY KEY", "INTEGER PRIMARY KEY"),
    "customer": ("integer NOT NULL", "INTEGER NOT NULL"),
    "quantity": ("integer", "INTEGER"),
    "price": ("double precision", "REAL"),
    "discount": ("double precision", "REAL"),
    "name": ("text NOT NULL", "TEXT NOT NULL"),
    "city": ("text", "TEXT"),
    "email": ("text", "TEXT"),
    "note": ("text", "TEXT"),
    "remark": ("text", "TEXT"),
    "created_at": ("timestamp", "TIMESTAMP"),
    "digest": ("bytea", "BLOB"),
    "amount": ("numeric(14,2)", "DECIMAL(14,2)"),
    "active": ("boolean", "BOOLEAN"),
}
CITIES = ["München", "Zürich", "São Paulo", "Łódź", "Αθήνα", "東京", "القاهرة", "Cork", "Montréal", "Đà Nẵng", "Berlin"]
WORDS = ["priority", "fragile", "net 30 days", "call, then \"deliver\"", "it's paid", "Straße 5", "50% off", "a;b"]
BATCH = 10_000


def definition(store, bytes_as_text=False):
    index = {"postgresql": 0, "sqlite": 1}[store]
    columns = COLUMNS | ({"digest": ("text", "TEXT")} if bytes_as_text else {})
    return f"CREATE TABLE {TABLE} ({', '.join(f'{name} {types[index]}' for name, types in columns.items())})"


def row(number):
    """A record as Python sees it: 14 values, a few of them null, each a function of the number alone."""
    chance = (number * 2654435761 + 97) % 4294967296
    day, second = chance % 28 + 1, chance // 7 % 86400
    return (
        number,
        chance % 50_000,
        chance // 3 % 1000 if chance % 11 else None,
        (chance * 2097151 + number) / 8796093022208.0,
        chance // 5 % 100 / 100,
        f"Customer {chance:08x} of {number}",
        CITIES[chance % 11],
        f"office{chance // 13 % 9973}@example{number % 1000}.com",
        f"{WORDS[chance // 17 % 8]}, {WORDS[chance // 19 % 8]} and {WORDS[chance // 23 % 8]}",
        f"remark {chance // 29 % 100_000}" if chance // 31 % 2 else None,
        f"20{chance % 20 + 10:02d}-{chance // 37 % 12 + 1:02d}-{day:02d} "
        f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{chance // 41 % 1_000_000:06d}",
        hashlib.md5(str(number).encode(), usedforsecurity=False).digest(),
        Decimal(chance % 100_000_000) / 100,
        chance // 43 % 3 > 0,
    )


def batches(count):
    numbers = iter(range(1, count + 1))
    while batch := [row(number) for number in itertools.islice(numbers, BATCH)]:
        yield batch


def fill(count, server, database, path):
    """Makes the same table in a PostgreSQL database and in a SQLite file. Returns its digest."""
    server.sql(database, definition("postgresql"))
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = wal")
    file.execute(definition("sqlite"))
    places = ", ".join("?" * len(COLUMNS))
    digest = Digest()
    loader = subprocess.Popen(
        server.psql(database, "--command", f"COPY {TABLE} FROM STDIN"), stdin=subprocess.PIPE, text=True, encoding="utf-8")
    for batch in batches(count):
        digest.add(batch)
        file.executemany(
            f"INSERT INTO {TABLE} VALUES ({places})",
            [value[:12] + (str(value[12]), int(value[13])) for value in batch])
        loader.stdin.write("".join("\t".join(copy_text(value) for value in record) + "\n" for record in batch))
    loader.stdin.close()
    if loader.wait() != 0:
        raise SystemExit("bench: filling PostgreSQL failed")
    file.commit()
    file.execute("PRAGMA wal_checkpoint(truncate)")
    file.close()
    server.sql(database, f"VACUUM (ANALYZE) {TABLE}", "CHECKPOINT")
    return digest


def copy_text(value):
    match value:
        case None:
            return "\\N"
        case bytes():
            return "\\\\x" + value.hex()
        case float():
            return repr(value)
        case str():
            return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        case _:
            return str(value)


class Digest:
    """How many rows there are, and a digest of each column over all rows in key order."""

    def __init__(self):
        self.count = 0
        self.columns = [hashlib.blake2b(digest_size=16) for _ in COLUMNS]

    def add(self, batch):
        self.count += len(batch)
        for name, digest, values in zip(COLUMNS, self.columns, zip(*batch)):
            digest.update("\x1e".join([canonical(name, value) for value in values]).encode())

    def differences(self, other):
        """What is wrong with another store's copy, in words; empty where nothing is."""
        if self.count != other.count:
            return f"{other.count} rows instead of {self.count}"
        wrong = [
            name for name, mine, theirs in zip(COLUMNS, self.columns, other.columns)
            if mine.digest() != theirs.digest()
        ]
        return f"other values in {', '.join(wrong)}" if wrong else ""


def canonical(name, value):
    """One text for one value, however a store writes it: by value, so that 1.50 and 1.5 are the same decimal."""
    if value is None:
        return "\x00"
    if name in ("price", "discount"):
        return float(value).hex()
    if name == "digest":
        return value.hex() if isinstance(value, bytes) else str(value).removeprefix("\\x")
    if name == "amount":
        return str(round(Decimal(str(value)) * 100))
    if name == "active":
        return "1" if value in (1, "1", "t", "true") else "0"
    if name == "created_at":
        return str(value).replace("T", " ").removesuffix("Z").ljust(26, "0") if "." in str(value) else f"{value}.000000"
    return str(value)


def digest_of_postgresql(server, database):
    digest = Digest()
    command = server.psql(database, "--command", f"COPY (SELECT {', '.join(COLUMNS)} FROM {TABLE} ORDER BY id) TO STDOUT")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as reader:
        while batch := [copy_values(line) for line in itertools.islice(reader.stdout, BATCH)]:
            digest.add(batch)
    if reader.returncode != 0:
        raise RuntimeError("reading the copy back failed")
    return digest


def copy_values(line):
    return [
        None if text == "\\N" else text if "\\" not in text else
        text.replace("\\\\", "\x00").replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r").replace("\x00", "\\")
        for text in line.rstrip("\n").split("\t")
    ]


def digest_of_sqlite(path):
    digest = Digest()
    file = sqlite3.connect(path)
    reader = file.execute(f"SELECT {', '.join(COLUMNS)} FROM {TABLE} ORDER BY id")
    while batch := reader.fetchmany(BATCH):
        digest.add(batch)
    file.close()
    return digest
