"""Hash tables with 2^12, 2^16 and 2^20 keys, in 1 and 2 threads, with 100 and 90 % lookups, beside scc, dashmap, papaya, flurry and liburcu."""

from ci import concurrent
from ci.tables import Table

OURS, PROBE, QUIESCENT = "dacapo", "dacapo probe", "dacapo qsbr"
CRATES = ("scc", "dashmap", "papaya", "flurry")
LIBURCU = {"liburcu memb": "MEMB", "liburcu qsbr": "QSBR"}


def run(options):
    table = Table("hash", "Hash tables: one operation of one thread", [OURS, PROBE, QUIESCENT, *CRATES, *LIBURCU], ours=(OURS, PROBE, QUIESCENT))
    operations = 20_000 if options.quick else 1_000_000
    sizes = (12, 16) if options.quick else (12, 16, 20)
    commands = {"crates": [concurrent.program("hash"), 1, operations, *sizes]}
    for name, program in concurrent.liburcu(table, "lfht", LIBURCU).items():
        commands[name] = [program, 1, operations, *sizes]
    concurrent.collect(table, commands, options.times(7, 1), lambda row: "ns")
    table.notes += [
        "64-bit keys and values, one hash function for all. 90 %: of ten operations one removes a key or puts the removed one back.",
        "Every lookup has a read section of its own; probe: is one restartable section; qsbr: a quiescent state after 64 operations.",
    ]
    for row in table.rows:
        kind = [peer for peer in (*CRATES, "liburcu memb")]
        others = [value for value in (table.value(row, peer) for peer in kind) if value is not None]
        mine = table.value(row, OURS)
        ratio = mine / min(others) if others and mine is not None else None
        table.target(f"{row}, over the best of the others", ratio, "< 1.00", None if ratio is None else ratio < 1)
    return table
