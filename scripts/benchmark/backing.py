"""`bench backup`: a full backup, an increment after scattered changes, a check of everything, and a restore, by Lockstep and
by the tools people use now. What was restored is compared with the store before a time counts."""

import json
import os
import sqlite3
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import dataset
import measuring
import report
from peers import Command
from servers import Server, as_server_user, binaries, free_port

PHASES = ["full", "increment", "verify", "restore"]
TOOLS = {
    "sqlite": ["lockstep", "restic", "borg", "tar", "copy"],
    "postgresql": ["lockstep", "pg_dump", "pgbackrest"],
}
PASSWORD = "measured"
CHANGED = f"UPDATE {dataset.TABLE} SET quantity = id % 1000, note = 'Changed ' || id WHERE id % 100 = 7"


@dataclass
class Source:
    """What is backed up, and its size as the store counts it."""

    kind: str
    folder: Path
    path: Path | None = None
    server: Server | None = None
    bytes: int = 0

    @property
    def url(self):
        return f"sqlite:{self.path}" if self.server is None else self.server.url("data")

    def change(self):
        if self.server is not None:
            self.server.sql("data", CHANGED, "CHECKPOINT")
            return
        file = sqlite3.connect(self.path)
        file.execute(CHANGED)
        file.commit()
        file.execute("PRAGMA wal_checkpoint(truncate)")
        file.close()

    def digest(self):
        if self.server is None:
            return dataset.digest_of_sqlite(self.path)
        return dataset.digest_of_postgresql(self.server, "data")


@dataclass
class Tool:
    """How a tool is told to do each phase; None where it has none. All of them write below `folder`."""

    folder: Path
    repository: Path
    commands: dict = field(default_factory=dict)
    # What makes its repository, not measured.
    beginning: list = field(default_factory=list)
    # Gives the digest of what was restored; None where it cannot be opened without a server of its own.
    restored: object = None


def run(options, folder):
    results = []
    for kind in options.stores.split(","):
        place = folder / kind
        place.mkdir()
        place.chmod(0o711)
        with Server(place, "server", archiving(place)) as server:
            source = make(kind, options.rows, server, place)
            original = place / "original"
            for name in TOOLS[kind]:
                if name not in options.tools:
                    continue
                # Each starts from the same bytes.
                reset(source, original, server)
                results.append(measure(name, source, place))
                print(report.backup_line(results[-1]), flush=True)
    report.backups(results, options)
    if any("problem" in result for result in results if result["tool"] == "lockstep"):
        raise SystemExit(1)


def archiving(place):
    """pgBackRest needs the server's log."""
    configuration = place / "pgbackrest.conf"
    return {
        "archive_mode": "on",
        "archive_command": f"test ! -e {configuration} || pgbackrest --config={configuration} --stanza=bench archive-push %p",
    }


def make(kind, rows, server, place):
    print(f"bench: making {rows:,} rows", flush=True)
    server.create("original")
    path = place / "original"
    dataset.fill(rows, server, "original", path)
    if kind == "sqlite":
        return Source(kind, place, path=place / "data.db", bytes=path.stat().st_size)
    return Source(kind, place, server=server, bytes=int(server.sql("original", "SELECT pg_database_size('original')")))


def reset(source, original, server):
    if source.path is not None:
        for file in source.path.parent.glob(source.path.name + "*"):
            file.unlink()
        source.path.write_bytes(original.read_bytes())
        return
    server.drop("data")
    server.create("data", template="original")
    server.sql("data", "CHECKPOINT")


def measure(name, source, place):
    scratch = place / name
    scratch.mkdir()
    scratch.chmod(0o711)
    result = {"store": source.kind, "tool": name, "bytes": source.bytes}
    try:
        tool = MAKERS[name](source, scratch)
        for number, command in enumerate(tool.beginning):
            measuring.run(command, scratch / f"begin-{number}.log")
        stored = size(tool.repository)
        for phase in PHASES:
            if phase == "increment":
                source.change()
            if phase not in tool.commands:
                continue
            # What was written before is not to be paid for by who syncs first.
            os.sync()
            measured = measuring.run(tool.commands[phase], scratch / f"{phase}.log")
            now = size(tool.repository)
            result[phase] = {
                "seconds": round(measured.seconds, 3), "peak_mebibytes": round(measured.peak_mebibytes, 1),
                "stored_bytes": now - stored}
            stored = now
        if tool.restored is not None and (wrong := source.digest().differences(tool.restored())):
            result["problem"] = f"what was restored has {wrong}"
    except RuntimeError as problem:
        result["problem"] = str(problem)
    return result


