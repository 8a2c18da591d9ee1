"""`bench changes`: how fast changes that are already in the source's log reach the target, by PostgreSQL's own logical
replication and by Lockstep two-way, with conflicts looked for. The same workload, each on servers of its own."""

import time

import dataset
import measuring
import peers
import report
from servers import Server

TOOLS = ["replication", "lockstep"]
CHANGES_PER_TRANSACTION = 100
WAIT_SECONDS = 1800

# Of ten changes one inserts, one deletes and eight update two columns of a record anywhere in the table: each a
# function of its number alone. Counts what really changed: an update may meet a deleted record.
WORKLOAD = f"""
CREATE PROCEDURE workload(changes bigint, base bigint, size bigint) LANGUAGE plpgsql AS $$
DECLARE
    done bigint := 0;
    met bigint;
    number bigint := 0;
    chance bigint;
BEGIN
    WHILE done < changes LOOP
        number := number + 1;
        chance := (number * 2654435761) % 4294967296;
        IF number % 10 = 0 THEN
            INSERT INTO {dataset.TABLE} (id, customer, quantity, price, name, created_at, amount, active)
            VALUES (base + number, chance % 1000, 1, chance / 7.0, 'Inserted ' || number, '2026-01-01', chance % 9999, true);
        ELSIF number % 10 = 1 THEN
            DELETE FROM {dataset.TABLE} WHERE id = 1 + chance % base;
        ELSE
            UPDATE {dataset.TABLE} SET quantity = number % 1000000, note = 'Changed by ' || chance
            WHERE id = 1 + chance % base;
        END IF;
        GET DIAGNOSTICS met = ROW_COUNT;
        done := done + met;
        IF number % size = 0 THEN COMMIT; END IF;
    END LOOP;
    COMMIT;
END $$
"""


def run(options, folder):
    results = []
    for tool in options.tools:
        place = folder / tool
        place.mkdir()
        place.chmod(0o711)
        with Server(place, "source") as source, Server(place, "target") as target:
            prepare(options.rows, source, target, place)
            match tool:
                case "replication":
                    seconds, peak = by_replication(options, source, target)
                case "lockstep":
                    seconds, peak = by_lockstep(options, source, target, place)
                case _:
                    raise SystemExit(f"bench: there is no tool named {tool}")
            wrong = dataset.digest_of_postgresql(source, "data").differences(dataset.digest_of_postgresql(target, "data"))
            if wrong:
                raise SystemExit(f"bench: after {tool} the target has {wrong}")
        results.append({
            "tool": tool, "seconds": round(seconds, 3), "changes_per_second": round(options.changes / seconds),
            "peak_mebibytes": peak})
        print(f"{tool}: {results[-1]['changes_per_second']:,} changes/s", flush=True)
    report.changes(results, options)


def prepare(rows, source, target, place):
    """The same table in both databases."""
    print(f"bench: making {rows:,} rows on both sides", flush=True)
    for server in (source, target):
        server.create("data")
    dataset.fill(rows, source, "data", place / "unused.db")
    (place / "unused.db").unlink()
    target.sql("data", dataset.definition("postgresql"))
    measuring.run(peers.limit_command(peers.Store(source, "data"), peers.Store(target, "data")), place / "copy.log")
    target.sql("data", f"VACUUM (ANALYZE) {dataset.TABLE}", "CHECKPOINT")
    source.sql("data", WORKLOAD)


def write_changes(options, source, target):
    started = time.monotonic()
    source.sql("data", f"CALL workload({options.changes}, {options.rows}, {CHANGES_PER_TRANSACTION})")
    print(f"bench: {options.changes:,} changes written in {time.monotonic() - started:.1f} s", flush=True)
    for server in (source, target):
        server.sql("data", "CHECKPOINT")


def by_replication(options, source, target):
    """From the moment the subscription is enabled until the source's last commit is flushed on the target."""
    source.sql("data", f"CREATE PUBLICATION everything FOR TABLE {dataset.TABLE}")
    target.sql(
        "data",
        f"CREATE SUBSCRIPTION following CONNECTION 'host=127.0.0.1 port={source.port} user=bench dbname=data' "
        "PUBLICATION everything WITH (copy_data = false, enabled = false, create_slot = true, slot_name = following)")
    write_changes(options, source, target)
    end = source.sql("data", "SELECT pg_current_wal_flush_lsn()")
    started = time.monotonic()
    target.sql("data", "ALTER SUBSCRIPTION following ENABLE")
    source.sql(
        "data",
        f"SET statement_timeout = '{WAIT_SECONDS}s'",
        "DO $$ BEGIN WHILE NOT coalesce((SELECT confirmed_flush_lsn >= "
        f"'{end}' FROM pg_replication_slots WHERE slot_name = 'following'), false) LOOP "
        "PERFORM pg_stat_clear_snapshot(), pg_sleep(0.005); END LOOP; END $$")
    seconds = time.monotonic() - started
    target.sql("data", "DROP SUBSCRIPTION following")
    return seconds, None


def by_lockstep(options, source, target, place):
    """The whole of one `lockstep sync`, after a first one that made the sides live; both ways, conflicts looked for."""
    command = peers.lockstep_command(options.binary, peers.Store(source, "data"), peers.Store(target, "data"), place)
    rules = command.folder / "mappings/records.yaml"
    rules.write_text(rules.read_text().replace("direction: source-to-target", "direction: both")
                     + "conflicts: {overlap: source, delete: update-wins}\n")
    for name in ("first", "quiet"):
        measuring.run(command, place / f"{name}.log")
    write_changes(options, source, target)
    measurement = measuring.run(command, place / "sync.log")
    return measurement.seconds, round(measurement.peak_mebibytes, 1)
