"""The programs that Lockstep is measured beside, and how each is told to copy one table into an equal, empty one."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dataset import COLUMNS, TABLE
from servers import Server

SLING_PACKAGE = "sling-linux-amd64"


@dataclass
class Store:
    """One end of a copy: a database of a server, or a SQLite file."""

    server: Server | None
    database: str = ""
    path: Path | None = None

    @property
    def kind(self):
        return "sqlite" if self.server is None else "postgresql"

    @property
    def lockstep_url(self):
        return f"sqlite:{self.path}" if self.server is None else self.server.url(self.database)


@dataclass
class Command:
    """What to run: words, or one text for the shell."""

    words: list[str] | str
    environment: dict[str, str] | None = None
    folder: Path | None = None


def sling():
    """Sling's program, installed from the Python registry into a folder that later runs find again."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lockstep-bench" / "sling"
    if not home.exists():
        print("bench: installing Sling", flush=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", SLING_PACKAGE], check=True)
    found = list(home.glob("lib/*/site-packages/sling_linux_amd64/bin/sling-linux-amd64"))
    if not found:
        raise SystemExit(f"bench: {SLING_PACKAGE} is installed in {home}, but its program is not there; remove the folder")
    return str(found[0])


def sling_url(store):
    return f"sqlite://{store.path}" if store.server is None else store.server.url(store.database) + "?sslmode=disable"


def sling_command(source, target, folder):
    """Sling carries no bytes (it fails on them), so it gets them as hexadecimal text, into a text column."""
    as_text = {"sqlite": "lower(hex(digest)) AS digest", "postgresql": "encode(digest, 'hex') AS digest"}[source.kind]
    fields = ", ".join(as_text if name == "digest" else name for name in COLUMNS)
    schema = {"sqlite": "main", "postgresql": "public"}[target.kind]
    command = [
        sling(), "run",
        "--src-conn", sling_url(source), "--src-stream", f"SELECT {fields} FROM {TABLE}",
        "--tgt-conn", sling_url(target), "--tgt-object", f"{schema}.{TABLE}",
        # Of the modes that keep the table, and of their options, the fastest here.
        "--mode", "truncate", "--tgt-options", "{direct_insert: true}",
    ]
    # With SQLite's shell it loads in bulk, without it five times slower.
    environment = {"SLING_DISABLE_TELEMETRY": "true", "HOME": str(folder), "SQLITE_PATH": shutil.which("sqlite3")}
    return Command(command, os.environ | environment)


def pgloader_command(source, target, folder):
    """pgloader writes to PostgreSQL only."""
    if target.kind == "sqlite":
        return None
    origin = f"sqlite://{source.path}" if source.kind == "sqlite" else source.server.url(source.database, "pgsql")
    script = folder / "copy.load"
    script.write_text(
        f"LOAD DATABASE FROM {origin} INTO {target.server.url(target.database, 'pgsql')}\n"
        "WITH data only, include no drop, create no tables, create no indexes, reset no sequences\n"
        + ("INCLUDING ONLY TABLE NAMES LIKE 'records';\n" if source.kind == "sqlite"
           else "INCLUDING ONLY TABLE NAMES MATCHING 'records' IN SCHEMA 'public';\n"))
    return Command(["pgloader", "--on-error-stop", "--root-dir", str(folder / "pgloader"), str(script)])


def limit_command(source, target):
    """What one can get at most with the stores' own tools: only between stores of one kind."""
    if source.kind != target.kind:
        return None
    if source.kind == "postgresql":
        read = f"psql --no-psqlrc --quiet '{source.lockstep_url}' --command 'COPY {TABLE} TO STDOUT'"
        write = f"psql --no-psqlrc --quiet '{target.lockstep_url}' --command 'COPY {TABLE} FROM STDIN'"
        return Command(f"{read} | {write}")
    statement = f"ATTACH '{source.path}' AS source; INSERT INTO main.{TABLE} SELECT * FROM source.{TABLE}"
    return Command(["sqlite3", "-bail", str(target.path), statement])


def lockstep_command(binary, source, target, folder):
    """A project of one map, from source to target; what is timed is the whole of `lockstep sync`."""
    project = folder / "project"
    (project / "mappings").mkdir(parents=True)
    (project / "lockstep.yaml").write_text(
        "project: bench\n"
        "stores:\n"
        f'  source: {{url: "{source.lockstep_url}"}}\n'
        f'  target: {{url: "{target.lockstep_url}"}}\n'
        "links:\n"
        "  copy: {between: [source, target], maps: mappings/*.yaml, run: by hand}\n")
    fields = "".join(f"  - {{source: {name}, target: {name}}}\n" for name in COLUMNS if name != "id")
    (project / "mappings/records.yaml").write_text(
        "map: records\n"
        "version: 1.0.0\n"
        f"between: {{source: {TABLE}, target: {TABLE}}}\n"
        "key:\n  - {source: id, target: id}\n"
        "direction: source-to-target\n"
        f"fields:\n{fields}")
    return Command([binary, "sync"], folder=project)