def size(folder):
    """What a folder holds, in bytes as files count them."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0


# MARK: The tools


def lockstep(source, folder):
    binary = os.environ["LOCKSTEP_BINARY"]
    made = subprocess.run([binary, "keys", "new", "keys", "--json"], cwd=folder, capture_output=True, check=True)
    (folder / "lockstep.yaml").write_text(
        "project: bench\n"
        f'stores: {{data: {{url: "{source.url}"}}}}\n'
        "repository:\n"
        '  url: "file:repository"\n'
        f"  recipients: [{json.loads(made.stdout)['recipient']}]\n"
        "  signingKey: {file: keys/signing}\n")
    target = f"sqlite:{folder}/restored.db" if source.server is None else source.server.url("restored")

    def command(*words):
        return Command([binary, *words], folder=folder)

    def restored():
        if source.server is None:
            return dataset.digest_of_sqlite(folder / "restored.db")
        return dataset.digest_of_postgresql(source.server, "restored")

    if source.server is not None:
        # It makes the database itself, within the time that is measured.
        source.server.drop("restored")
    return Tool(
        folder, folder / "repository", restored=restored, commands={
            "full": command("backup"), "increment": command("backup"),
            "verify": command("verify", "--data", "--identity", "keys/identity"),
            "restore": command("restore", "latest", "--to", target, "--identity", "keys/identity")})


def restic(source, folder):
    environment = os.environ | {
        "RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": str(folder / "repository"),
        "RESTIC_CACHE_DIR": str(folder / "cache")}

    def command(*words):
        return Command(["restic", "--quiet", *words], environment, folder)

    return Tool(
        folder, folder / "repository", beginning=[command("init")],
        restored=lambda: dataset.digest_of_sqlite(folder / "restored" / str(source.path).lstrip("/")), commands={
            "full": command("backup", str(source.path)), "increment": command("backup", str(source.path)),
            "verify": command("check", "--read-data"),
            "restore": command("restore", "latest", "--target", "restored")})


def borg(source, folder):
    environment = os.environ | {"BORG_PASSPHRASE": PASSWORD, "BORG_BASE_DIR": str(folder / "base")}
    archive = f"{folder}/repository"
    target = folder / "restored"
    target.mkdir()

    def command(*words, place=folder):
        return Command(["borg", *words], environment, place)

    return Tool(
        folder, folder / "repository", beginning=[command("init", "--encryption=repokey-blake2", archive)],
        restored=lambda: dataset.digest_of_sqlite(target / str(source.path).lstrip("/")), commands={
            "full": command("create", "--compression=zstd,3", f"{archive}::one", str(source.path)),
            "increment": command("create", "--compression=zstd,3", f"{archive}::two", str(source.path)),
            "verify": command("check", "--verify-data", archive),
            "restore": command("extract", f"{archive}::two", place=target)})


def tar(source, folder):
    """No checks, no encryption, no increments: how fast reading, compressing and writing are by themselves."""
    target = folder / "restored"
    target.mkdir()

    def pack(name):
        return Command(["bsdtar", "--zstd", "-cf", str(folder / name), "-C", str(source.path.parent), source.path.name])

    return Tool(
        folder, folder, restored=lambda: dataset.digest_of_sqlite(target / source.path.name), commands={
            "full": pack("one.tar.zst"), "increment": pack("two.tar.zst"),
            "verify": Command(["zstd", "--test", "--quiet", str(folder / "two.tar.zst")]),
            "restore": Command(["bsdtar", "-xf", str(folder / "two.tar.zst"), "-C", str(target)])})


def copy(source, folder):
    """SQLite's own online copy: plain, and whole each time."""
    one, two, target = folder / "one.db", folder / "two.db", folder / "restored.db"
    return Tool(
        folder, folder, restored=lambda: dataset.digest_of_sqlite(target), commands={
            "full": Command(["sqlite3", str(source.path), f".backup {one}"]),
            "increment": Command(["sqlite3", str(source.path), f".backup {two}"]),
            "verify": Command(["sqlite3", str(two), "PRAGMA integrity_check"]),
            "restore": Command(["sqlite3", str(target), f".restore {two}"])})


def pg_dump(source, folder):
    def restored():
        return dataset.digest_of_postgresql(source.server, "restored")

    source.server.drop("restored")
    source.server.create("restored")
    return Tool(
        folder, folder, restored=restored, commands={
            "full": Command(["pg_dump", "--format=custom", f"--file={folder}/full.dump", source.url]),
            "increment": Command(["pg_dump", "--format=custom", f"--file={folder}/again.dump", source.url]),
            "restore": Command(["pg_restore", "--dbname", source.server.url("restored"), str(folder / "again.dump")])})


def pgbackrest(source, folder):
    """Physical copies of the whole cluster. What it restored is started as a server, and looked at."""
    server = source.server
    for name in ("repository", "log", "spool", "lock", "restored"):
        (folder / name).mkdir(mode=0o700)
        if os.getuid() == 0:
            owner = server.data.stat()
            os.chown(folder / name, owner.st_uid, owner.st_gid)
    configuration = folder.parent / "pgbackrest.conf"
    configuration.write_text(
        "[global]\n"
        f"repo1-path={folder}/repository\nlog-path={folder}/log\nspool-path={folder}/spool\nlock-path={folder}/lock\n"
        "repo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=measured\ncompress-type=zst\ncompress-level=3\nprocess-max=2\n"
        "start-fast=y\nlog-level-console=warn\n"
        f"[bench]\npg1-path={server.data}\npg1-port={server.port}\npg1-socket-path={server.folder}\npg1-user=bench\n")
    configuration.chmod(0o644)

    def command(*words):
        return Command([*as_server_user(), "pgbackrest", f"--config={configuration}", "--stanza=bench", *words], folder=Path("/"))

    def restored():
        port = free_port()
        words = f"-c port={port} -c unix_socket_directories={server.folder} -c archive_mode=off"
        data = folder / "restored"
        control = as_server_user() + [str(binaries() / "pg_ctl"), "--wait", "--pgdata", str(data)]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        subprocess.run([*control, "start", "--log", str(folder / "log" / "server"), "--options", words], check=True, **quiet)
        try:
            looked = Server.__new__(Server)
            looked.port = port
            return dataset.digest_of_postgresql(looked, "data")
        finally:
            subprocess.run([*control, "stop", "--mode=fast"], check=True, **quiet)

    return Tool(
        folder, folder / "repository", beginning=[command("stanza-create")], restored=restored, commands={
            "full": command("backup", "--type=full"), "increment": command("backup", "--type=incr"),
            "verify": command("verify"),
            "restore": command("restore", f"--pg1-path={folder}/restored")})


MAKERS = {
    "lockstep": lockstep, "restic": restic, "borg": borg, "tar": tar, "copy": copy, "pg_dump": pg_dump,
    "pgbackrest": pgbackrest,
}
