"""`bench lint`: all problems of many maps at once, without their stores."""

import statistics

import measuring
import peers
import report

# What a customers' map of an ERP and a CRM has: mostly plain pairs, some of each other kind.
FIELDS = 60


def run(options, folder):
    project = folder / "project"
    make(project, options.maps)
    size = sum(file.stat().st_size for file in (project / "mappings").iterdir())
    print(f"bench: {options.maps:,} maps of {FIELDS} fields, {size / 2**20:.1f} MiB", flush=True)
    command = peers.Command([options.binary, "map", "lint", "--offline", "--project", str(project)])
    runs = [measuring.run(command, folder / "log") for _ in range(options.repeat)]
    if "No problems" not in (folder / "log").read_text():
        raise RuntimeError((folder / "log").read_text()[-3000:])
    report.linting(
        {
            "maps": options.maps,
            "fields": FIELDS,
            "seconds": round(statistics.median(run.seconds for run in runs), 3),
            "fastest_seconds": round(min(run.seconds for run in runs), 3),
            "peak_mebibytes": round(max(run.peak_mebibytes for run in runs), 1),
        },
        options)


def make(project, count):
    """A project with maps of different entities; a tenth of them share one with their neighbour, apart by a filter."""
    (project / "mappings").mkdir(parents=True)
    (project / "lockstep.yaml").write_text(
        "project: bench\n"
        "stores:\n"
        '  erp: {url: "sqlite:erp.db"}\n'
        '  crm: {url: "sqlite:crm.db"}\n'
        "links:\n"
        "  erp-crm: {between: [erp, crm], maps: mappings/*.yaml, run: by hand}\n")
    for number in range(count):
        (project / "mappings" / f"map-{number:05}.yaml").write_text(text(number))


def text(number):
    kind = number % 10 == 1
    entity = number - 1 if kind else number
    lines = [
        "# yaml-language-server: $schema=../schema/map.schema.json",
        f"map: map-{number:05}",
        "version: 1.0.0",
        f"between: {{erp: table_{entity}, crm: entity_{entity}}}",
        "key:",
        "  - {erp: account, crm: accountnumber}",
        "  - {erp: company, crm: companycode}",
        f"where: {{erp: \"party_type eq '{'Person' if kind else 'Organization'}' and not (blocked eq true)\", "
        f"crm: \"customertypecode eq {4 if kind else 3}\"}}",
        "direction: both",
        "fields:",
        f"  - {{erp: party_type, constant: {'Person' if kind else 'Organization'}}}",
        f"  - {{crm: customertypecode, constant: {4 if kind else 3}}}",
    ]
    for field in range(FIELDS - 2):
        lines.append("  - " + pair(field))
    lines += [
        'conflicts: {overlap: "newest(modified_at, modifiedon)", delete: update-wins}',
        "deletes: {propagate: true, guard: 20%}",
        "leave: unlink",
    ]
    return "\n".join(lines) + "\n"


def pair(field):
    left, right = f"field_{field}", f"attribute_{field}"
    match field % 12:
        case 3:
            return f"{{erp: {left}, crm: {right}, values: {{No: 0, Invoice: 1, All: 2, Payment: 3}}, unmapped: park}}"
        case 5:
            return f"{{erp: {left}, crm: {right}, default: en-us}}"
        case 7:
            return f"{{erp: {left}, crm: {right}, owner: erp, round: true}}"
        case 9:
            return f"{{crm: {right}, from: \"concat(concat(first_{field},' '),last_{field})\", direction: erp-to-crm}}"
        case 11:
            return f"{{erp: {left}, crm: {right}, direction: crm-to-erp}}"
        case _:
            return f"{{erp: {left}, crm: {right}}}"
