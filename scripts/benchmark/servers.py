"""A PostgreSQL server of one's own: a free loopback port, a temporary folder, stopped at the end."""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

# The same for every tool. Durability is on, as in production; only checkpoints are spaced so that they do not fall
# into one run and not into the next.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "wal_level": "logical",
    "max_wal_senders": "8",
    "max_replication_slots": "8",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


def binaries():
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if not folders:
        raise SystemExit("bench: no PostgreSQL server under /usr/lib/postgresql")
    return folders[-1].parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_server_user():
    """The words before a command that make it run as somebody whom PostgreSQL accepts: it refuses root."""
    if os.getuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


class Server:
    def __init__(self, folder, name, settings=None):
        self.settings = SETTINGS | (settings or {})
        self.folder = folder / name
        self.folder.mkdir()
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.data = self.folder / "data"
        self.port = free_port()

    def __enter__(self):
        self._run("initdb", "--pgdata", self.data, "--username=bench", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        own = {"port": self.port, "unix_socket_directories": self.folder}
        words = [f"-c {name}={shlex.quote(str(value))}" for name, value in (self.settings | own).items()]
        self._run("pg_ctl", "start", "--wait", "--pgdata", self.data, "--log", self.folder / "log", "--options", " ".join(words))
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "stop", "--wait", "--mode=fast", "--pgdata", self.data)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *words):
        command = as_server_user() + [str(binaries() / program)] + [str(word) for word in words]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if program == "initdb" else
                              subprocess.DEVNULL, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench: {program} failed: {(done.stdout or b'').decode()[-2000:]}")

    def url(self, database, scheme="postgresql"):
        return f"{scheme}://bench@127.0.0.1:{self.port}/{database}"

    def psql(self, database, *words):
        """The command that runs psql on a database, stopping at the first error."""
        return ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", self.url(database), *words]

    def sql(self, database, *statements):
        """Runs statements, each by itself, and returns what they print, unaligned."""
        words = [word for statement in statements for word in ("--command", statement)]
        command = self.psql(database, "--tuples-only", "--no-align", *words)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench: psql failed: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def create(self, database, template=None):
        self.sql("postgres", f"CREATE DATABASE {database}" + (f" TEMPLATE {template}" if template else ""))

    def drop(self, database):
        """Drops a database with what replication left in it."""
        here = f"database = '{database}'"
        self.sql(
            "postgres",
            f"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE {here} AND active_pid IS NOT NULL",
        )
        self.sql("postgres", f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE {here}")
        self.sql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
