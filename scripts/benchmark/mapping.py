"""`bench maps`: what a real map costs. The shipped set's map of customers (some 65 pairs: references, value maps,
sentinels, expressions, three partitions) beside a map that only carries the same records over, field by field."""

import re
import shutil
import sqlite3
import statistics
import subprocess
from pathlib import Path

import measuring
import peers
import report
from servers import Server

SET = Path(__file__).resolve().parents[2] / "mappings" / "erp-crm"
PAIRS = ["sqlite-sqlite", "postgresql-postgresql", "sqlite-postgresql"]
TWIN = "customers_as_they_are"
# What the map of customers refers to stays; what refers to the customers lets go of them.
FORGET = ["UPDATE contacts SET parentaccountid = NULL", "UPDATE accounts SET billingaccountid = NULL", "DELETE FROM accounts"]


def run(options, folder):
    results = []
    with Server(folder, "server") as server:
        for pair in options.pairs.split(","):
            place = folder / pair
            place.mkdir()
            results += measure(pair, options, place, server)
    report.maps(results, options)


def measure(pair, options, place, server):
    source, target = (store(kind, role, place, server) for kind, role in zip(pair.split("-"), ("erp", "crm")))
    print(f"bench: {pair}: making {options.customers:,} customers and everything they refer to", flush=True)
    words = [str(SET / "make"), "--customers", str(options.customers), "--crm-share", "0"]
    done(words + ["--erp", place_of(source), "--crm", place_of(target)], place)
    everything = project(place / "everything", source, target, sorted((SET / "mappings").glob("*.yaml")))
    done([options.binary, "sync"], everything)
    count = int(ask(target, "SELECT count(*) FROM accounts"))
    columns = make_twin(source, target)
    projects = {
        "full": project(place / "full", source, target, [SET / "mappings/customers.yaml"]),
        "plain": project(place / "plain", source, target, [plain(place, columns)], is_partitioned=False),
    }
    forget(options, everything, target)
    runs = {name: [] for name in projects}
    for _ in range(options.repeat):
        for name, folder in projects.items():
            measured = measuring.run(peers.Command([options.binary, "sync"], folder=folder), folder / "log")
            table = "accounts" if name == "full" else TWIN
            if (found := int(ask(target, f"SELECT count(*) FROM {table}"))) != count:
                raise RuntimeError(f"{pair}: {name} brought {found} of {count} records")
            runs[name].append(measured)
            forget(options, folder, target)
    seconds = {name: statistics.median(run.seconds for run in those) for name, those in runs.items()}
    return [{
        "pair": pair, "map": name, "rows": count, "pairs": len(columns) if name == "plain" else pairs_of("customers"),
        "seconds": round(seconds[name], 3), "rows_per_second": round(count / seconds[name]),
        "to_plain": round(seconds[name] / seconds["plain"], 2),
        "peak_mebibytes": round(max(run.peak_mebibytes for run in runs[name]), 1),
    } for name in projects]


def pairs_of(name):
    return len(re.findall(r"^  - .*(erp|crm):", (SET / f"mappings/{name}.yaml").read_text(), re.MULTILINE))


def store(kind, role, place, server):
    if kind == "sqlite":
        return peers.Store(None, path=place / f"{role}.db")
    database = f"{place.name}_{role}".replace("-", "_")
    server.create(database)
    return peers.Store(server, database)


def place_of(store):
    return str(store.path) if store.server is None else store.server.url(store.database)


def project(folder, source, target, maps, is_partitioned=True):
    (folder / "mappings").mkdir(parents=True)
    text = (SET / "lockstep.yaml").read_text()
    if not is_partitioned:
        text = re.sub(r", partitions: \[[^]]*\]", "", text)
    for file, store in (("erp.db", source), ("crm.db", target)):
        text = text.replace(f"sqlite:{file}", store.lockstep_url)
    (folder / "lockstep.yaml").write_text(text)
    for file in maps:
        shutil.copy(file, folder / "mappings")
    return folder


def plain(place, columns):
    """A map that carries every column of the ERP's customers over as it is."""
    file = place / "plain.yaml"
    key = ("company", "customer_account")
    file.write_text(
        "map: plain\nversion: 1.0.0\npartition: none\n"
        f"between: {{erp: customers, crm: {TWIN}}}\n"
        "key:\n" + "".join(f"  - {{erp: {name}, crm: {name}}}\n" for name in key)
        + "where: {erp: \"party_type eq 'Organization'\"}\nfields:\n"
        + "".join(f"  - {{erp: {name}, crm: {name}}}\n" for name in columns if name not in key)
        + "conflicts: {overlap: erp}\n")
    return file


def make_twin(source, target):
    """A table in the CRM that is the ERP's customers, without their references."""
    body = re.search(r"CREATE TABLE customers \((.*?)\n\);", (SET / "sql/erp.sql").read_text(), re.DOTALL)[1]
    lines = [line.strip().rstrip(",") for line in body.splitlines() if line.strip() and "FOREIGN KEY" not in line]
    lines = [re.sub(r" (REFERENCES|CHECK) .*", "", line) for line in lines]
    statement(target, f"CREATE TABLE {TWIN} ({', '.join(lines)})")
    return [line.split()[0] for line in lines if not line.startswith("PRIMARY KEY")]


def forget(options, folder, target):
    """Empties what was copied and all that Lockstep remembers of it."""
    for name in ("erp", "crm"):
        done([options.binary, "store", "uninstall", name, "--yes"], folder)
    shutil.rmtree(folder / ".lockstep", ignore_errors=True)
    for text in [*FORGET, f"DELETE FROM {TWIN}", "VACUUM"]:
        statement(target, text)


def statement(store, text):
    if store.server is not None:
        store.server.sql(store.database, text)
        return
    file = sqlite3.connect(store.path, isolation_level=None)
    file.execute(text)
    file.close()


def ask(store, text):
    if store.server is not None:
        return store.server.sql(store.database, text)
    file = sqlite3.connect(store.path)
    answer = file.execute(text).fetchone()[0]
    file.close()
    return answer


def done(words, folder):
    run = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{Path(words[0]).name} {' '.join(words[1:])}: exit code {run.returncode}: {(run.stdout + run.stderr)[-3000:]}")
