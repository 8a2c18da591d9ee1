"""What was measured, as tables for people and as JSON for programs."""

import json
import os
import platform

BACKUP_PHASES = ["full", "increment", "verify", "restore"]
NOT_OFFERED = "not for these two kinds of store"


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def line(result):
    """One result while the others still run."""
    name = f"{result['pair']:<23} {result['tool']:<9}"
    if not result["offered"]:
        return f"{name} {NOT_OFFERED}"
    if result["problem"]:
        return f"{name} WRONG: {result['problem']}"
    return f"{name} {result['rows_per_second']:>9,} rows/s  {result['seconds']:>8.2f} s  {result['peak_mebibytes']:>7.1f} MiB" + lost(result)


def lost(result):
    return f"  (inexact: {result['loss']})" if result["loss"] else ""


def copies(results, options):
    print(f"\nCopy of {options.rows:,} rows × 14 columns into an empty table ({machine()})\n")
    print(f"{'pair':<23} {'tool':<9} {'rows/s':>10} {'peak MiB':>9} {'× limit':>8} {'× fastest peer':>15}")
    for result in results:
        same = [other for other in results if other["pair"] == result["pair"] and "seconds" in other]
        limits = [other["rows_per_second"] for other in same if other["tool"] == "limit"]
        fastest = max((other["rows_per_second"] for other in same if other["tool"] in ("sling", "pgloader")), default=None)
        name = f"{result['pair']:<23} {result['tool']:<9}"
        if "seconds" not in result:
            print(f"{name} {NOT_OFFERED if not result['offered'] else 'wrong or failed: ' + result['problem'].splitlines()[-1]}")
            continue
        speed = result["rows_per_second"]
        to_limit = f"{speed / limits[0]:.2f}" if limits else "–"
        to_peer = f"{speed / fastest:.2f}" if fastest else "–"
        result |= {"to_limit": to_limit, "to_fastest_peer": to_peer}
        print(f"{name} {speed:>10,} {result['peak_mebibytes']:>9.1f} {to_limit:>8} {to_peer:>15}{lost(result)}")
    print("\nsling gets bytes as hexadecimal text, because it carries none.")
    save(options, {"benchmark": "copy", "rows": options.rows, "machine": machine(), "results": results})


def changes(results, options):
    print(f"\n{options.changes:,} changes in transactions of 100, written before, applied now ({machine()})\n")
    print(f"{'tool':<22} {'changes/s':>10} {'seconds':>9} {'× replication':>14}")
    native = next((result["changes_per_second"] for result in results if result["tool"] == "replication"), None)
    for result in results:
        speed = result["changes_per_second"]
        ratio = f"{speed / native:.2f}" if native else "–"
        print(f"{result['tool']:<22} {speed:>10,} {result['seconds']:>9.2f} {ratio:>14}")
    save(options, {"benchmark": "changes", "changes": options.changes, "machine": machine(), "results": results})


def maps(results, options):
    print(f"\nFirst copy by a real map and by a plain one ({machine()})\n")
    print(f"{'stores':<23} {'map':<6} {'pairs':>5} {'records':>9} {'seconds':>9} {'records/s':>10} {'peak MiB':>9} {'× plain':>8}")
    for result in results:
        print(f"{result['pair']:<23} {result['map']:<6} {result['pairs']:>5} {result['rows']:>9,} {result['seconds']:>9.2f} "
              f"{result['rows_per_second']:>10,} {result['peak_mebibytes']:>9.1f} {result['to_plain']:>8.2f}")
    save(options, {"benchmark": "maps", "customers": options.customers, "machine": machine(), "results": results})


def linting(result, options):
    print(f"\n{result['maps']:,} maps of {result['fields']} fields, without their stores ({machine()})\n")
    print(f"{result['seconds']:.2f} s (fastest {result['fastest_seconds']:.2f} s), {result['peak_mebibytes']:.1f} MiB")
    save(options, {"benchmark": "lint", "machine": machine(), "result": result})


def backup_line(result):
    name = f"{result['store']:<11} {result['tool']:<11}"
    phases = ", ".join(f"{phase} {result[phase]['seconds']:.1f} s" for phase in BACKUP_PHASES if phase in result)
    return f"{name} {phases}" + (f"  WRONG: {result['problem']}" if "problem" in result else "")


def backups(results, options):
    print(f"\nBackups of {options.rows:,} rows; MB/s of the store's own size ({machine()})\n")
    print(f"{'store':<11} {'tool':<11} {'full':>6} {'again':>6} {'verify':>6} {'restore':>7} {'stored':>9} {'again':>9}"
          f" {'of full':>8} {'peak MiB':>9}")
    for result in results:
        name = f"{result['store']:<11} {result['tool']:<11}"
        if "problem" in result:
            print(f"{name} wrong or failed: {result['problem'].splitlines()[-1]}")
            continue
        for phase in BACKUP_PHASES:
            if phase in result:
                result[phase]["megabytes_per_second"] = round(result["bytes"] / result[phase]["seconds"] / 1e6, 1)
        speeds = [f"{result[phase]['megabytes_per_second']:.0f}" if phase in result else "–" for phase in BACKUP_PHASES]
        full, again = (result[phase]["stored_bytes"] for phase in ("full", "increment"))
        peak = max(result[phase]["peak_mebibytes"] for phase in BACKUP_PHASES if phase in result)
        print(f"{name} {speeds[0]:>6} {speeds[1]:>6} {speeds[2]:>6} {speeds[3]:>7} {full / 1e6:>6,.0f} MB {again / 1e6:>6,.1f} MB"
              f" {again / full:>7.1%} {peak:>9.1f}")
    print("\nagain: after 1 % of the records changed, anywhere in the table. tar, copy and pg_dump store all of it again; they and"
          "\nSQLite's copy are not encrypted, and tar and copy not checked by digests.")
    save(options, {"benchmark": "backup", "rows": options.rows, "machine": machine(), "results": results})


def save(options, content):
    if options.json:
        options.json.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
