"""`x.py heap FILE`: the JSON that dacapo's malloc writes (malloc_info, or DACAPO_MALLOC=json=FILE) as one HTML page.

The page needs nothing but itself: no script from elsewhere, no font, no picture.  It has the sums, a bar that shows where every
byte is, a table of the classes, and a heat map for each thing that is counted per CPU and class: a row for each CPU, a column for each
class, darker where there is more.
"""

import html
import json
import math
from pathlib import Path

from ci.shell import Failed, say

# What is drawn per CPU and class: (field, title, what it means).
MAPS = (
    ("cached_bytes", "Bytes cached", "free blocks in the CPU's lists, in bytes"),
    ("misses", "Misses", "allocations that found both lists empty"),
    ("fetched", "Batches fetched", "chains that came from the middle"),
    ("flushed", "Batches flushed", "chains that went to the middle because both lists were full"),
    ("hits", "Hits", "allocations less misses; only with DACAPO_MALLOC=count"),
    ("frees", "Frees", "only with DACAPO_MALLOC=count"),
)
# Where bytes are: (title, function of totals, colour).
PLACES = (
    ("live", lambda t: t["live"], "#2f6f4f"),
    ("in CPUs' lists", lambda t: t["cached"], "#c98b2b"),
    ("in the middle", lambda t: t["middle"], "#b3562b"),
    ("free in runs", lambda t: t["in_runs"], "#8a4f7d"),
    ("free, dirty", lambda t: t["free_dirty"], "#7d8ca3"),
    ("free, clean", lambda t: t["free_clean"], "#b9c4d4"),
    ("kept mappings", lambda t: t["kept_bytes"], "#56657d"),
)
STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 80em; padding: 0 1em; color: #1d2329; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; } p.note { color: #57606a; margin: .2em 0 .8em; }
table { border-collapse: collapse; } th, td { padding: .15em .6em; text-align: right; font-variant-numeric: tabular-nums; }
th { font-weight: 600; border-bottom: 1px solid #b9c0c7; } .scroll { overflow-x: auto; }
.map td { min-width: 1.6em; height: 1.5em; padding: 0 .25em; font-size: 11px; border: 1px solid #fff; }
.map th { border: 0; font-size: 11px; padding: 0 .25em; }
.bar { display: flex; height: 2em; border-radius: 4px; overflow: hidden; background: #e6e9ec; }
.key span { display: inline-block; margin-right: 1.4em; } .key i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; }
"""


class BadReport(Failed):
    """What was read is no report of dacapo's malloc."""


def read(text):
    """The last JSON report in a text: a program may have written other things around it."""
    start = text.rfind('{"allocator": "dacapo"')
    if start < 0:
        raise BadReport("no report of dacapo's malloc in there: expected JSON that begins with {\"allocator\": \"dacapo\"")
    try:
        report, _ = json.JSONDecoder().raw_decode(text[start:])
    except json.JSONDecodeError as error:
        raise BadReport(f"the report is cut off or damaged: {error}") from error
    if report.get("format") != 1:
        raise BadReport(f"format {report.get('format')}, but this page generator knows format 1")
    return report


def size(value):
    """Bytes with a unit, three digits."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:,.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.3g} {unit}"
        value /= 1024
    return ""


def short(value):
    """A count that fits into a cell."""
    for unit in ("", "k", "M", "G"):
        if value < 1000 or unit == "G":
            return f"{value:.0f}{unit}" if value >= 10 or value == int(value) else f"{value:.1f}{unit}"
        value /= 1000
    return ""


def colour(value, most):
    """White for nothing to dark red for the most, on a logarithmic scale; and a text colour that can be read on it."""
    if value <= 0 or most <= 0:
        return "#f4f5f6", "#c3c9cf"
    part = math.log1p(value) / math.log1p(most)
    light = 94 - 62 * part
    return f"hsl({48 - 40 * part:.0f} 85% {light:.0f}%)", "#fff" if light < 55 else "#1d2329"


def cells(report):
    """{(cpu, class): row} with the cached blocks in bytes too; and the CPUs and classes that occur."""
    sizes = {row["class"]: row["size"] for row in report["classes"]}
    found = {}
    for cpu in report["cpus"]:
        for row in cpu["classes"]:
            found[cpu["index"], row["class"]] = {**row, "cached_bytes": row["cached"] * sizes.get(row["class"], 0)}
    cpus = [cpu["index"] for cpu in report["cpus"]]
    return found, cpus, sorted({number for _, number in found}), sizes


def heat_map(report, field):
    """The table of one field; empty if nobody counted it."""
    found, cpus, classes, sizes = cells(report)
    values = {key: row.get(field) for key, row in found.items()}
    known = [value for value in values.values() if value is not None]
    if not known:
        return ""
    most = max(known)
    head = "".join(f"<th>{short(sizes.get(number, 0))}</th>" for number in classes)
    lines = []
    for cpu in cpus:
        row = []
        for number in classes:
            value = values.get((cpu, number))
            back, front = colour(value or 0, most)
            name = "threads without rseq" if cpu is None else f"CPU {cpu}"
            title = html.escape(f"{name}, {sizes.get(number, 0)} bytes: {value if value is not None else 'not counted'}")
            row.append(f'<td style="background:{back};color:{front}" title="{title}">{short(value) if value else ""}</td>')
        lines.append(f"<tr><th>{'no rseq' if cpu is None else cpu}</th>{''.join(row)}</tr>")
    return f'<div class="scroll"><table class="map"><tr><th>CPU \\ bytes</th>{head}</tr>{"".join(lines)}</table></div>'


def class_table(report):
    head = ("size", "live", "cached", "middle", "in runs", "without rseq", "runs", "live bytes", "resident", "live / resident")
    lines = []
    for row in report["classes"]:
        live = row["live"] * row["size"]
        used = f"{live / row['resident']:.0%}" if row["resident"] else "-"
        values = (row["size"], row["live"], row["cached"], row["middle"], row["in_runs"], row["sharded"], row["runs"])
        text = [f"{value:,}" for value in values] + [size(live), size(row["resident"]), used]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in text) + "</tr>")
    heads = "".join(f"<th>{name}</th>" for name in head)
    return f'<div class="scroll"><table><tr>{heads}</tr>{"".join(lines)}</table></div>'


def places(totals):
    shares = [(title, share(totals), tint) for title, share, tint in PLACES]
    whole = sum(value for _, value, _ in shares) or 1
    bar = "".join(f'<div style="width:{100 * value / whole:.2f}%;background:{tint}" title="{html.escape(title)}: {size(value)}"></div>'
                  for title, value, tint in shares if value)
    key = "".join(f'<span><i style="background:{tint}"></i>{html.escape(title)}: {size(value)}</span>' for title, value, tint in shares)
    return f'<div class="bar">{bar}</div><p class="key">{key}</p>'


def page(report):
    """The whole page."""
    totals = report.get("totals", {})
    parts = [f"<h1>dacapo malloc, process {report['pid']}</h1>"]
    if report["mode"] != "per-cpu":
        facts = ", ".join(f"{html.escape(name)}: {value:,}" for name, value in totals.items())
        parts.append(f"<p>Mode: {html.escape(report['mode'])}. {facts}</p>")
    else:
        limit = "none" if totals["limit"] is None else size(totals["limit"])
        aborts = "not counted in this build" if report["aborts"] is None else f"{report['aborts']:,}"
        small = totals["live"] - totals["mapped_bytes"]
        part = f"{small / totals['resident_runs']:.0%}" if totals["resident_runs"] else "-"
        parts.append(f"<p>Had from the kernel: {size(totals['from_kernel'])} (limit: {limit}); resident without mappings: "
                     f"{size(totals['resident_runs'])}, of which live: {part}. Large blocks: {totals['large_blocks']:,}, "
                     f"{size(totals['large_bytes'])}; mappings: {totals['mappings']:,}, {size(totals['mapped_bytes'])}. "
                     f"Sections aborted: {aborts}.</p>")
        parts.append(places(totals))
        for field, title, meaning in MAPS:
            table = heat_map(report, field)
            if table:
                parts.append(f"<h2>{title}</h2><p class=\"note\">{html.escape(meaning)}</p>{table}")
        parts.append(f"<h2>Classes</h2><p class=\"note\">Blocks, if nothing else is said.</p>{class_table(report)}")
    return ("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>dacapo malloc</title>"
            f"<style>{STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n")


def main(source, target=None):
    """Reads a file, writes the page beside it or to `target`."""
    source = Path(source)
    if not source.is_file():
        raise Failed(f"{source} does not exist; DACAPO_MALLOC=json=FILE writes one when a program ends")
    target = Path(target) if target else source.with_suffix(".html")
    target.write_text(page(read(source.read_text(errors="replace"))))
    say(f"wrote {target}")
    return 0
