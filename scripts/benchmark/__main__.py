"""Entry point of scripts/bench: reads the arguments and runs one benchmark in a temporary folder."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import applying
import backing
import copying
import linting
import mapping


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Lockstep beside its peers.")
    commands = parser.add_subparsers(dest="command", required=True)

    copy = commands.add_parser("copy", help="a first copy into an empty table, between all kinds of store")
    copy.add_argument("--rows", type=int, default=1_000_000)
    copy.add_argument("--pairs", default=",".join(copying.PAIRS), help="comma-separated (default: all)")
    copy.add_argument("--tools", default=",".join(copying.TOOLS), help="comma-separated (default: all)")
    copy.add_argument("--repeat", type=int, default=1, help="runs of each; the median counts")

    changes = commands.add_parser("changes", help="applying changes that were already written at the source")
    changes.add_argument("--changes", type=int, default=200_000)
    changes.add_argument("--rows", type=int, default=500_000, help="records in the table before the changes")
    changes.add_argument("--tools", default=",".join(applying.TOOLS), help="comma-separated (default: all)")

    maps = commands.add_parser("maps", help="what a map full of references and conversions costs beside a plain one")
    maps.add_argument("--customers", type=int, default=200_000)
    maps.add_argument("--pairs", default=",".join(mapping.PAIRS), help="comma-separated (default: all)")
    maps.add_argument("--repeat", type=int, default=1, help="runs of each; the median counts")
    maps.set_defaults(tools="lockstep")

    lint = commands.add_parser("lint", help="looking at many maps without their stores")
    lint.add_argument("--maps", type=int, default=500)
    lint.add_argument("--repeat", type=int, default=5, help="runs; the median counts")
    lint.set_defaults(tools="lockstep")

    backup = commands.add_parser("backup", help="full backup, increment, check and restore")
    backup.add_argument("--rows", type=int, default=2_500_000, help="records in the store (default: about half a gigabyte)")
    backup.add_argument("--stores", default=",".join(backing.TOOLS), help="comma-separated (default: all)")
    backup.add_argument("--tools", default=",".join(backing.MAKERS), help="comma-separated (default: all)")

    for command in (copy, changes, maps, lint, backup):
        command.add_argument("--json", type=Path, help="also write the results to this file")
        command.add_argument("--folder", type=Path, help="where the stores live while it runs (default: temporary)")
    return parser.parse_args()


def main():
    options = arguments()
    options.tools = options.tools.split(",")
    binary = os.environ.get("LOCKSTEP_BINARY", "")
    if "lockstep" in options.tools and not os.access(binary, os.X_OK):
        raise SystemExit(f"bench: there is no command line at '{binary}'")
    options.binary = str(Path(binary).resolve()) if binary else ""
    folder = Path(tempfile.mkdtemp(prefix="lockstep-bench-", dir=options.folder))
    folder.chmod(0o711)  # the server runs as another user where this runs as root
    try:
        benchmarks = {"copy": copying, "changes": applying, "maps": mapping, "lint": linting, "backup": backing}
        benchmarks[options.command].run(options, folder)
    except RuntimeError as problem:
        raise SystemExit(f"bench: {problem}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
