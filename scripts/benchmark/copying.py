"""`bench copy`: one table into an empty, equal one, by every tool that can, each copy checked before its time counts."""

import sqlite3
import statistics

import dataset
import measuring
import peers
import report
from servers import Server

PAIRS = ["postgresql-postgresql", "sqlite-postgresql", "postgresql-sqlite", "sqlite-sqlite"]
TOOLS = ["limit", "sling", "pgloader", "lockstep"]


def run(options, folder):
    results = []
    with Server(folder, "source") as left, Server(folder, "target") as right:
        left.create("original")
        print(f"bench: making {options.rows:,} rows in both kinds of store", flush=True)
        expected = dataset.fill(options.rows, left, "original", folder / "original.db")
        for pair in options.pairs.split(","):
            source_kind, target_kind = pair.split("-")
            for tool in options.tools:
                runs = []
                for attempt in range(options.repeat):
                    scratch = folder / f"{pair}-{tool}-{attempt}"
                    scratch.mkdir()
                    runs.append(once(tool, source_kind, target_kind, left, right, expected, options, scratch))
                results.append(summary(pair, tool, options.rows, runs))
                print(report.line(results[-1]), flush=True)
    report.copies(results, options)
    # A tool that cannot copy right is a finding; Lockstep that cannot is a failure.
    if any(result["problem"] for result in results if result["tool"] == "lockstep"):
        raise SystemExit(1)


def once(tool, source_kind, target_kind, left, right, expected, options, scratch):
    """One copy from a fresh source to a fresh target. Returns a measurement, or the problem in words, or None."""
    source = fresh_source(source_kind, left, scratch)
    target = fresh_target(target_kind, right, scratch, bytes_as_text=tool == "sling")
    try:
        command = command_of(tool, source, target, options, scratch)
        if command is None:
            return None
        measurement = measuring.run(command, scratch / "log")
        found = (dataset.digest_of_sqlite(target.path) if target.server is None
                 else dataset.digest_of_postgresql(right, target.database))
        measurement.loss = expected.differences(found)
        # A peer that loses values keeps its time, which is marked; Lockstep gets none.
        if measurement.loss and (tool == "lockstep" or found.count != expected.count):
            return measurement.loss
        return measurement
    except RuntimeError as problem:
        return str(problem)
    finally:
        for store in (source, target):
            if store.server is not None:
                store.server.drop(store.database)
            else:
                for file in store.path.parent.glob(store.path.name + "*"):
                    file.unlink()


def command_of(tool, source, target, options, scratch):
    match tool:
        case "limit":
            return peers.limit_command(source, target)
        case "sling":
            return peers.sling_command(source, target, scratch)
        case "pgloader":
            return peers.pgloader_command(source, target, scratch)
        case "lockstep":
            return peers.lockstep_command(options.binary, source, target, scratch)
        case _:
            raise SystemExit(f"bench: there is no tool named {tool}")


def fresh_source(kind, server, scratch):
    """A copy of the original, so that nothing that one tool leaves behind meets the next."""
    if kind == "postgresql":
        server.create("source", template="original")
        server.sql("source", "CHECKPOINT")
        return peers.Store(server, "source")
    path = scratch / "source.db"
    path.write_bytes((scratch.parent / "original.db").read_bytes())
    return peers.Store(None, path=path)


def fresh_target(kind, server, scratch, bytes_as_text):
    if kind == "postgresql":
        server.create("target")
        server.sql("target", dataset.definition("postgresql", bytes_as_text), "CHECKPOINT")
        return peers.Store(server, "target")
    path = scratch / "target.db"
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = wal")
    file.execute(dataset.definition("sqlite", bytes_as_text))
    file.close()
    return peers.Store(None, path=path)


def summary(pair, tool, rows, runs):
    problems = [run for run in runs if isinstance(run, str)]
    measured = [run for run in runs if isinstance(run, measuring.Measurement)]
    result = {"pair": pair, "tool": tool, "problem": problems[0] if problems else "", "offered": runs[0] is not None}
    if measured and not problems:
        seconds = statistics.median(run.seconds for run in measured)
        result |= {
            "seconds": round(seconds, 3),
            "rows_per_second": round(rows / seconds),
            "peak_mebibytes": round(max(run.peak_mebibytes for run in measured), 1),
            "loss": measured[0].loss,
        }
    return result
